"""Copying: everything, in either direction, all or nothing."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot.errors import NotCopied
from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from storage import Store, open_store
from storage.copying import BATCH, TABLES, copy, rows_of
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import ENGINES


@pytest.fixture(params=["sqlite to postgres", "postgres to sqlite", "sqlite to sqlite"])
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
    store.requests.agree("REQ-00000001", 1, "UGRACE", now=NOW)
    store.requests.move("REQ-00000001", RequestEvent.APPROVE, now=NOW)
    store.applications.add(nouns.application())
    store.links.add(nouns.link())
    store.onlookers.add(nouns.link().id, "UGRACE", now=NOW)
    store.credentials.add(nouns.credential())
    store.reminders.claim("r", nouns.credential().key_id, 7, now=NOW)
    store.outbox.put("m", "card", "REQ-00000001", "C1", now=NOW)
    store.database.run("INSERT INTO messages (slot, channel, ts) VALUES ('s', 'C1', '1.0')")
    store.pace.limit("chat.update", "C1", until=NOW, paced_until=NOW, now=NOW)
    store.database.run("INSERT INTO deliveries (key, handled_by, first_seen) VALUES ('k', 'h', '2026')")
    store.database.run("INSERT INTO audit_removed (event, times) VALUES ('link:arm', 7)")
    store.figures.note({("graph", "GET /me", "ok"): 3}, {"messages": NOW})
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


def test_only_into_an_empty_one(stores: tuple[Store, Store]) -> None:
    """A target that holds anything is refused by the name of its table, and is left as it was."""
    source, target = stores
    target.audit.add("own", AuditEvent.LINK_ARM, "UGRACE", now=NOW)
    with pytest.raises(NotCopied, match=r"must be empty; it has rows in audit, audit_head\."):
        copy(source, target, tell=lambda _: None)

    assert rows_of(target) == {**dict.fromkeys(TABLES, 0), "audit": 1, "audit_head": 1}


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
