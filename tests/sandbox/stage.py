"""The whole sandbox: both emulators, the clock, and the real bot as a child process between them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import requests

from tests.sandbox.bot import CLOCK_VARIABLE
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.timepiece import Timepiece

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait until `holds()` is true, asking again and again; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("What was waited for did not happen.")
        time.sleep(0.02)


@dataclass(kw_only=True)
class Stage:
    """Starts everything; `folder` keeps the bot's database, its log and the clock."""

    folder: Path
    clock: Timepiece = field(init=False)
    around: Surroundings = field(init=False)
    port: int = field(init=False)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.clock = Timepiece(self.folder / "clock")
        self.around = Surroundings(clock=self.clock.now)
        self.port = free_port()
        self.around.slack.events_url = f"{self.url}/slack/events"
        self.start_bot()

    @property
    def url(self) -> str:
        """Where the bot listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        """What the bot logged."""
        return self.folder / "bot.log"

    def start_bot(self) -> None:
        """Start the bot and wait until it answers."""
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ},
            **self.around.environment(public_url=self.url, database=self.folder / "bot.sqlite3"),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            CLOCK_VARIABLE: str(self.folder / "clock"),
        }
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.sandbox.bot"], cwd=self.folder, env=environment, stderr=log
            )
        until(self._answers, seconds=START_SECONDS)

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"The bot ended at its start:\n{self.log_file.read_text()}")
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def end_bot(self) -> int:
        """Ask the bot to end and wait until it has; return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=START_SECONDS)
        self.process = None
        return code

    def travel(self, distance: timedelta) -> None:
        """Move everybody's clock forward."""
        self.clock.advance(distance)

    def stop(self) -> None:
        """End the bot and both emulators."""
        self.end_bot()
        self.around.stop()
