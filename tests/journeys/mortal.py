"""The real bot in a child process that can be killed at any line: SIGKILL, so that nothing of it can tidy up."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from ctypes import c_int
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from werkzeug.serving import make_server

from bot.app import build
from bot.settings import load_settings
from storage import SQLITE
from storage.database import Database
from storage.postgres import PostgresDatabase
from storage.sqlite import SqliteDatabase
from tests.sandbox.timepiece import Timepiece

IDLE_SECONDS = 0.01


@dataclass(frozen=True, kw_only=True)
class Doom:
    """The commit, counted from 1, before or after which the process dies."""

    commit: int
    when: Literal["before", "after"]


@dataclass(frozen=True, kw_only=True)
class Reaper:
    """Counts commits, over all lives of the bot, and ends the process at the one that is doomed.

    The lock is this process's own: one that several shared would stay locked for ever by whoever is killed holding it.
    """

    doom: Doom | None
    commits: c_int
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def at_commit(self) -> Iterator[None]:
        """Die before or after what happens inside, if this is the one."""
        with self._counting:
            self.commits.value += 1
            number = self.commits.value
        self._die_if(number, "before")
        yield
        self._die_if(number, "after")

    def _die_if(self, number: int, when: Literal["before", "after"]) -> None:
        if self.doom == Doom(commit=number, when=when):
            os.kill(os.getpid(), signal.SIGKILL)


class MortalSqlite(SqliteDatabase):
    """The embedded database of a process that is doomed to die at one of its commits."""

    def __init__(self, path: Path, reaper: Reaper) -> None:
        super().__init__(path)
        self._reaper = reaper

    def commit(self) -> None:
        """Commit, and die if this is the one."""
        with self._reaper.at_commit():
            super().commit()


class MortalPostgres(PostgresDatabase):
    """A PostgreSQL of which one process is doomed to die at one of its commits."""

    def __init__(self, address: str, reaper: Reaper) -> None:
        super().__init__(address)
        self._reaper = reaper

    @contextmanager
    def _begun(self, first: str) -> Iterator[None]:
        with ExitStack() as dying, super()._begun(first):
            yield
            dying.enter_context(self._reaper.at_commit())


def mortal(url: str, reaper: Reaper) -> Database:
    """The database at this address, with a death in it."""
    if url.startswith(SQLITE):
        return MortalSqlite(Path(url.removeprefix(SQLITE)), reaper)
    return MortalPostgres(url, reaper)


def live(
    values: dict[str, Any],
    clock_file: str,
    port: int,
    doom: Doom | None,
    commits: c_int,
    idle_seconds: float = IDLE_SECONDS,
) -> None:
    """Serve and work until killed; between two looks at what is due `idle_seconds` pass."""
    settings = load_settings(values)
    database = mortal(settings.database_url, Reaper(doom=doom, commits=commits))
    bot = build(settings, now=Timepiece(Path(clock_file)).now, database=database, proof_pause_seconds=0)
    server = make_server("127.0.0.1", port, bot.web, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    while not bot.ending.wait(idle_seconds):
        bot.settle()
