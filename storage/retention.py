"""What is old enough to go: messages that were delivered, and requests that are over with all that came of them."""

from datetime import datetime

from storage import codec
from storage.database import Database

_DELIVERED = "state IN ('sent', 'undeliverable') AND sent_at < :before"

# A request is over when nothing of it can happen any more: it was not approved and left nothing in Entra, or no
# secret of its application is good or was good lately, and no link can make another.
_OVER = (
    "state_since < :before AND state IN ('denied', 'withdrawn', 'lapsed', 'failed', 'fulfilled')"
    " AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.request_id = app_requests.id AND a.removed_at IS NULL"
    " AND (a.wanted = 0"
    " OR EXISTS (SELECT 1 FROM links l WHERE l.application_id = a.id"
    " AND (l.stage IN ('open', 'minting') OR l.issued_at >= :before OR l.sweeps_left > 0))"
    " OR EXISTS (SELECT 1 FROM credentials c WHERE c.application_id = a.id AND c.ends_at >= :before)))"
)
_ITS_APPLICATIONS = "SELECT id FROM applications WHERE request_id = :id"
_ITS_LINKS = f"SELECT id FROM links WHERE application_id IN ({_ITS_APPLICATIONS})"
_ITS_SECRETS = f"SELECT key_id FROM credentials WHERE application_id IN ({_ITS_APPLICATIONS})"
# What refers to other rows goes before them.
_REMOVALS = (
    "DELETE FROM messages WHERE slot = 'card:' || CAST(:id AS TEXT) OR slot = 'request_dm:' || CAST(:id AS TEXT)",
    f"DELETE FROM messages WHERE slot IN (SELECT 'link:' || id FROM links WHERE id IN ({_ITS_LINKS}))",
    "DELETE FROM messages WHERE EXISTS (SELECT 1 FROM reminders r"  # noqa: ISC004 - one statement over two lines
    f" WHERE r.key_id IN ({_ITS_SECRETS}) AND messages.slot LIKE 'reminder:' || r.id || ':%')",
    f"DELETE FROM reminders WHERE key_id IN ({_ITS_SECRETS})",
    f"DELETE FROM credentials WHERE application_id IN ({_ITS_APPLICATIONS})",
    f"DELETE FROM onlookers WHERE link_id IN ({_ITS_LINKS})",
    f"DELETE FROM links WHERE application_id IN ({_ITS_APPLICATIONS})",
    "DELETE FROM applications WHERE request_id = :id",
    "DELETE FROM approvals WHERE request_id = :id",
    "DELETE FROM app_requests WHERE id = :id",
)


class Retention:
    """Counts and removes what is older than a moment; the audit removes its own old end."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def delivered(self, before: datetime) -> int:
        """Return how many messages were delivered, or given up, before a moment."""
        row = self._db.one(f"SELECT COUNT(*) AS n FROM outbox WHERE {_DELIVERED}", before=codec.to_text(before))
        return row["n"] if row else 0

    def remove_delivered(self, before: datetime) -> int:
        """Remove those messages from the outbox; where they stand in Slack stays known."""
        return self._db.run(f"DELETE FROM outbox WHERE {_DELIVERED}", before=codec.to_text(before))

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

    def remove_request(self, request_id: str) -> None:
        """Remove a request with its application, links, secrets' dates, reminders and messages from what is kept here.

        Nothing is touched in Entra or in Slack.
        """
        for statement in _REMOVALS:
            self._db.run(statement, id=request_id)
