"""What is particular to the embedded engine: durable, private, and whole after trouble."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from bot.events import AuditEvent
from storage import SQLITE, Store, open_store
from storage.sqlite import SqliteDatabase
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.races import race


@pytest.fixture
def database(tmp_path: Path) -> SqliteDatabase:
    """An empty database."""
    return SqliteDatabase(tmp_path / "x.sqlite3")


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)]
)
def test_every_connection_is_careful(database: SqliteDatabase, pragma: str, value: object) -> None:
    """Each thread's connection writes ahead, waits for the disk, minds references, and wipes what it deletes."""
    found = race(lambda _: database.one(f"PRAGMA {pragma}"), racers=3)
    database.close()

    assert [list(row.values()) for row in found if row] == [[value]] * 3


def test_only_its_own_user_may_read(database: SqliteDatabase) -> None:
    """The database and what lies beside it are readable and writable for the bot's own user alone."""
    before = os.umask(0)
    try:
        database.run("CREATE TABLE t (x TEXT)")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in database.path.parent.iterdir()}
    finally:
        os.umask(before)
        database.close()

    assert modes == dict.fromkeys(("x.sqlite3", "x.sqlite3-wal", "x.sqlite3-shm"), 0o600)


def test_a_thread_keeps_its_connection(database: SqliteDatabase) -> None:
    """A thread has one connection of its own, which is opened once."""
    own = [database._connection() for _ in range(3)]
    others = race(lambda _: id(database._connection()), racers=2)
    database.close()

    assert len({id(connection) for connection in own}) == 1
    assert len({id(own[0]), *others}) == 3


def test_closing_closes_all(database: SqliteDatabase) -> None:
    """Closing ends the connections of every thread, and afterwards a thread may begin anew."""
    connections = race(lambda _: database._connection(), racers=3)
    database.close()
    for connection in connections:
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            connection.execute("SELECT 1")

    assert database.one("SELECT 1 AS x") == {"x": 1}
    database.close()


def test_eight_open_it_at_once(tmp_path: Path) -> None:
    """Eight processes that open a new database at the same moment all get one."""
    databases = [SqliteDatabase(tmp_path / "new.sqlite3") for _ in range(8)]
    found = race(lambda number: databases[number].one("PRAGMA journal_mode"))
    for database in databases:
        database.close()

    assert found == [{"journal_mode": "wal"}] * 8


def test_a_commit_that_fails(database: SqliteDatabase) -> None:
    """When the commit itself is refused, nothing stays open: the next transaction of the thread is a new one."""
    database.run("CREATE TABLE parent (id TEXT PRIMARY KEY)")
    database.run("CREATE TABLE child (parent TEXT REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlite3.IntegrityError):
        database.run("INSERT INTO child VALUES ('nobody')")
    in_transaction = database._connection().in_transaction
    database.run("INSERT INTO parent VALUES ('somebody')")
    kept = race(lambda _: database.all("SELECT id FROM parent"), racers=1)[0]
    orphans = database.all("SELECT * FROM child")
    database.close()

    assert (in_transaction, kept, orphans) == (False, [{"id": "somebody"}], [])


def test_a_full_disk(tmp_path: Path) -> None:
    """When there is no room the error says so, nothing half done stays, and later writes go again."""
    store = open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    pages = store.database.one("PRAGMA page_count")
    store.database.all(f"PRAGMA max_page_count = {pages and pages['page_count'] + 2}")

    def fill() -> None:
        with store.transaction():
            for number in range(1000):
                store.requests.add(nouns.request(number))

    with pytest.raises(sqlite3.OperationalError, match="full"):
        fill()
    left = store.requests.of_person("UADA", limit=1000)
    store.database.all("PRAGMA max_page_count = 100000")
    store.requests.add(nouns.request())
    now = store.requests.of_person("UADA", limit=1000)
    store.close()

    assert (left, now) == ([], [nouns.request()])


def test_a_writer_waits_for_another(tmp_path: Path) -> None:
    """A writer of another process waits until the first is done, and then writes."""
    first, second = (open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}") for _ in range(2))
    first.migrate(NOW)
    begun = threading.Event()

    def write() -> None:
        begun.set()
        second.audit.add("second", AuditEvent.LINK_ARM, "UADA", now=NOW)

    writer = threading.Thread(target=write)
    with first.transaction():
        first.audit.add("first", AuditEvent.LINK_ARM, "UADA", now=NOW)
        writer.start()
        begun.wait(10)
        alone = [row["id"] for row in first.audit.rows()]
    writer.join(30)
    both = [row["id"] for row in first.audit.rows()]
    first.close()
    second.close()

    assert (alone, both) == (["first"], ["first", "second"])


@pytest.mark.parametrize("url", ["postgresql://host/db", "x.sqlite3", "sqlite://x"])
def test_other_addresses(url: str) -> None:
    """An address of another kind is refused, and no more than its kind is repeated."""
    with pytest.raises(ValueError, match=r"This store is not known: \w*"):
        open_store(url)


def test_a_store_is_whole(tmp_path: Path) -> None:
    """A store has its ten repositories over the one database."""
    store = open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}")
    names = set(vars(store)) - {"database"}
    store.close()

    assert names == {
        "requests",
        "provisioning",
        "applications",
        "links",
        "credentials",
        "reminders",
        "outbox",
        "audit",
        "pace",
        "deliveries",
    }
    assert isinstance(store, Store)
