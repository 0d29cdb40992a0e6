"""The seam between portable SQL and an engine: one, all, run, run_many, transaction."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]


class Database(Protocol):
    """What a repository may ask of an engine. SQL is portable and names its parameters `:name`."""

    @property
    def skip_locked(self) -> str:
        """What a SELECT for a claim ends with, so that claimants do not wait for each other's rows; may be empty."""

    def one(self, sql: str, **params: object) -> Row | None:
        """Return the first row, or None. This and all below raise StorageUnavailable."""

    def all(self, sql: str, **params: object) -> list[Row]:
        """Return every row."""

    def run(self, sql: str, **params: object) -> int:
        """Carry out one statement and return how many rows it changed; outside a transaction it is one."""

    def run_many(self, sql: str, rows: Sequence[Row]) -> None:
        """Carry out one statement for each of these rows, all or nothing, in one go where the engine has that."""

    def tables(self) -> set[str]:
        """Return the names of the tables that are there."""

    def transaction(self) -> AbstractContextManager[None]:
        """Be the one writer, and make what happens inside durable together, or not at all.

        What was read inside is still so when it is written. A transaction inside another joins it.
        """

    def claiming(self) -> AbstractContextManager[None]:
        """Make what happens inside durable together; only the rows that `skip_locked` names are kept from others."""

    @property
    def damage(self) -> str:
        """What was found damaged since this process began, as a sentence; empty when nothing was."""

    def look_for_damage(self) -> None:
        """Look over what is kept, as far as the engine does not do so by itself. Raises StorageUnavailable."""

    def close(self) -> None:
        """Close every connection."""
