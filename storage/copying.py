"""Everything that is kept, copied from one database to another: all of it, or nothing."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from psycopg.errors import UndefinedColumn, UndefinedTable

from bot.errors import NotCopied
from storage import Store
from storage.database import Database, Row
from storage.migrations import scripts
from storage.postgres import PostgresDatabase
from storage.sqlite import SqliteDatabase

# Each table with what orders its rows, after those that its rows refer to.
TABLES: Final[Mapping[str, str]] = {
    "app_requests": "id",
    "approvals": "request_id, version, approver_id",
    "applications": "id",
    "links": "id",
    "onlookers": "link_id, person_id",
    "credentials": "key_id",
    "reminders": "id",
    "outbox": "id",
    "messages": "slot",
    "pace": "method, channel",
    "deliveries": "key",
    "calls": "service, call, outcome",
    "round_runs": "round",
    "audit": "id",
    "audit_head": "only_row",
    "audit_removed": "event",
}
BATCH: Final = 1000
APPLIED: Final = "SELECT number, name FROM schema_migrations"
# What says that a table is not there, or is another program's of the same name.
MISSING: Final = (sqlite3.OperationalError, UndefinedTable, UndefinedColumn)
# PostgreSQL, "Integer Types": a bigint has as many beside its sign.
BIGINT_BITS: Final = 63


def rows_of(store: Store) -> dict[str, int]:
    """Return how many rows each table has."""
    found = {table: store.database.one(f"SELECT COUNT(*) AS n FROM {table}") for table in TABLES}
    return {table: row["n"] if row else 0 for table, row in found.items()}


def is_one(source: Store, target: Store) -> bool:
    """Say whether two stores are one database, however their addresses are spelled. Raises StorageUnavailable."""
    ours, theirs = source.database, target.database
    if isinstance(ours, SqliteDatabase) and isinstance(theirs, SqliteDatabase):
        return ours.path.exists() and theirs.path.exists() and ours.path.samefile(theirs.path)
    if isinstance(ours, PostgresDatabase) and isinstance(theirs, PostgresDatabase):
        return _is_one_postgres(ours, theirs)
    return False


def must_be_this_version(source: Store, place: str) -> None:
    """Look at a source, without changing it.

    Raises NotCopied when it is not what this version keeps, and StorageUnavailable, also when it is damaged.
    """
    known = {number: name for number, name, _ in scripts()}
    found = _migrations_of(source.database)
    if not found:
        raise NotCopied(f"Nothing is kept in {place}: correct --from.")
    newer = [found[number] for number in sorted(found.keys() - known.keys())]
    if newer:
        raise NotCopied(f"{place} was changed by a newer version of the bot ({newer[0]}). Copy it with that version.")
    missing = [known[number] for number in sorted(known.keys() - found.keys())]
    if missing:
        raise NotCopied(
            f"{place} is older than this version: it is without {', '.join(missing)}."
            " Run `register-app migrate` with it as DATABASE_URL first."
        )
    source.database.look_for_damage()


def prepare(target: Store) -> None:
    """Bring the schema of an empty target up to date. Raises NotCopied when it holds anything, and changes nothing."""
    _must_be_empty(target)
    target.migrate()


def copy(source: Store, target: Store, *, tell: Callable[[int], None], batch: int = BATCH) -> dict[str, int]:
    """Copy every row and return how many each table has; `tell` hears of so many rows as they are done.

    Nobody writes to either meanwhile, and nobody claims. Raises NotCopied when the target holds anything or the
    numbers differ in the end, and StorageUnavailable; the target is then as it was.
    """
    with source.transaction(), target.transaction():
        _keep_still(source.database)
        _must_be_empty(target)
        for table in TABLES:
            for rows in _batches(source.database, table, batch):
                _put(target.database, table, rows)
                tell(len(rows))
        counts, copied = rows_of(source), rows_of(target)
        if counts != copied:
            raise NotCopied(f"The numbers of rows differ: {counts} there, {copied} here. Nothing was copied.")
    return counts


def _is_one_postgres(ours: PostgresDatabase, theirs: PostgresDatabase) -> bool:
    """Hang out a sign in one and look for it in the other."""
    # PostgreSQL, "Advisory Locks": each database of a server has its own, and any role may take them.
    sign = secrets.randbits(BIGINT_BITS)
    with ours.claiming(), theirs.claiming():
        ours.one("SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), :sign))", sign=sign)
        row = theirs.one("SELECT pg_try_advisory_xact_lock(hashtextextended(current_schema(), :sign)) AS x", sign=sign)
    return row is not None and row["x"] is False


def _migrations_of(database: Database) -> dict[int, str]:
    """Return what was applied by number; nothing where no bot has been."""
    if isinstance(database, SqliteDatabase) and not database.path.is_file():
        return {}
    try:
        # To open a SQLite for writing would make the file, or change the journal of another program's.
        rows = database.peek(APPLIED) if isinstance(database, SqliteDatabase) else database.all(APPLIED)
    except MISSING:
        return {}
    return {row["number"]: row["name"] for row in rows}


def _must_be_empty(target: Store) -> None:
    full = [table for table in TABLES if _has_rows(target.database, table)]
    if full:
        raise NotCopied(f"The database to copy to must be empty; it has rows in {', '.join(full)}.")


def _has_rows(database: Database, table: str) -> bool:
    try:
        return database.one(f"SELECT 1 AS x FROM {table} LIMIT 1") is not None
    except MISSING:
        return False


def _keep_still(database: Database) -> None:
    """Make those wait who would claim: a message that is claimed now would go out once more where it is copied to."""
    # In SQLite whoever has the turn has the one write lock.
    if isinstance(database, PostgresDatabase):
        # PostgreSQL, "Explicit Locking": in this mode everybody reads, and nobody changes a row before we end.
        database.run(f"LOCK TABLE {', '.join(TABLES)} IN SHARE MODE")


def _batches(database: Database, table: str, size: int) -> Iterator[list[Row]]:
    """Yield the rows of a table, some at a time, so that a large one needs no large memory; each page is found at once.

    What orders them is the primary key, so nothing is at the same place twice.
    """
    key = TABLES[table]
    marks = ", ".join(f":{name}" for name in key.split(", "))
    beyond, last = "", dict[str, object]()
    while rows := database.all(f"SELECT * FROM {table} {beyond} ORDER BY {key} LIMIT :size", size=size, **last):
        yield rows
        beyond, last = f"WHERE ({key}) > ({marks})", {name: rows[-1][name] for name in key.split(", ")}


def _put(database: Database, table: str, rows: Sequence[Row]) -> None:
    names = list(rows[0])
    values = ", ".join(f":{name}" for name in names)
    database.run_many(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})", rows)
