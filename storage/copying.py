"""Everything that is kept, copied from one database to another: all of it, or nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from bot.errors import NotCopied
from storage import Store
from storage.database import Database, Row

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


def rows_of(store: Store) -> dict[str, int]:
    """Return how many rows each table has."""
    found = {table: store.database.one(f"SELECT COUNT(*) AS n FROM {table}") for table in TABLES}
    return {table: row["n"] if row else 0 for table, row in found.items()}


def copy(source: Store, target: Store, *, tell: Callable[[int], None]) -> dict[str, int]:
    """Copy every row and return how many each table has; `tell` hears of so many rows as they are done.

    Nobody writes to either meanwhile. Raises NotCopied when the target holds anything or the numbers differ in the
    end, and StorageUnavailable; the target is then as it was.
    """
    with source.transaction(), target.transaction():
        full = [table for table, count in rows_of(target).items() if count]
        if full:
            raise NotCopied(f"The database to copy to must be empty; it has rows in {', '.join(full)}.")
        for table in TABLES:
            for batch in _batches(source.database, table):
                for row in batch:
                    _put(target.database, table, row)
                tell(len(batch))
        counts, copied = rows_of(source), rows_of(target)
        if counts != copied:
            raise NotCopied(f"The numbers of rows differ: {counts} there, {copied} here. Nothing was copied.")
    return counts


def _batches(database: Database, table: str) -> Iterator[list[Row]]:
    """Yield the rows of a table, some at a time, so that a large one needs no large memory."""
    offset = 0
    while True:
        query = f"SELECT * FROM {table} ORDER BY {TABLES[table]} LIMIT :batch OFFSET :offset"
        rows = database.all(query, batch=BATCH, offset=offset)
        if not rows:
            return
        yield rows
        offset += len(rows)


def _put(database: Database, table: str, row: Row) -> None:
    names = list(row)
    values = ", ".join(f":{name}" for name in names)
    database.run(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})", **row)
