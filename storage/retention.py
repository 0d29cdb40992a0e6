"""What is old enough to go: messages that were delivered, and requests that are over with all that came of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from storage import codec
from storage.database import Database

_DELIVERED = "sent_at < :before AND state <> 'queued'"

# A request is over when nothing of it can happen any more: it was not approved and left nothing in Entra, or no
# secret of its application is good or was good lately, and no link can make another. What is still to be said of it
# is said first. The states are told by what they are not, so that SQLite begins with the oldest.
_OVER = (
    "state_since < :before AND state NOT IN ('pending', 'approved', 'provisioning')"
    " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.subject = app_requests.id AND o.state = 'queued')"
    " AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.request_id = app_requests.id AND ("
    "(a.removed_at IS NULL AND (a.wanted = 0"
    " OR EXISTS (SELECT 1 FROM links l WHERE l.application_id = a.id"
    " AND (l.stage IN ('open', 'minting') OR l.issued_at >= :before OR l.sweeps_left > 0))"
    " OR EXISTS (SELECT 1 FROM credentials c WHERE c.application_id = a.id AND c.ends_at >= :before)))"
    " OR EXISTS (SELECT 1 FROM links l JOIN outbox o ON o.subject = l.id AND o.state = 'queued'"
    " WHERE l.application_id = a.id)"
    " OR EXISTS (SELECT 1 FROM credentials c JOIN reminders r ON r.key_id = c.key_id"
    " JOIN outbox o ON o.subject = r.id AND o.state = 'queued' WHERE c.application_id = a.id)))"
)


class Retention:
    """Counts and removes what is older than a moment; the audit removes its own old end."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def delivered(self, before: datetime) -> int:
        """Return how many messages were delivered, or given up, before a moment."""
        row = self._db.one(f"SELECT COUNT(*) AS n FROM outbox WHERE {_DELIVERED}", before=codec.to_text(before))
        return row["n"] if row else 0

    def any_delivered(self, before: datetime) -> bool:
        """Say whether there are such messages."""
        row = self._db.one(f"SELECT id FROM outbox WHERE {_DELIVERED} LIMIT 1", before=codec.to_text(before))
        return row is not None

    def remove_delivered(self, before: datetime, limit: int) -> int:
        """Remove some of those messages from the outbox, the oldest; where they stand in Slack stays known."""
        return self._db.run(
            f"DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE {_DELIVERED} ORDER BY sent_at LIMIT :limit)",
            before=codec.to_text(before),
            limit=limit,
        )

    def over(self, before: datetime, limit: int) -> list[str]:
        """Return requests that were over before a moment, the oldest first."""
        rows = self._db.all(
            f"SELECT id FROM app_requests WHERE {_OVER} ORDER BY state_since LIMIT :limit",
            before=codec.to_text(before),
            limit=limit,
        )
        return [row["id"] for row in rows]

    def count_over(self, before: datetime) -> int:
        """Return how many requests were over before a moment."""
        row = self._db.one(f"SELECT COUNT(*) AS n FROM app_requests WHERE {_OVER}", before=codec.to_text(before))
        return row["n"] if row else 0

    def remove_requests(self, request_ids: Iterable[str], before: datetime) -> int:
        """Remove those of some requests that are still over, and return how many; joins the caller's transaction.

        Each goes with its application, links, secrets' dates, reminders and messages. Nothing is touched in Entra or
        in Slack.
        """
        over = [request_id for request_id in request_ids if self._is_over(request_id, before)]
        for request_id in over:
            self._remove(request_id)
        return len(over)

    def _is_over(self, request_id: str, before: datetime) -> bool:
        found = self._db.one(
            f"SELECT id FROM app_requests WHERE id = :id AND {_OVER}", id=request_id, before=codec.to_text(before)
        )
        return found is not None

    def _remove(self, request_id: str) -> None:
        """Remove one request, by names that are all known: how long it takes does not depend on what else is kept."""
        applications = self._named("SELECT id AS name FROM applications WHERE request_id = :of", [request_id])
        links = self._named("SELECT id AS name FROM links WHERE application_id = :of", applications)
        secrets = self._named("SELECT key_id AS name FROM credentials WHERE application_id = :of", applications)
        reminders = self._named("SELECT id AS name FROM reminders WHERE key_id = :of", secrets)
        slots = [f"card:{request_id}", f"request_dm:{request_id}", *(f"link:{link}" for link in links)]
        # What refers to other rows goes before them.
        for table, column, names in (
            ("outbox", "subject", [request_id, *links, *reminders]),
            ("messages", "slot", slots),
            ("reminders", "id", reminders),
            ("credentials", "key_id", secrets),
            ("onlookers", "link_id", links),
            ("links", "id", links),
            ("applications", "id", applications),
            ("approvals", "request_id", [request_id]),
            ("app_requests", "id", [request_id]),
        ):
            for name in names:
                self._db.run(f"DELETE FROM {table} WHERE {column} = :name", name=name)
        for reminder in reminders:
            # Each has a slot for every person who was reminded: all that stands between the colon and what follows it.
            self._db.run(
                "DELETE FROM messages WHERE slot >= :first AND slot < :after",
                first=f"reminder:{reminder}:",
                after=f"reminder:{reminder};",
            )

    def _named(self, query: str, names: Sequence[str]) -> list[str]:
        return [row["name"] for name in names for row in self._db.all(query, of=name)]
