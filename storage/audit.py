"""The audit: one row for every state change and every look at a secret, written with what it tells of."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from bot.events import AuditEvent
from storage import codec
from storage.database import Database, Row

COLUMNS = ("id", "at", "event", "actor", "request_id", "application_id", "link_id", "details")


class Audit:
    """The table of what happened; rows are added and read, never changed."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(  # noqa: PLR0913 - one keyword per column of the row
        self,
        entry_id: str,
        event: AuditEvent,
        actor: str,
        *,
        now: datetime,
        request_id: str | None = None,
        application_id: str | None = None,
        link_id: str | None = None,
        details: Mapping[str, str | int | bool] | None = None,
    ) -> None:
        """Write one row. `actor` is a Slack user id, or `bot`, or `browser`."""
        self._db.run(
            "INSERT INTO audit (id, at, event, actor, request_id, application_id, link_id, details)"
            " VALUES (:id, :at, :event, :actor, :request_id, :application_id, :link_id, :details)",
            id=entry_id,
            at=codec.to_text(now),
            event=event.value,
            actor=actor,
            request_id=request_id,
            application_id=application_id,
            link_id=link_id,
            details=json.dumps(dict(details or {}), sort_keys=True),
        )

    def count(self, event: AuditEvent) -> int:
        """Return how often something happened."""
        row = self._db.one("SELECT COUNT(*) AS times FROM audit WHERE event = :event", event=event.value)
        return int(row["times"]) if row else 0

    def rows(self, *, since: datetime | None = None, batch: int = 1000) -> Iterator[Row]:
        """Yield every row, oldest first, a batch at a time."""
        at, entry_id = codec.to_text(since) if since else "", ""
        while True:
            rows = self._db.all(
                f"SELECT {', '.join(COLUMNS)} FROM audit WHERE at > :at OR (at = :at AND id > :id)"
                " ORDER BY at, id LIMIT :batch",
                at=at,
                id=entry_id,
                batch=batch,
            )
            yield from rows
            if len(rows) < batch:
                return
            at, entry_id = rows[-1]["at"], rows[-1]["id"]
