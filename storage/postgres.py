"""PostgreSQL through psycopg and its pool: any number of processes share one database."""

import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import Connection, IsolationLevel
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.errors import StorageUnavailable
from storage import postgres_address
from storage.database import Row
from storage.postgres_door import Door
from storage.postgres_faults import DAMAGE, UNUSABLE, without_rows, words

# More would only queue inside PostgreSQL; a thread that finds none free waits at most so long for others to finish.
MOST_CONNECTIONS = 10
WAIT_SECONDS = 20.0
# So often a thread that waits looks whether the server lets anybody in at all. A server that does not is not waited
# for: whoever pressed a button hears of it before Slack's three seconds are over.
GLANCE_SECONDS = 0.1
# Defaults of an address. Without the last four a server that vanished would be waited for a quarter of an hour.
DEFAULTS = {
    "application_name": "register-app",
    "connect_timeout": "5",
    "client_encoding": "utf8",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "15000",
}
# PostgreSQL, "Client Connection Defaults": a process that stops in the middle of writing must not stop all others.
# Set for one transaction, because a pooler such as PgBouncer gives a session to somebody else after it.
LIMITS = (
    "set_config('idle_in_transaction_session_timeout', '15s', true) AS idle, set_config('lock_timeout', '20s', true)"
)
CLAIM = f"SELECT {LIMITS} AS lock"
# PostgreSQL, "Advisory Locks": writers of one schema take their turns, each seeing what the one before it committed.
WRITE_TURN = f"{CLAIM}, pg_advisory_xact_lock(hashtextextended(current_schema(), 7261455)) AS turn"

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
        """Nothing connects yet. Raises StorageUnavailable for an address that cannot be read."""
        self._parts = {**DEFAULTS, **postgres_address.read(address)}
        self._local = threading.local()
        self._writer = threading.RLock()
        self._opening = threading.Lock()
        self._pool: ConnectionPool[Connection[DictRow]] | None = None
        self._read_only = read_only
        self._connections = connections
        self._patience = patience
        self._door = Door()
        self._damage = ""

    @property
    def damage(self) -> str:
        """What was found damaged since this process began, as a sentence; empty when nothing was."""
        return self._damage

    def look_for_damage(self) -> None:
        """Leave that to the server, which checks its own pages as it reads them."""

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

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Carry out one statement for each of these rows, all or nothing. Raises StorageUnavailable.

        They are all sent before the first answer is waited for (psycopg, "Pipeline mode support").
        """
        with self.transaction(), self._connection() as connection:
            connection.cursor().executemany(_dialect(sql), [_values(row) for row in rows])

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
        with self._turn(), self._begun(WRITE_TURN):
            yield

    @contextmanager
    def claiming(self) -> Iterator[None]:
        """Make what happens inside durable together without waiting for a turn: rows are locked by whoever claims."""
        if self._held() is not None:
            yield
            return
        with self._begun(CLAIM):
            yield

    def close(self) -> None:
        """Close every connection."""
        with self._opening:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the other writers of this process."""
        if not self._writer.acquire(timeout=self._patience):
            raise StorageUnavailable("PostgreSQL cannot be used now: another writer of this process does not end.")
        try:
            yield
        finally:
            self._writer.release()

    @contextmanager
    def _begun(self, first: str) -> Iterator[None]:
        with self._connection() as connection, connection.transaction():
            self._local.connection = connection
            try:
                self.all(first)
                yield
            finally:
                self._local.connection = None

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
            with ExitStack() as lent:
                yield self._lent(lent)
        except UNUSABLE as error:
            sentence = f"PostgreSQL cannot be used now: {words(error)}"
            self._damage = sentence if isinstance(error, DAMAGE) else self._damage
            raise StorageUnavailable(sentence) from None
        except psycopg.Error as error:
            raise without_rows(error).with_traceback(error.__traceback__) from None

    def _lent(self, lent: ExitStack) -> Connection[DictRow]:
        """Borrow a connection: wait for one that others have, and not for a server that lets nobody in."""
        began = time.monotonic()
        while True:
            try:
                return lent.enter_context(self._opened().connection(timeout=GLANCE_SECONDS))
            except PoolTimeout as error:
                self._door.must_be_open(since=began)
                if time.monotonic() - began >= self._patience:
                    raise PoolTimeout("every connection of this process was in use for too long") from error

    def _opened(self) -> ConnectionPool[Connection[DictRow]]:
        with self._opening:
            if self._pool is None:
                self._pool = self._new_pool()
                self._pool.open()
            return self._pool

    def _new_pool(self) -> ConnectionPool[Connection[DictRow]]:
        return ConnectionPool(
            connection_class=self._door.connection_class,
            # Statements are not prepared, because a pooler such as PgBouncer may change the session between them.
            kwargs={**self._parts, "autocommit": True, "row_factory": dict_row, "prepare_threshold": None},
            configure=self._configure,
            min_size=1,
            max_size=self._connections,
            # No pauses that grow: a server that was away is asked again as soon as somebody wants something of it.
            reconnect_timeout=0,
            # A connection that died while it lay idle is found out and replaced before it is lent.
            check=ConnectionPool.check_connection,
            open=False,
        )

    def _configure(self, connection: Connection[DictRow]) -> None:
        # Whatever the role's default is: who waited for a turn must see what the writer before it committed.
        connection.isolation_level = IsolationLevel.READ_COMMITTED
        # None leaves it to the server, which may be a standby.
        connection.read_only = True if self._read_only else None


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
