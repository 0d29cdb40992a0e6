"""The real bot in a child process that can be killed at any line: SIGKILL, so that nothing of it can tidy up."""

import os
import signal
import threading
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any, Literal

from werkzeug.serving import make_server

from bot.app import build
from bot.settings import load_settings
from storage import SQLITE
from storage.sqlite import SqliteDatabase
from tests.sandbox.timepiece import Timepiece

IDLE_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Doom:
    """The commit, counted from 1, before or after which the process dies."""

    commit: int
    when: Literal["before", "after"]


class MortalDatabase(SqliteDatabase):
    """The embedded database of a process that is doomed to die at one of its commits."""

    def __init__(self, path: Path, doom: Doom | None, commits: "Synchronized[int]") -> None:
        super().__init__(path)
        self._doom = doom
        self._commits = commits

    def commit(self) -> None:
        """Commit, and die if this is the one."""
        with self._commits.get_lock():
            self._commits.value += 1
            number = self._commits.value
        self._die_if(number, "before")
        super().commit()
        self._die_if(number, "after")

    def _die_if(self, number: int, when: Literal["before", "after"]) -> None:
        if self._doom == Doom(commit=number, when=when):
            os.kill(os.getpid(), signal.SIGKILL)


def live(values: dict[str, Any], clock_file: str, port: int, doom: Doom | None, commits: "Synchronized[int]") -> None:
    """Serve and work until killed."""
    settings = load_settings(values)
    database = MortalDatabase(Path(settings.database_url.removeprefix(SQLITE)), doom, commits)
    bot = build(settings, now=Timepiece(Path(clock_file)).now, database=database, proof_pause_seconds=0)
    server = make_server("127.0.0.1", port, bot.web, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    while not bot.ending.wait(IDLE_SECONDS):
        bot.settle()
