"""What of PostgreSQL's errors says that the database cannot be used now, and what its operator does about it."""

from types import MappingProxyType
from typing import Final

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

_CONNECTION = "Look whether the server runs, and whether DATABASE_URL and the password are right."
_AGAIN = "It is tried again."
_DAMAGED = "The database is damaged: stop the bot and put a backup in its place."
# PostgreSQL, "Error Codes". The first that an error is an instance of counts, so what is special stands first.
ADVICE: Final = MappingProxyType(
    {
        errors.ReadOnlySqlTransaction: "This server only reads: name the one that can write.",
        errors.InsufficientPrivilege: (
            "Let the bot's role make and use its tables: GRANT USAGE, CREATE ON SCHEMA … TO its name,"
            " or make it the owner of the database."
        ),
        errors.InvalidSchemaName: "Make a schema that the role's search_path names, or correct search_path.",
        errors.DiskFull: "Free some space on the server; nothing was written.",
        errors.DataCorrupted: _DAMAGED,
        errors.IndexCorrupted: _DAMAGED,
        errors.IdleInTransactionSessionTimeout: _AGAIN,
        errors.TransactionTimeout: _AGAIN,
        errors.LockNotAvailable: "Somebody else holds it for too long: look at pg_stat_activity.",
        PoolTimeout: "Look at pg_stat_activity for what does not end.",
        TooManyRequests: _AGAIN,
        PoolClosed: "This process is ending.",
        psycopg.OperationalError: _CONNECTION,
        psycopg.InterfaceError: _AGAIN,
    }
)
UNUSABLE: Final = tuple(ADVICE)
DAMAGE: Final = (errors.DataCorrupted, errors.IndexCorrupted)


def words(error: psycopg.Error) -> str:
    """Return what happened in one line, and what to do. libpq names host, user and database, and never a password."""
    said = " ".join(_said(error).split()).rstrip(".?") or type(error).__name__
    return f"{said}. {next(advice for kind, advice in ADVICE.items() if isinstance(error, kind))}"


def without_rows(error: psycopg.Error) -> psycopg.Error:
    """Return the same error without its details, in which PostgreSQL quotes the row that did not fit."""
    return type(error)(_said(error))


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error)
