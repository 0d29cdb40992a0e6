"""A consistent copy of the embedded database while the bot runs."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import NotCopied
from storage import Store
from storage.sqlite import SqliteDatabase


def back_up(store: Store, target: Path) -> dict[str, int]:
    """Write a copy to a new file that only this user may read, verify it, and return how many rows each table has.

    The copy is of one moment, whoever writes meanwhile (SQLite, "Online Backup API"). Raises NotCopied.
    """
    database = store.database
    if not isinstance(database, SqliteDatabase):
        raise NotCopied("This is PostgreSQL: make the backup with its own pg_dump, and put it back with pg_restore.")
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise NotCopied(f"{target} is there already; name a file that is not.") from None
    except OSError as error:
        raise NotCopied(f"{target} cannot be written: {error.strerror}.") from None
    try:
        _copy(database, target)
        return _rows_in(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _copy(database: SqliteDatabase, target: Path) -> None:
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        database.copy_to(copy)
        # A backup is one file, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        raise NotCopied(f"The copy is damaged, and so may the database be: {found[0]}.")


def _rows_in(target: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"file:{target}?mode=ro", uri=True)) as copy:
        tables = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        return {table: copy.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}
