"""A terminal in which an operator types `python -m bot …`: an environment of its own, words and an exit code back."""

import ctypes
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import RawIOBase
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
            **self.command(*words, **changes), capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def watch(
        self,
        *words: str,
        rows_too: bool = False,
        end_with: int = 0,
        look: Callable[[str], None] = lambda _: None,
        **changes: str | None,
    ) -> Said:
        """Run one command at a terminal with a person before it, who sees what it says on stderr: `err`.

        With `rows_too` they see what it prints as well, and `out` is empty. `end_with` is the signal with which they
        end it as soon as a bar has begun to grow; `look` hears of what they see, piece by piece.
        """
        ours, theirs = pty.openpty()
        with tempfile.TemporaryFile("w+") as out, os.fdopen(ours, "rb", buffering=0) as screen:
            process = subprocess.Popen(
                **self.command(*words, **changes), stdout=theirs if rows_too else out, stderr=theirs
            )
            os.close(theirs)
            seen = b""
            while shown := _shown(screen):
                seen += shown
                look(shown.decode(errors="replace"))
                if end_with and re.search(rb"[1-9]\d*%", seen):
                    process.send_signal(end_with)
                    end_with = 0
            code = process.wait(SECONDS)
            out.seek(0)
            return Said(code=code, out=out.read(), err=seen.decode())

    def command(self, *words: str, **changes: str | None) -> dict[str, Any]:
        """What `subprocess` needs to run one command here."""
        wanted: Mapping[str, str | None] = {**self.environment, **changes}
        surroundings = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return {
            "args": [sys.executable, "-m", "bot", *words],
            "cwd": self.folder,
            "env": {
                **surroundings,
                "PYTHONPATH": str(ROOT),
                **{name: value for name, value in wanted.items() if value is not None},
            },
            "preexec_fn": _bow_to_permissions if self.like_everybody else None,
        }


def _shown(screen: RawIOBase) -> bytes:
    """What a terminal shows next; nothing when everybody who could write to it has ended (Linux says EIO then)."""
    try:
        return screen.read(65536) or b""
    except OSError:
        return b""


def _bow_to_permissions() -> None:
    """Give up what lets root write everywhere (Linux, "capabilities"); it changes nothing for others."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
