"""SQLite through sqlite-utils: one connection a thread, one writer at a time, durable commits."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

from sqlite_utils import Database as SqliteUtilsDatabase

from bot.errors import StorageUnavailable
from storage.database import Row

BUSY_SECONDS = 20
AGAIN_SECONDS = 0.01
PAGES_AT_ONCE = 1000
# SQLite, "Result and Error Codes": the part of a code that says which kind it is.
PRIMARY_CODE = 0xFF
DAMAGED = "The file is damaged: stop the bot and put a backup in its place."
CANNOT_OPEN = "Look whether the folder exists and the bot's user may write to it, or correct DATABASE_URL."
# SQLite, "Result and Error Codes": what says that the database cannot be used now, and what its operator does.
UNUSABLE = {
    sqlite3.SQLITE_FULL: "Free some space; nothing was written.",
    sqlite3.SQLITE_READONLY: "Let the bot's user write to the file and its folder.",
    sqlite3.SQLITE_CANTOPEN: CANNOT_OPEN,
    sqlite3.SQLITE_PERM: CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: "Look at the disk: reading or writing failed.",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: "This is no SQLite database: put a backup in its place, or name another file.",
    sqlite3.SQLITE_BUSY: "Another process holds it for too long: find out which.",
}


class SqliteDatabase:
    """One SQLite file. Threads of this process queue for the write lock here, processes inside SQLite.

    Queueing in the process first keeps the slowest of many writers quick: SQLite's own waiting is a poll.
    """

    # A claim holds the one write lock from its SELECT on.
    skip_locked = ""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._read_only = read_only
        self._writer = threading.RLock()
        self._local = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._damage = ""

    @property
    def damage(self) -> str:
        """What was found damaged since this process began, as a sentence; empty when nothing was."""
        return self._damage

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None. Raises StorageUnavailable."""
        return next(iter(self.all(sql, **params)), None)

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row. Raises StorageUnavailable."""
        with self._usable():
            return list(self._database().query(sql, params))

    def run(self, sql: str, **params: object) -> int:
        """Carry out one statement and return how many rows it changed. Raises StorageUnavailable."""
        with self.transaction(), self._usable():
            return self._connection().execute(sql, params).rowcount

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Carry out one statement for each of these rows, all or nothing. Raises StorageUnavailable."""
        with self.transaction(), self._usable():
            self._connection().executemany(sql, rows)

    def tables(self) -> set[str]:
        """Return the names of the tables that are there. Raises StorageUnavailable."""
        return {row["name"] for row in self.all("SELECT name FROM sqlite_master WHERE type = 'table'")}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock from the first statement on, so that what was read is still so when it is written."""
        if self._connection().in_transaction:
            yield
            return
        with self._writer:
            with self._usable():
                self._connection().execute("BEGIN IMMEDIATE")
            try:
                yield
                self.commit()
            except BaseException:
                # A full disk makes SQLite roll back by itself, and a second time would hide what went wrong.
                if self._connection().in_transaction:
                    self._connection().execute("ROLLBACK")
                raise

    def claiming(self) -> AbstractContextManager[None]:
        """Hold the write lock: whoever claims here is alone with all rows."""
        return self.transaction()

    def commit(self) -> None:
        """End the transaction of this thread durably."""
        with self._usable():
            self._connection().execute("COMMIT")

    def look_for_damage(self) -> None:
        """Read every page once (SQLite, "PRAGMA quick_check"): most damage would show only when it is met.

        Raises StorageUnavailable.
        """
        found = [str(row["quick_check"]) for row in self.all("PRAGMA quick_check(1)")]
        if found != ["ok"]:
            raise self._damaged(found[0].splitlines()[-1])

    def copy_to(self, target: sqlite3.Connection, tell: Callable[[int], None]) -> None:
        """Copy everything as it is at this moment; others go on reading and writing.

        `tell` hears of so many pages as they are copied, and may break it off. Raises StorageUnavailable, and for what
        it meets while it copies sqlite3.DatabaseError: either file may be at fault.
        """
        connection, done = self._connection(), 0

        def copied(_status: int, left: int, of: int) -> None:
            nonlocal done
            more, done = of - left - done, of - left
            tell(more)

        with self._usable():
            # Whoever is in the middle of reading sees one moment, however many steps that takes (SQLite, "Isolation").
            connection.execute("BEGIN")
            connection.execute("SELECT name FROM sqlite_master").fetchone()
        try:
            connection.backup(target, pages=PAGES_AT_ONCE, progress=copied)
        finally:
            connection.execute("ROLLBACK")

    def peek(self, sql: str) -> list[Row]:
        """Read a file that may not be ours: none is made, and none is changed. Raises StorageUnavailable."""
        place = f"{self.path.absolute().as_uri()}?mode=ro"
        with self._usable(), closing(sqlite3.connect(place, uri=True, timeout=BUSY_SECONDS)) as connection:
            return list(SqliteUtilsDatabase(connection).query(sql))

    def close(self) -> None:
        """Close every connection of every thread."""
        with self._guard:
            for connection in self._connections:
                connection.close()
            self._connections.clear()
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = self._database().conn
        return connection

    def _database(self) -> SqliteUtilsDatabase:
        database: SqliteUtilsDatabase | None = getattr(self._local, "database", None)
        if database is None:
            with self._usable():
                database = self._local.database = self._open()
        return database

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Say in words that the database cannot be used; a statement that is wrong stays what it is."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & PRIMARY_CODE
            if code not in UNUSABLE:
                raise
            if UNUSABLE[code] == DAMAGED:
                raise self._damaged(str(error)) from None
            raise StorageUnavailable(f"{self.path}: {error}. {UNUSABLE[code]}") from None
        except OSError as error:
            raise StorageUnavailable(f"{self.path}: {error.strerror}. {CANNOT_OPEN}") from None

    def _damaged(self, found: str) -> StorageUnavailable:
        self._damage = f"{self.path}: {found}. {DAMAGED}"
        return StorageUnavailable(self._damage)

    def _open(self) -> SqliteUtilsDatabase:
        if self._read_only:
            connection = self._connected(f"{self.path.absolute().as_uri()}?{_way_to_read(self.path)}", uri=True)
            pragmas = ["query_only = ON"]
            # What is no UTF-8 was not written here; it is to be shown for what it is, and not to end the command.
            connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
        else:
            # Only the bot's own user may read what people asked for.
            self.path.touch(mode=0o600)
            connection = self._connected(str(self.path))
            pragmas = ["synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"]
            _write_ahead(connection)
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        with self._guard:
            self._connections.append(connection)
        return SqliteUtilsDatabase(connection)

    @staticmethod
    def _connected(address: str, *, uri: bool = False) -> sqlite3.Connection:
        # isolation_level=None leaves BEGIN and COMMIT to us. Each thread uses its own connection only;
        # check_same_thread is off for the one exception, closing them all at the end.
        return sqlite3.connect(address, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=uri)


def _way_to_read(path: Path) -> str:
    """Return how to open a file that is only to be read, so that nothing is left beside it (SQLite, "WAL mode").

    A reader who may write tidies its log up at the end. One who may not would leave a log behind that the bot then
    cannot write to, so it reads the file alone where there is no log: nobody has it open.
    """
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        return "mode=rw"
    return "mode=ro" if path.with_name(f"{path.name}-wal").exists() else "mode=ro&immutable=1"


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging: the one thing for which SQLite refuses at once instead of waiting its turn."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & PRIMARY_CODE == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_SECONDS)
        else:
            return
