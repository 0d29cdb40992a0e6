"""One statement for many rows: what it does once for each, all or nothing, and to PostgreSQL in one go."""

import sqlite3
from pathlib import Path

import psycopg
import pytest

from storage import Store
from storage.postgres import PostgresDatabase
from tests.engines import fresh_postgres

TABLE = "CREATE TABLE kept (id INTEGER PRIMARY KEY, word TEXT)"
KEEP = "INSERT INTO kept (id, word) VALUES (:id, :word)"
MANY = 500


@pytest.fixture
def kept(empty: Store) -> Store:
    """A store with one small table."""
    empty.database.run(TABLE)
    return empty


def rows_of(store: Store) -> list[tuple[int, str | None]]:
    """What the table has."""
    return [(row["id"], row["word"]) for row in store.database.all("SELECT id, word FROM kept ORDER BY id")]


def test_every_row(kept: Store) -> None:
    """Each row arrives as it is, also where a column has nothing; no rows at all are no fault."""
    kept.database.run_many(KEEP, [{"id": 1, "word": "100% :sure"}, {"id": 2, "word": None}])
    kept.database.run_many(KEEP, [])

    assert rows_of(kept) == [(1, "100% :sure"), (2, None)]


def test_all_or_nothing(kept: Store) -> None:
    """When one row cannot be, none of them is."""
    rows = [{"id": number % 7, "word": "x"} for number in range(8)]
    with pytest.raises((sqlite3.IntegrityError, psycopg.errors.UniqueViolation)):
        kept.database.run_many(KEEP, rows)

    assert rows_of(kept) == []


def test_in_the_transaction_that_runs(kept: Store) -> None:
    """Inside a transaction it is part of it, and goes with it."""

    def taken_back() -> None:
        with kept.transaction():
            kept.database.run_many(KEEP, [{"id": 1, "word": "x"}])
            assert rows_of(kept) == [(1, "x")]
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        taken_back()

    assert rows_of(kept) == []


def test_one_wait_for_the_server(tmp_path: Path) -> None:
    """However many rows there are, PostgreSQL is waited for once: it says once that it is ready again."""
    trace = tmp_path / "trace"
    with fresh_postgres(tmp_path) as address, trace.open("w") as heard:
        database = PostgresDatabase(address)
        database.run(TABLE)
        with database.transaction(), database._connection() as connection:
            connection.pgconn.trace(heard.fileno())
            database.run_many(KEEP, [{"id": number, "word": "x"} for number in range(MANY)])
            connection.pgconn.untrace()
        database.close()
    said = trace.read_text()

    assert said.count("CommandComplete") == MANY
    assert said.count("ReadyForQuery") == 1
