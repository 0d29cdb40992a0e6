"""What is particular to the embedded engine: durable, private, and whole after trouble."""

import os
import re
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from bot.errors import StorageUnavailable
from bot.events import AuditEvent
from storage import SQLITE, Store, migrations, open_store
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

    with pytest.raises(StorageUnavailable, match=r"is full\. Free some space"):
        fill()
    left = store.requests.of_person("UADA", limit=1000)
    store.database.all("PRAGMA max_page_count = 100000")
    store.requests.add(nouns.request())
    now = store.requests.of_person("UADA", limit=1000)
    store.close()

    assert (left, now) == ([], [nouns.request()])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """A path whose folder does not exist is refused with what to look at."""
    database = SqliteDatabase(tmp_path / "nowhere" / "x.sqlite3")
    with pytest.raises(StorageUnavailable, match=r"No such file or directory.*Look whether the folder exists"):
        database.all("SELECT 1")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"This is a text, and no database at all. " * 30, "file is not a database"), (None, "damaged.*a backup")],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, content: bytes | None, words: str) -> None:
    """What is no database, or a damaged one, is refused with what to do, and is left as it was."""
    path = tmp_path / "x.sqlite3"
    path.write_bytes(content or damaged(path))
    before = path.read_bytes()
    store = open_store(f"{SQLITE}{path}")
    with pytest.raises(StorageUnavailable, match=words):
        store.migrate(NOW)
    store.close()

    assert path.read_bytes() == before


def damaged(path: Path) -> bytes:
    """A database whose table of migrations was overwritten with rubbish, as its file."""
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    root = store.database.one("SELECT rootpage FROM sqlite_master WHERE name = 'schema_migrations'")
    size = store.database.one("PRAGMA page_size")
    store.close()
    whole = bytearray(path.read_bytes())
    assert root is not None
    assert size is not None
    start = (root["rootpage"] - 1) * size["page_size"]
    whole[start : start + 64] = b"\xa5" * 64
    return bytes(whole)


def test_a_statement_that_is_wrong(database: SqliteDatabase) -> None:
    """A wrong statement is a fault of ours and not of the database: it keeps its own error."""
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.all("SELECT * FROM missing")
    database.close()


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


def schema(rows: list[tuple[str, str]]) -> dict[str, str]:
    """Tables and indexes with their SQL, spaces and comments aside."""
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if "schema_migrations" not in name}


def test_the_schema_is_the_sum_of_the_migrations(tmp_path: Path) -> None:
    """What stands in the database is what the files say, one after the other, and nothing else."""
    store = open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    plain = sqlite3.connect(":memory:")
    for _, _, script in migrations.scripts():
        plain.executescript(script)
    query = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"
    expected = schema(plain.execute(query).fetchall())
    plain.close()
    actual = schema([(row["name"], row["sql"]) for row in store.database.all(query)])
    store.close()

    assert expected == actual


@pytest.mark.parametrize("url", ["mysql://host/db", "x.sqlite3", "sqlite://x"])
def test_other_addresses(url: str) -> None:
    """An address of another kind is refused, and no more than its kind is repeated."""
    with pytest.raises(ValueError, match=r"This store is not known: \w*"):
        open_store(url)


def test_a_store_is_whole(tmp_path: Path) -> None:
    """A store has all its repositories over the one database."""
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
        "retention",
        "pace",
        "deliveries",
        "figures",
        "onlookers",
    }
    assert isinstance(store, Store)
