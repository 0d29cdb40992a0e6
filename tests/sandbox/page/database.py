"""What the bot stored: its tables, read only. No secret is in them; hashes and leases are left out all the same."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

MOST_ROWS: Final = 40
_HIDDEN: Final = re.compile(r"hash|lease|token")
_LAST: Final = ("audit", "outbox", "messages")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open the bot's database without any right to change it."""
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1)


def tables(path: Path) -> list[dict[str, Any]]:
    """Every table with its columns, how many rows it has, and the newest of them; none before the bot made it."""
    try:
        with closing(open_read_only(path)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            found = [_table(database, str(name)) for (name,) in names if not str(name).startswith(("sqlite_", "_"))]
    except sqlite3.OperationalError:
        return []
    return sorted(found, key=lambda table: (table["name"] in _LAST, table["name"]))


def _table(database: sqlite3.Connection, name: str) -> dict[str, Any]:
    quoted = name.replace('"', '""')
    every = [str(row[1]) for row in database.execute(f'PRAGMA table_info("{quoted}")')]
    columns = [column for column in every if not _HIDDEN.search(column)]
    wanted = ", ".join(f'"{column}"' for column in columns)
    # The names come from the database's own catalogue, never from the page.
    newest = f'SELECT {wanted} FROM "{quoted}" ORDER BY rowid DESC LIMIT {MOST_ROWS}'  # noqa: S608 - see above
    (count,) = database.execute(f'SELECT COUNT(*) FROM "{quoted}"').fetchone()  # noqa: S608 - see above
    return {"name": name, "columns": columns, "count": count, "rows": database.execute(newest).fetchall()}
