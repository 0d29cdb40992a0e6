"""The whole sandbox: both emulators, the clock, and the real bot as a child process between them."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

import requests

from tests.sandbox.bot import CLOCK_VARIABLE
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.timepiece import Timepiece

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0
BotState = Literal["starting", "running", "frozen", "ended"]


def free_port() -> int:
    """Return a port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Say whether nobody of this machine listens at a port; what has just ended does not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back from this thread; what came meanwhile comes at the end."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
    # Whether the one-time page asks its viewer to sign in with Slack.
    sign_in: bool = False
    clock: Timepiece = field(init=False)
    around: Surroundings = field(init=False)
    port: int = field(init=False)
    process: subprocess.Popen[bytes] | None = None
    frozen: bool = False
    answered: bool = False

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

    @property
    def database(self) -> Path:
        """The bot's database."""
        return self.folder / "bot.sqlite3"

    @property
    def bot_state(self) -> BotState:
        """Whether the bot runs."""
        if self.process is None or self.process.poll() is not None:
            return "ended"
        if not self.answered:
            return "starting"
        return "frozen" if self.frozen else "running"

    def start_bot(self) -> None:
        """Start the bot, unless it runs, and wait until it answers."""
        if self.bot_state != "ended":
            return
        self.answered = False
        environment = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ},
            **self.around.environment(public_url=self.url, database=self.database, sign_in=self.sign_in),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            CLOCK_VARIABLE: str(self.folder / "clock"),
        }
        # A Ctrl-C between the fork and the assignment would leave a process that nobody knows; here it waits.
        with self.log_file.open("ab") as log, _uninterrupted():
            # In a group of its own, so that Ctrl-C reaches the stage alone, which ends the bot in good order.
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.sandbox.bot"],
                cwd=self.folder,
                env=environment,
                stderr=log,
                process_group=0,
            )
        try:
            until(self._answers, seconds=START_SECONDS)
        except BaseException:
            # Whoever waits no longer, such as for Ctrl-C, leaves no bot behind.
            self.kill_bot()
            raise
        self.answered = True

    def _answers(self) -> bool:
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError(f"The bot ended at its start:\n{self.log_file.read_text()}")
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def end_bot(self) -> int:
        """Ask the bot to end and wait until it has; return its exit code."""
        self.thaw_bot()
        return self._end(signal.SIGTERM)

    def kill_bot(self) -> int:
        """Kill the bot where it stands; return its exit code, which is negative."""
        self.frozen = False
        self._signal_all(signal.SIGKILL)
        return self._end(signal.SIGKILL)

    def _signal_all(self, how: signal.Signals) -> None:
        """Reach the server and its workers alike."""
        if self.bot_state != "ended" and self.process is not None:
            os.killpg(self.process.pid, how)

    def _end(self, how: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(timeout=START_SECONDS)
        self.process = None
        return code

    def freeze_bot(self) -> None:
        """Stop the bot in its tracks: it keeps its port and answers nobody."""
        if self.process is not None and not self.frozen:
            self._signal_all(signal.SIGSTOP)
            self.frozen = True

    def thaw_bot(self) -> None:
        """Let a frozen bot go on."""
        if self.process is not None and self.frozen:
            self._signal_all(signal.SIGCONT)
            self.frozen = False

    def travel(self, distance: timedelta) -> None:
        """Move everybody's clock forward."""
        self.clock.advance(distance)

    def stop(self) -> None:
        """End the bot and both emulators."""
        self.end_bot()
        self.around.stop()
