"""A consistent copy of the embedded database while the bot runs."""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from bot.errors import NotCopied, StorageUnavailable
from storage import POSTGRES, Store, existing_store, migrations
from storage.sqlite import PRIMARY_CODE, UNUSABLE, SqliteDatabase

# What a copy has to forget before it may be put back; docs/runbook.md has the same for PostgreSQL.
#
# A link that was alive may have shown a secret since then, of which the copy knows nothing: cleaning up behind an
# earlier press of that link would take the secret for an orphan and remove it from Entra. An old secret may have been
# put back into use since its removal was announced: it is announced anew, a day ahead. And a request that is pending
# again may have been decided since: it is looked at anew, which redraws its card with the buttons.
PUT_RIGHT: Final = (
    (
        "UPDATE links SET stage = 'expired', lease = NULL, lease_until = NULL, armed_until = NULL,"
        " attempts = 0, sweep_at = NULL, sweeps_left = 0 WHERE stage IN ('open', 'minting')"
    ),
    "UPDATE credentials SET warned_at = NULL WHERE state = 'retiring'",
    "UPDATE app_requests SET assessed = 0, lease = NULL, lease_until = NULL WHERE state = 'pending'",
)
POSTGRES_HAS_ITS_OWN: Final = (
    "This is PostgreSQL: make the backup with its own pg_dump, and put it back with pg_restore. docs/runbook.md says"
    " what to do then."
)
MORE_SPACE: Final = " Free some space there, or name a file on another disk."
NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLite, "Result and Error Codes": what is the fault of the file that is read, and not of the one that is written.
READING: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_BUSY})
READING_FAILED: Final = frozenset(
    {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
)
# What SQLite may keep beside a file, and the file itself.
BESIDE: Final = ("", "-journal", "-wal", "-shm")


def open_to_back_up(url: str) -> tuple[Store, list[str]]:
    """Open what is to be copied, of this version or an earlier one: see `storage.existing_store`. Raises NotCopied."""
    if url.startswith(POSTGRES):
        raise NotCopied(POSTGRES_HAS_ITS_OWN)
    return existing_store(url)


def pages(store: Store) -> int:
    """Return how many pages there are to be copied."""
    row = store.database.one("PRAGMA page_count")
    return row["page_count"] if row else 0


def back_up(store: Store, target: Path, tell: Callable[[int], None] = lambda _: None) -> dict[str, int]:
    """Write a copy to a new file that only this user may read, and return how many rows each table has.

    The copy is of one moment, whoever writes meanwhile (SQLite, "Online Backup API"). It grows beside the target, and
    has its name only when it is whole, put right, and on the disk. `tell` hears of so many pages as they are copied.
    Raises NotCopied, StorageUnavailable.
    """
    database = store.database
    if not isinstance(database, SqliteDatabase):
        raise NotCopied(POSTGRES_HAS_ITS_OWN)
    migrations.missing(database, str(database.path.absolute()))
    with _beside(target) as part, _in_words(database, target), closing(sqlite3.connect(part)) as copy:
        # Until it has its name nobody needs it, and then it is made to last as a whole.
        copy.execute("PRAGMA synchronous = OFF")
        database.copy_to(copy, tell)
        # A backup is one file, without a log beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        _put_right(copy)
        return _rows_in(copy)


def _put_right(copy: sqlite3.Connection) -> None:
    with copy:
        for statement in PUT_RIGHT:
            copy.execute(statement)
    found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
    if found != ["ok"]:
        words = " ".join(found[0].split())
        raise NotCopied(f"The copy is damaged, and so may the database be: {words}.")


def _rows_in(copy: sqlite3.Connection) -> dict[str, int]:
    tables = [row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {table: copy.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] for table in tables}


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Make the file in which the copy grows, in the place of one that a killed backup left; give it its name or none.

    Raises NotCopied.
    """
    part = target.with_name(f"{target.name}.part")
    try:
        _must_be_new(target)
        _remove(part)
        made = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            yield part
            os.fsync(made)
            _must_be_ours(made, part)
            _name(part, target)
        except NotCopied:
            _must_be_ours(made, part)
            raise
        finally:
            if _is_ours(made, part):
                _remove(part)
            os.close(made)
    except FileExistsError:
        raise NotCopied(f"{target} is there already; name a file that is not.") from None
    except OSError as error:
        advice = MORE_SPACE if error.errno in NO_SPACE else ""
        raise NotCopied(f"{target} cannot be written: {error.strerror}.{advice}") from None


def _must_be_new(target: Path) -> None:
    if os.path.lexists(target):
        raise FileExistsError


def _must_be_ours(made: int, part: Path) -> None:
    if not _is_ours(made, part):
        raise NotCopied(f"Another backup has begun to write {part}: wait for it, or name another file.") from None


def _is_ours(made: int, part: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(made), part.stat())
    except FileNotFoundError:
        return False


def _name(part: Path, target: Path) -> None:
    """Give a whole file its name, which must not be taken, and make that last. Raises FileExistsError."""
    try:
        # Unlike a rename this never takes the place of another file.
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:
        # Not every file system has links.
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        part.replace(target)
    with suppress(OSError):
        folder = os.open(target.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _remove(path: Path) -> None:
    for end in BESIDE:
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


@contextmanager
def _in_words(database: SqliteDatabase, target: Path) -> Iterator[None]:
    """Say of which of the two files there is something to be said."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
        kind = code & PRIMARY_CODE
        if kind in READING or code in READING_FAILED:
            raise StorageUnavailable(f"{database.path}: {error}. {UNUSABLE[kind]}") from None
        raise NotCopied(f"{target} cannot be written: {error}.{MORE_SPACE}") from None
