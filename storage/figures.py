"""What monitoring asks of the tables: counts, ages and times; and the two tables that are kept for it alone."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from string import ascii_lowercase

from storage import codec
from storage.database import Database, Row

Spans = Sequence[tuple[datetime, datetime]]
"""From when until when, each."""
Called = tuple[str, str, str]
"""The service, the call's name without anybody's id, and how it ended."""

_APPROVED = (
    "SELECT r.id AS request_id, r.submitted_at AS asked_at, MAX(a.approved_at) AS approved_at"
    " FROM app_requests r JOIN approvals a ON a.request_id = r.id AND a.version = r.version"
    " WHERE r.state IN ('approved', 'provisioning', 'fulfilled', 'failed') AND a.approved_at >= :since"
    " GROUP BY r.id, r.submitted_at"
)
_LAST_SECRETS = "SELECT MAX(ends_at) AS ends_at FROM credentials WHERE state = 'live' GROUP BY application_id"


class Figures:
    """Reads the figures, a few rows each however much is stored, and adds to those that are counted as they happen."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def requests_by_state(self) -> dict[str, int]:
        """Return how many requests are in each state that any is in."""
        rows = self._db.all("SELECT state, COUNT(*) AS n FROM app_requests GROUP BY state")
        return {row["state"]: row["n"] for row in rows}

    def waiting(self) -> tuple[int, datetime | None]:
        """Return how many messages wait to be sent, and since when the oldest does."""
        row = self._db.one("SELECT COUNT(*) AS n, MIN(created_at) AS oldest FROM outbox WHERE state = 'queued'")
        return (row["n"], codec.optional_moment(row["oldest"])) if row else (0, None)

    def decided(self, since: datetime) -> Spans:
        """Return from when until when each request waited that was approved or denied since a moment."""
        at = codec.to_text(since)
        denied = "SELECT submitted_at, state_since FROM app_requests WHERE state = 'denied' AND state_since >= :since"
        return [
            *(_span(row, "asked_at", "approved_at") for row in self._db.all(_APPROVED, since=at)),
            *(_span(row, "submitted_at", "state_since") for row in self._db.all(denied, since=at)),
        ]

    def delivered(self, since: datetime) -> Spans:
        """Return, of requests approved since a moment, from when until when each waited for its link."""
        rows = self._db.all(
            f"SELECT done.approved_at AS approved_at, MIN(o.sent_at) AS sent_at FROM ({_APPROVED}) AS done"
            " JOIN applications p ON p.request_id = done.request_id JOIN links l ON l.application_id = p.id"
            " JOIN outbox o ON o.subject = l.id AND o.kind = 'link' AND o.state = 'sent'"
            " GROUP BY done.request_id, done.approved_at",
            since=codec.to_text(since),
        )
        return [_span(row, "approved_at", "sent_at") for row in rows]

    def applications_ending_before(self, moments: Sequence[datetime]) -> list[int]:
        """Return for each moment how many applications have no secret that is good at it, but had one."""
        # The names of parameters are letters.
        values = {f"before_{letter}": codec.to_text(at) for letter, at in zip(ascii_lowercase, moments, strict=False)}
        sums = ", ".join(f"SUM(CASE WHEN ends_at < :{name} THEN 1 ELSE 0 END) AS {name}" for name in values)
        row = self._db.one(f"SELECT {sums} FROM ({_LAST_SECRETS}) AS lasts", **values)
        return [int(row[name] or 0) for name in values] if row else []

    def applications_with_secrets(self) -> int:
        """Return how many applications have, or had, a secret that was neither replaced nor removed."""
        row = self._db.one(f"SELECT COUNT(*) AS n FROM ({_LAST_SECRETS}) AS lasts")
        return row["n"] if row else 0

    def next_end(self, now: datetime) -> datetime | None:
        """Return when the next application is left without a secret; None when none has one."""
        row = self._db.one(
            f"SELECT MIN(ends_at) AS ends_at FROM ({_LAST_SECRETS}) AS lasts WHERE ends_at >= :now",
            now=codec.to_text(now),
        )
        return codec.optional_moment(row["ends_at"]) if row else None

    def calls(self) -> dict[Called, int]:
        """Return how often each call ended in each way, over all instances."""
        rows = self._db.all("SELECT service, call, outcome, times FROM calls ORDER BY service, call, outcome")
        return {(row["service"], row["call"], row["outcome"]): row["times"] for row in rows}

    def round_runs(self) -> dict[str, datetime]:
        """Return when each round last went well, on whichever instance."""
        rows = self._db.all("SELECT round, succeeded_at FROM round_runs ORDER BY round")
        return {row["round"]: codec.to_moment(row["succeeded_at"]) for row in rows}

    def note(self, calls: Mapping[Called, int], runs: Mapping[str, datetime]) -> None:
        """Add what one instance counted, and when its rounds last went well; the latest of all instances stays."""
        with self._db.transaction():
            for (service, call, outcome), times in calls.items():
                self._db.run(
                    "INSERT INTO calls (service, call, outcome, times) VALUES (:service, :call, :outcome, :times)"
                    " ON CONFLICT (service, call, outcome) DO UPDATE SET times = calls.times + excluded.times",
                    service=service,
                    call=call,
                    outcome=outcome,
                    times=times,
                )
            for name, at in runs.items():
                self._db.run(
                    "INSERT INTO round_runs (round, succeeded_at) VALUES (:round, :at) ON CONFLICT (round) DO UPDATE"
                    " SET succeeded_at = excluded.succeeded_at WHERE round_runs.succeeded_at < excluded.succeeded_at",
                    round=name,
                    at=codec.to_text(at),
                )


def _span(row: Row, began: str, ended: str) -> tuple[datetime, datetime]:
    return codec.to_moment(row[began]), codec.to_moment(row[ended])
