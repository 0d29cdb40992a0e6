"""Migrations: forward only, each applied once and together with its record."""

import re
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from storage import Store, migrations, open_store
from storage.codec import to_text
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.races import race

NAMES = [name for _, name, _ in migrations.scripts()]


def records(store: Store) -> list[dict[str, object]]:
    """What the database says of the migrations that it has."""
    return [dict(row) for row in store.database.all("SELECT * FROM schema_migrations ORDER BY number")]


def test_numbers() -> None:
    """Migrations are numbered from 1, no number twice, and named for what they do."""
    numbers = [number for number, _, _ in migrations.scripts()]

    assert numbers[0] == 1
    assert numbers == sorted(set(numbers))
    assert [name for name in NAMES if not re.fullmatch(r"\d{4}_[a-z_]+\.sql", name)] == []


def test_the_first_time(empty: Store) -> None:
    """An empty database gets every migration, each with its number, name and moment."""
    assert empty.migrate(NOW) == NAMES
    assert records(empty) == [
        {"number": number, "name": name, "applied_at": to_text(NOW)} for number, name, _ in migrations.scripts()
    ]


def test_the_second_time(store: Store) -> None:
    """Migrating again applies nothing and changes no record."""
    before = records(store)

    assert store.migrate(NOW + timedelta(days=1)) == []
    assert records(store) == before


def test_eight_at_once(url: str) -> None:
    """Eight processes that start at once apply each migration exactly once between them."""
    stores = [open_store(url) for _ in range(8)]
    applied = race(lambda number: stores[number].migrate(NOW))
    kept = records(stores[0])
    for store in stores:
        store.close()

    assert sorted(name for names in applied for name in names) == NAMES
    assert [record["name"] for record in kept] == NAMES


def test_a_broken_migration_leaves_nothing(store: Store) -> None:
    """A migration that fails half-way leaves neither what it had made nor its record, and can be tried again."""
    broken = "CREATE TABLE half (x TEXT); CREATE TABLE half (x TEXT);"
    with pytest.raises(Exception, match="half"):
        migrations._apply(store.database, 9999, "9999_broken.sql", broken, to_text(NOW))
    with pytest.raises(Exception, match="half"):
        store.database.all("SELECT * FROM half")
    mended = migrations._apply(store.database, 9999, "9999_mended.sql", "CREATE TABLE half (x TEXT)", to_text(NOW))

    assert mended
    assert records(store)[-1]["name"] == "9999_mended.sql"


def test_no_semicolon_inside_a_literal() -> None:
    """The statements that a file is split into are each whole: they end where SQLite says that they end."""
    for _, _, script in migrations.scripts():
        assert [part for part in migrations.statements(script) if not sqlite3.complete_statement(f"{part};")] == []


def test_portable() -> None:
    """No migration uses a word that only SQLite knows."""
    text = " ".join(script for _, _, script in migrations.scripts()).upper()
    found = re.findall(r"AUTOINCREMENT|WITHOUT ROWID|STRICT|PRAGMA|BLOB|ROWID", text)

    assert found == []


def test_a_request_that_was_tried_before_the_mark(store: Store) -> None:
    """Requests that were tried before creations were marked count as tried; those that never were do not."""
    for number in (1, 2, 3):
        store.requests.add(nouns.request(number))
    store.database.run("UPDATE app_requests SET attempts = 2 WHERE id = 'REQ-00000001'")
    store.database.run("UPDATE app_requests SET state = 'failed' WHERE id = 'REQ-00000002'")
    script = next(script for _, name, script in migrations.scripts() if name.endswith("_provisioning_marks.sql"))
    store.database.run(migrations.statements(script)[-1])
    requests = [store.requests.get(f"REQ-{number:08}") for number in (1, 2, 3)]

    assert [request and request.create_tried for request in requests] == [True, True, False]


def test_what_was_not_wanted_before_that_was_dated(store: Store) -> None:
    """Of what was not wanted already, the next try counts as since when; what is wanted has no such moment."""
    for number in (1, 2):
        store.requests.add(nouns.request(number))
        store.applications.add(nouns.application(number))
    store.database.run("UPDATE applications SET wanted = 0, try_at = :now WHERE id = 'app-1'", now=to_text(NOW))
    script = next(script for _, name, script in migrations.scripts() if name.endswith("_leftovers.sql"))
    store.database.run(migrations.statements(script)[-1])
    applications = [store.applications.get(f"app-{number}") for number in (1, 2)]

    assert [application and application.disowned_at for application in applications] == [NOW, None]


def test_messages_that_waited_before_they_had_places(store: Store) -> None:
    """Messages that waited before each had its place keep their order, and what is queued later goes behind them."""
    for name, seconds in (("b", 0), ("c", -1), ("a", 0), ("d", 0)):
        at = NOW + timedelta(seconds=seconds)
        store.outbox.put(name, "card", "REQ-1", "C1", now=at)
    store.database.run("UPDATE outbox SET place = 0")
    store.database.run("UPDATE outbox SET state = 'sent' WHERE id = 'd'")
    script = next(script for _, name, script in migrations.scripts() if name.endswith("_places_and_paces.sql"))
    store.database.run(next(part for part in migrations.statements(script) if part.startswith("UPDATE outbox")))
    store.outbox.put("0", "card", "REQ-1", "C1", now=NOW - timedelta(hours=1))

    waiting = store.database.all("SELECT id FROM outbox WHERE state = 'queued' ORDER BY place")
    assert [row["id"] for row in waiting] == ["c", "a", "b", "0"]


def test_kept_over_a_restart(url: str) -> None:
    """A database that was closed and opened again has its schema."""
    first = open_store(url)
    first.migrate(NOW)
    first.close()
    second = open_store(url)
    applied = second.migrate(NOW)
    second.close()

    assert applied == []


def test_shipped(tmp_path: Path) -> None:
    """The migrations are read from the package, wherever the bot is started."""
    store = open_store(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    names = store.migrate()
    store.close()

    assert names == NAMES
