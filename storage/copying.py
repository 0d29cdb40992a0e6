"""Everything that is kept, copied from one database to another: all of it, or nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from bot.errors import NotCopied
from storage import Store
from storage.database import Database, Row
from storage.postgres import PostgresDatabase

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
}
BATCH: Final = 1000


def rows_of(store: Store) -> dict[str, int]:
    """Return how many rows each table has."""
    found = {table: store.database.one(f"SELECT COUNT(*) AS n FROM {table}") for table in TABLES}
    return {table: row["n"] if row else 0 for table, row in found.items()}


def copy(source: Store, target: Store, *, tell: Callable[[int], None], batch: int = BATCH) -> dict[str, int]:
    """Copy every row and return how many each table has; `tell` hears of so many rows as they are done.

    Nobody writes to either meanwhile, and nobody claims. Raises NotCopied when the target holds anything or the
    numbers differ in the end, and StorageUnavailable; the target is then as it was.
    """
    with source.transaction(), target.transaction():
        _keep_still(source.database)
        full = [table for table, count in rows_of(target).items() if count]
        if full:
            raise NotCopied(f"The database to copy to must be empty; it has rows in {', '.join(full)}.")
        for table in TABLES:
            for rows in _batches(source.database, table, batch):
                _put(target.database, table, rows)
                tell(len(rows))
        counts, copied = rows_of(source), rows_of(target)
        if counts != copied:
            raise NotCopied(f"The numbers of rows differ: {counts} there, {copied} here. Nothing was copied.")
    return counts


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
