"""The way to a PostgreSQL: why the last connection could not be made, which psycopg's pool only writes into the log.

The pool itself cannot tell a server that is away from one whose connections are all in use: whoever wants one waits.
With what is remembered here nobody waits for a server that has just refused somebody else.
"""

import time
from typing import Any, Self

import psycopg
from psycopg import Connection
from psycopg.rows import DictRow

# The encodings in which any text can be kept; what a server calls SQL_ASCII keeps bytes as they are.
ENCODINGS = frozenset({"UTF8", "SQL_ASCII"})
# A server that takes longer than this to let somebody in is as good as away for those who wait.
SLOW_SECONDS = 1.0


class Door:
    """Makes connections, and remembers the last refusal until somebody was let in."""

    def __init__(self) -> None:
        self._refusal: psycopg.OperationalError | None = None
        self._refused_at = 0.0
        self._knocked_at: float | None = None
        door = self

        class Watched(Connection[DictRow]):
            """A connection that tells its door whether it could be made."""

            @classmethod
            def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
                door.knock()
                try:
                    made = super().connect(conninfo, **kwargs)
                    must_keep_any_text(made)
                except psycopg.OperationalError as error:
                    door.refuse(error)
                    raise
                door.let_in()
                return made

        self.connection_class = Watched

    def knock(self) -> None:
        """Note that somebody wants to be let in."""
        self._knocked_at = time.monotonic()

    def refuse(self, error: psycopg.OperationalError) -> None:
        """Note why nobody is let in."""
        self._refusal, self._refused_at, self._knocked_at = error, time.monotonic(), None

    def let_in(self) -> None:
        """Note that somebody was let in."""
        self._refusal = self._knocked_at = None

    def must_be_open(self, *, since: float) -> None:
        """Raise why nobody was let in since a moment of the monotonic clock, if that is so."""
        refusal, knocked_at = self._refusal, self._knocked_at
        if refusal is not None and self._refused_at >= since:
            # A new one each time, because several threads may raise it at once.
            raise type(refusal)(str(refusal))
        if knocked_at is not None and time.monotonic() - knocked_at > SLOW_SECONDS:
            raise psycopg.OperationalError("the server has not answered yet")


def must_keep_any_text(connection: Connection[Any]) -> None:
    """Raise psycopg.OperationalError for a database that could not keep every name that people type."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in ENCODINGS:
        connection.close()
        raise psycopg.OperationalError(f"the database keeps its text in {encoding}, and the bot needs UTF8")
