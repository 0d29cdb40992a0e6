"""PostgreSQL through psycopg and its pool: any number of processes share one database."""

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

from storage.database import Row

# More would only queue inside PostgreSQL; a thread that finds none free waits at most so long.
MOST_CONNECTIONS = 10
WAIT_SECONDS = 20.0
# Any number will do, as long as every process that migrates uses the same.
MIGRATION_LOCK = 7_261_455

_PARAMETER = re.compile(r":([a-z_]+)")


class PostgresDatabase:
    """One PostgreSQL database. Threads borrow connections from a pool; a transaction keeps its own."""

    # PostgreSQL, "SELECT": rows that another claimant holds just now are passed over, not waited for.
    skip_locked = " FOR UPDATE SKIP LOCKED"

    def __init__(self, address: str) -> None:
        self._local = threading.local()
        self._pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
            address,
            connection_class=Connection[DictRow],
            kwargs={"autocommit": True, "row_factory": dict_row, "application_name": "register-app"},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            timeout=WAIT_SECONDS,
            # A connection that died while it lay idle is found out and replaced before it is lent.
            check=ConnectionPool.check_connection,
            open=False,
        )

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None."""
        return next(iter(self.all(sql, **params)), None)

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""
        with self._connection() as connection:
            return list(connection.execute(_dialect(sql), _values(params)).fetchall())

    def run(self, sql: str, **params: object) -> int:
        """Carry out one statement and return how many rows it changed."""
        with self._connection() as connection:
            return connection.execute(_dialect(sql), _values(params)).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside durable together, or not at all; one inside another joins it."""
        if self._held() is not None:
            yield
            return
        with self._connection() as connection, connection.transaction():
            self._local.connection = connection
            try:
                yield
            finally:
                self._local.connection = None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only process that is in here, in one transaction."""
        with self.transaction():
            self.run("SELECT pg_advisory_xact_lock(:number)", number=MIGRATION_LOCK)
            yield

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _held(self) -> Connection[DictRow] | None:
        held: Connection[DictRow] | None = getattr(self._local, "connection", None)
        return held

    @contextmanager
    def _connection(self) -> Iterator[Connection[DictRow]]:
        held = self._held()
        if held is not None:
            yield held
            return
        self._pool.open()
        with self._pool.connection() as connection:
            yield connection


def _dialect(sql: str) -> bytes:
    """Turn `:name` into psycopg's `%(name)s`; a per cent sign of the SQL itself is doubled."""
    return _PARAMETER.sub(r"%(\1)s", sql.replace("%", "%%")).encode()


def _values(params: Mapping[str, object]) -> dict[str, Any]:
    """Turn truth into the integers that the columns hold."""
    return {name: int(value) if isinstance(value, bool) else value for name, value in params.items()}
