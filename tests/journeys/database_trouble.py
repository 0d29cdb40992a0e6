"""Databases in trouble: a world on one that can go away, fill up or be read only, and the trouble to be made."""

import resource
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlite_utils import Database as SqliteUtilsDatabase

from storage.sqlite import SqliteDatabase
from tests.engines import fresh_postgres
from tests.engines.way import Way
from tests.journeys.world import World


@dataclass(frozen=True, kw_only=True)
class Troubled:
    """A world and what happens to its database while `trouble()` lasts; afterwards all is as before."""

    world: World
    trouble: Callable[[], AbstractContextManager[None]]


class ReadOnlyDatabase(SqliteDatabase):
    """A file that can only be read."""

    def _open(self) -> SqliteUtilsDatabase:
        database = super()._open()
        database.conn.execute("PRAGMA query_only = ON")
        return database


def file_of(world: World) -> SqliteDatabase:
    """Return a world's embedded database."""
    database = world.bot.store.database
    assert isinstance(database, SqliteDatabase)
    return database


@contextmanager
def gone(world: World) -> Iterator[None]:
    """The file is out of reach, as when its volume is."""
    database = file_of(world)
    place = database.path
    database.close()
    database.path = Path("/nowhere/at/all/bot.sqlite3")
    try:
        yield
    finally:
        database.close()
        database.path = place


@contextmanager
def full(_world: World) -> Iterator[None]:
    """No file of this process can be written to: the disk has no room (Linux, "getrlimit", RLIMIT_FSIZE)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(world: World) -> Iterator[None]:
    """The file can be read and not written to, as on a volume that was mounted anew after a fault."""
    database = file_of(world)
    database.close()
    database.__class__ = ReadOnlyDatabase
    try:
        yield
    finally:
        database.__class__ = SqliteDatabase
        database.close()


def _on_a_file(trouble: Callable[[World], AbstractContextManager[None]]) -> Callable[[Path], Iterator[Troubled]]:
    def troubled(folder: Path) -> Iterator[Troubled]:
        world = World(folder=folder)
        yield Troubled(world=world, trouble=lambda: trouble(world))
        world.stop()

    return troubled


def _on_a_server(folder: Path) -> Iterator[Troubled]:
    """Nobody answers where the server was, and whoever was connected is not any more."""
    with fresh_postgres(folder) as server, Way(server=server) as way:
        world = World(folder=folder, database_url=way.address)
        yield Troubled(world=world, trouble=way.cut)
        world.stop()


AWAY: Mapping[str, Callable[[Path], Iterator[Troubled]]] = {"file gone": _on_a_file(gone), "server gone": _on_a_server}
ANY: Mapping[str, Callable[[Path], Iterator[Troubled]]] = {
    **AWAY,
    "disk full": _on_a_file(full),
    "only read": _on_a_file(read_only),
}
