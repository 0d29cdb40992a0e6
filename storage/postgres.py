"""PostgreSQL through psycopg and its pool: any number of processes share one database."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.errors import IdleInTransactionSessionTimeout, InsufficientPrivilege, ReadOnlySqlTransaction
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

from bot.errors import StorageUnavailable
from storage.database import Row

# More would only queue inside PostgreSQL; a thread that finds none free waits at most so long.
MOST_CONNECTIONS = 10
WAIT_SECONDS = 20.0
# PostgreSQL, "Client Connection Defaults": a process that stops in the middle of writing must not stop all others.
SESSION = (
    "SET idle_in_transaction_session_timeout = '15s'",
    "SET lock_timeout = '20s'",
    "SET client_min_messages = 'warning'",
)
READ_ONLY = "SET default_transaction_read_only = on"
# PostgreSQL, "Advisory Locks": writers of one schema take their turns, each seeing what the one before it committed.
WRITE_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema(), 7261455))"
# What says that the database cannot be used now, as opposed to a statement that is wrong.
UNUSABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    ReadOnlySqlTransaction,
    InsufficientPrivilege,
    IdleInTransactionSessionTimeout,
)

# What stands in quotation marks is text, with or without a colon in it.
_PARAMETER = re.compile(r"('[^']*')|(?<!:):([a-z_]+)")
_TEXT_COLUMN = re.compile(r"\bTEXT\b")


class PostgresDatabase:
    """One PostgreSQL database. Threads borrow connections from a pool; a transaction keeps its own.

    There is one writer at a time, as in SQLite: what a use case read in its transaction is still so when it writes.
    Reading never waits, and neither does claiming. Threads of one process queue here for their turn, so that those
    who wait do not hold the connections that readers need.
    """

    # PostgreSQL, "SELECT": rows that another claimant holds just now are passed over, not waited for.
    skip_locked = " FOR UPDATE SKIP LOCKED"

    def __init__(
        self,
        address: str,
        *,
        connections: int = MOST_CONNECTIONS,
        patience: float = WAIT_SECONDS,
        read_only: bool = False,
    ) -> None:
        self._local = threading.local()
        self._writer = threading.RLock()
        self._opening = threading.Lock()
        self._pool: ConnectionPool[Connection[DictRow]] | None = None
        self._address = address
        self._session = (*SESSION, READ_ONLY) if read_only else SESSION
        self._connections = connections
        self._patience = patience

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None. Raises StorageUnavailable."""
        return next(iter(self.all(sql, **params)), None)

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row. Raises StorageUnavailable."""
        with self._connection() as connection:
            return list(connection.execute(_dialect(sql), _values(params)).fetchall())

    def run(self, sql: str, **params: object) -> int:
        """Carry out one statement and return how many rows it changed. Raises StorageUnavailable."""
        with self.transaction(), self._connection() as connection:
            return connection.execute(_dialect(sql), _values(params)).rowcount

    def tables(self) -> set[str]:
        """Return the names of the tables that are there. Raises StorageUnavailable."""
        rows = self.all("SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()")
        return {row["name"] for row in rows}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Be the one writer, and make what happens inside durable together, or not at all; one inside another joins.

        Raises StorageUnavailable; then nothing is certain but that it is all there, or none of it.
        """
        if self._held() is not None:
            yield
            return
        with self._writer, self.claiming():
            self.all(WRITE_LOCK)
            yield

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """Make what happens inside durable together without waiting for a turn: rows are locked by whoever claims."""
        if self._held() is not None:
            yield
            return
        with self._connection() as connection, connection.transaction():
            self._local.connection = connection
            try:
                yield
            finally:
                self._local.connection = None

    def close(self) -> None:
        """Close every connection."""
        with self._opening:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _held(self) -> Connection[DictRow] | None:
        held: Connection[DictRow] | None = getattr(self._local, "connection", None)
        return held

    @contextmanager
    def _connection(self) -> Iterator[Connection[DictRow]]:
        held = self._held()
        if held is not None:
            yield held
            return
        try:
            with self._opened().connection() as connection:
                yield connection
        except UNUSABLE as error:
            raise StorageUnavailable(f"PostgreSQL cannot be used now: {_words(error)}") from None

    def _opened(self) -> ConnectionPool[Connection[DictRow]]:
        with self._opening:
            if self._pool is None:
                self._pool = self._new_pool()
                self._pool.open()
            return self._pool

    def _new_pool(self) -> ConnectionPool[Connection[DictRow]]:
        return ConnectionPool(
            self._address,
            connection_class=Connection[DictRow],
            # Statements are not prepared, because a pooler such as PgBouncer may change the session between them.
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "application_name": "register-app",
                "prepare_threshold": None,
                "connect_timeout": 10,
            },
            configure=self._configure,
            min_size=1,
            max_size=self._connections,
            timeout=self._patience,
            # A connection that died while it lay idle is found out and replaced before it is lent.
            check=ConnectionPool.check_connection,
            open=False,
        )

    def _configure(self, connection: Connection[DictRow]) -> None:
        for statement in self._session:
            connection.execute(statement.encode())


def _words(error: Exception) -> str:
    """Return what happened in one line. PostgreSQL and libpq name host, user and database, and never a password."""
    return " ".join(str(error).split()) or type(error).__name__


@lru_cache(maxsize=512)
def _dialect(sql: str) -> bytes:
    """Turn `:name` into psycopg's `%(name)s`; a per cent sign of the SQL itself is doubled.

    Text columns are made to sort by their characters, as in SQLite, whatever the database's own language is.
    """
    if sql.startswith(("CREATE TABLE", "ALTER TABLE")):
        sql = _TEXT_COLUMN.sub('TEXT COLLATE "C"', sql)
    return _PARAMETER.sub(lambda found: found[1] or f"%({found[2]})s", sql.replace("%", "%%")).encode()


def _values(params: Mapping[str, object]) -> dict[str, Any]:
    return {name: _value(value) for name, value in params.items()}


def _value(value: object) -> object:
    """Turn truth into the integers that the columns hold, and the one character that PostgreSQL cannot keep."""
    if isinstance(value, bool):
        return int(value)
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value
