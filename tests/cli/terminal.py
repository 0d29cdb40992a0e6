"""A terminal in which an operator types `python -m bot …`: an environment of its own, words and an exit code back."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
        wanted: Mapping[str, str | None] = {**self.environment, **changes}
        surroundings = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env={
                **surroundings,
                "PYTHONPATH": str(ROOT),
                **{name: value for name, value in wanted.items() if value is not None},
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            preexec_fn=_bow_to_permissions if self.like_everybody else None,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)


def _bow_to_permissions() -> None:
    """Give up what lets root write everywhere (Linux, "capabilities"); it changes nothing for others."""
    ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)
