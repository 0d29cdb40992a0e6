"""A terminal in which an operator types `python -m bot …`: an environment of its own, words and an exit code back."""

import ctypes
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SECONDS = 60
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it printed, line by line."""
        return self.out.splitlines()


@dataclass(kw_only=True)
class Terminal:
    """One folder and one environment; nothing of the tester's own settings gets in."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    # Whether the permissions of files hold for the tester too, who may be root.
    like_everybody: bool = False

    def run(self, *words: str, **changes: str | None) -> Said:
        """Run one command with some variables changed; None takes one away."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            stderr=subprocess.PIPE,
            timeout=SECONDS,
            check=False,
            **self._surroundings(changes),
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def watch(self, *words: str, look: Callable[[str], None], **changes: str | None) -> Said:
        """Run one command before somebody's eyes: its stderr is a screen, of which `look` hears piece by piece."""
        eyes, screen = os.openpty()
        shown = []
        with subprocess.Popen(
            [sys.executable, "-m", "bot", *words], stderr=screen, **self._surroundings(changes)
        ) as process:
            os.close(screen)
            for piece in _pieces(eyes):
                shown.append(piece)
                look(piece)
            os.close(eyes)
            out, _ = process.communicate()
        return Said(code=process.returncode, out=out, err="".join(shown))

    def _surroundings(self, changes: Mapping[str, str | None]) -> dict[str, Any]:
        wanted: Mapping[str, str | None] = {**self.environment, **changes}
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            "cwd": self.folder,
            "env": {
                **inherited,
                "PYTHONPATH": str(ROOT),
                **{name: value for name, value in wanted.items() if value is not None},
            },
            "stdout": subprocess.PIPE,
            "text": True,
            "preexec_fn": _bow_to_permissions if self.like_everybody else None,
        }


def _pieces(eyes: int) -> Iterator[str]:
    """What a screen shows, until nobody writes to it any more: Linux says EIO then (pty(7)), others that it ends."""
    with suppress(OSError):
        while select.select([eyes], [], [], SECONDS)[0] and (piece := os.read(eyes, 4096)):
            yield piece.decode(errors="replace")


def _bow_to_permissions() -> None:
    """Give up what lets root write everywhere (Linux, "capabilities"); it changes nothing for others."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
