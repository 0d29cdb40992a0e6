"""Copying: everything, in either direction, all or nothing."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import NotCopied, StorageUnavailable
from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from storage import Store, open_store
from storage.copying import BATCH, TABLES, copy, is_one, rows_of
from storage.database import Row
from storage.sqlite import SqliteDatabase
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import ENGINES, fresh_postgres


@pytest.fixture(params=["sqlite to postgres", "postgres to sqlite", "sqlite to sqlite", "postgres to postgres"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """A full store and an empty one, each with its schema."""
    with ExitStack() as stack:
        made = []
        for place, engine in zip(("source", "target"), request.param.split(" to "), strict=True):
            folder = tmp_path / place
            folder.mkdir()
            store = open_store(stack.enter_context(ENGINES[engine](folder)))
            stack.callback(store.close)
            store.migrate(NOW)
            made.append(store)
        fill(made[0])
        yield made[0], made[1]


def fill(store: Store) -> None:
    """Put something into every table, and into one of them more than goes at once."""
    store.requests.add(nouns.request())
    for number in range(3):
        store.requests.agree("REQ-00000001", 1, f"UGRACE{number}", now=NOW)
    store.requests.move("REQ-00000001", RequestEvent.APPROVE, now=NOW)
    store.applications.add(nouns.application())
    store.links.add(nouns.link())
    for number in range(3):
        store.onlookers.add(nouns.link().id, f"UGRACE{number}", now=NOW)
    store.credentials.add(nouns.credential())
    store.reminders.claim("r", nouns.credential().key_id, 7, now=NOW)
    store.outbox.put("m", "card", "REQ-00000001", "C1", now=NOW)
    store.database.run("INSERT INTO messages (slot, channel, ts) VALUES ('s', 'C1', '1.0')")
    for channel in ("C1", "c1", "D1"):
        store.pace.limit("chat.update", channel, until=NOW, paced_until=NOW, now=NOW)
    store.database.run("INSERT INTO deliveries (key, handled_by, first_seen) VALUES ('k', 'h', '2026')")
    store.database.run("INSERT INTO audit_removed (event, times) VALUES ('link:arm', 7)")
    store.figures.note({("graph", "GET /me", outcome): 3 for outcome in ("ok", "refused", "failed")}, {"messages": NOW})
    with store.transaction():
        for number in range(BATCH + 1):
            store.audit.add(f"a{number:05}", AuditEvent.LINK_ARM, "UADA", now=NOW, details={"n": number})


def everything(store: Store) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    return {
        table: [dict(row) for row in store.database.all(f"SELECT * FROM {table} ORDER BY {order}")]  # noqa: S608 - ours
        for table, order in TABLES.items()
    }


def test_every_table_is_copied(tmp_path: Path) -> None:
    """The tables that are copied are those of the schema, but for the record of migrations."""
    store = open_store(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    names = {row["name"] for row in store.database.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
    store.close()

    assert names - {"schema_migrations"} == set(TABLES)


def test_everything(stores: tuple[Store, Store]) -> None:
    """Every row arrives as it was, each is told of, and the numbers come back."""
    source, target = stores
    told: list[int] = []
    counts = copy(source, target, tell=told.append)

    assert everything(target) == everything(source)
    assert counts == rows_of(target)
    assert min(counts.values()) == 1
    assert sum(told) == sum(counts.values())


def test_page_after_page(stores: tuple[Store, Store]) -> None:
    """However many rows are read at a time, none is left out and none comes twice, whatever their table's key is."""
    source, target = stores
    source.database.run("DELETE FROM audit WHERE id >= 'a00007'")
    told: list[int] = []
    copy(source, target, tell=told.append, batch=2)

    assert everything(target) == everything(source)
    assert max(told) == 2


class CountingDatabase(SqliteDatabase):
    """The embedded database, which counts how often it is told to write."""

    calls = 0

    def run(self, sql: str, **params: object) -> int:
        """Count it and carry it out."""
        self.calls += 1
        return super().run(sql, **params)

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Count it and carry it out."""
        self.calls += 1
        super().run_many(sql, rows)


def test_a_batch_at_a_time(tmp_path: Path) -> None:
    """Rows are written as many at a time as are read, so that a database far away is waited for a few times only."""
    source, database = open_store(f"sqlite:///{tmp_path / 'source.sqlite3'}"), CountingDatabase(tmp_path / "x.sqlite3")
    source.migrate(NOW)
    fill(source)
    target = Store(database=database)
    target.migrate(NOW)
    database.calls = 0
    told: list[int] = []
    copy(source, target, tell=told.append)
    source.close()
    target.close()

    assert len(told) == len(TABLES) + 1
    assert database.calls == len(told)


def test_two_are_not_one(stores: tuple[Store, Store]) -> None:
    """Two databases are not taken for one, though they be two schemas of one server."""
    assert not is_one(*stores)


def test_only_into_an_empty_one(stores: tuple[Store, Store]) -> None:
    """A target that holds anything is refused by the name of its table, and is left as it was."""
    source, target = stores
    target.audit.add("own", AuditEvent.LINK_ARM, "UGRACE", now=NOW)
    with pytest.raises(NotCopied, match=r"must be empty; it has rows in audit, audit_head\."):
        copy(source, target, tell=lambda _: None)

    assert rows_of(target) == {**dict.fromkeys(TABLES, 0), "audit": 1, "audit_head": 1}


def test_nobody_claims_meanwhile(tmp_path: Path) -> None:
    """A bot that was not stopped claims nothing in a PostgreSQL while it is copied, and goes on afterwards."""
    with fresh_postgres(tmp_path) as address:
        source, running = open_store(address), open_store(address)
        target = open_store(f"sqlite:///{tmp_path / 'x.sqlite3'}")
        source.migrate(NOW)
        target.migrate(NOW)
        fill(source)

        def claim() -> str | None:
            with running.database.claiming():
                running.database.all("SELECT set_config('lock_timeout', '10ms', true)")
                entry = running.outbox.claim("lease", now=NOW, until=NOW + timedelta(seconds=60))
            return entry.id if entry else None

        def refused(_: int) -> None:
            with pytest.raises(StorageUnavailable, match="lock timeout"):
                claim()

        copy(source, target, tell=refused)
        after = claim()
        for store in (source, running, target):
            store.close()

    assert after == "m"


def test_nothing_when_it_is_interrupted(stores: tuple[Store, Store]) -> None:
    """Whatever stops it in the middle, nothing stays in the target, and it can be done again."""
    source, target = stores

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(source, target, tell=interrupt)
    after = rows_of(target)
    copy(source, target, tell=lambda _: None)

    assert set(after.values()) == {0}
    assert everything(target) == everything(source)
