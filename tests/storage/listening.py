"""The embedded database with an ear: it keeps what it is asked, and tells how it goes about it."""

from pathlib import Path
from typing import Any

from storage.database import Row
from storage.sqlite import SqliteDatabase


class ListeningDatabase(SqliteDatabase):
    """The embedded database, which keeps what it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.heard: list[tuple[str, dict[str, Any]]] = []

    def all(self, sql: str, **params: object) -> list[Row]:
        """Keep the question and answer it."""
        self.heard.append((sql, params))
        return super().all(sql, **params)

    def run(self, sql: str, **params: object) -> int:
        """Keep the statement and carry it out."""
        self.heard.append((sql, params))
        return super().run(sql, **params)

    def plans(self) -> list[str]:
        """How SQLite goes about what was asked, a step each; what was asked is forgotten."""
        asked, self.heard = self.heard, []
        steps = [step for sql, params in asked for step in super(ListeningDatabase, self).all(_explain(sql), **params)]
        return [step["detail"] for step in steps]


def _explain(sql: str) -> str:
    return f"EXPLAIN QUERY PLAN {sql}"
