"""What monitoring asks of the tables: counts, ages and times; and the two tables that are kept for it alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_lowercase

from bot.lifecycle import RequestState
from storage import codec
from storage.database import Database, Row

Spans = Sequence[tuple[datetime, datetime]]
"""From when until when, each."""
Called = tuple[str, str, str]
"""The service, the call's name without anybody's id, and how it ended."""
_R = RequestState


def _only(*states: RequestState) -> str:
    """Return the condition for some states, told by what they are not.

    Told by what they are, SQLite would read all that were ever in them, and not what is new.
    """
    others = ", ".join(f"'{state.value}'" for state in RequestState if state not in states)
    return f"NOT IN ({others})"


# What is new is found first, and the rest by its names: SQLite keeps the order of a CROSS JOIN (SQLite, "The SQLite
# Query Optimizer Overview").
_APPROVED = (
    "SELECT r.id AS request_id, r.submitted_at AS asked_at, MAX(a.approved_at) AS approved_at"
    " FROM approvals a CROSS JOIN app_requests r WHERE r.id = a.request_id AND r.version = a.version"
    f" AND r.state {_only(_R.APPROVED, _R.PROVISIONING, _R.FULFILLED, _R.FAILED)} AND a.approved_at >= :since"
    " GROUP BY r.id, r.submitted_at"
)
_DENIED = (
    "SELECT submitted_at AS asked_at, state_since AS denied_at FROM app_requests"
    f" WHERE state_since >= :since AND state {_only(_R.DENIED)}"
)
_DELIVERED = (
    f"SELECT done.approved_at AS approved_at, MIN(o.sent_at) AS sent_at FROM ({_APPROVED}) AS done"
    " CROSS JOIN applications p CROSS JOIN links l CROSS JOIN outbox o WHERE p.request_id = done.request_id"
    " AND l.application_id = p.id AND o.subject = l.id AND o.kind = 'link' AND o.state = 'sent'"
    " GROUP BY done.request_id, done.approved_at"
)
_LAST_SECRETS = "SELECT MAX(ends_at) AS ends_at FROM credentials WHERE state = 'live' GROUP BY application_id"


@dataclass(frozen=True, kw_only=True)
class LastSecrets:
    """Applications by when their last secret ends; one whose secrets were all replaced or removed is none."""

    applications: int
    ended_before: Sequence[int]
    """For each moment that was asked for, how many have no secret that is good at it."""
    next_end: datetime | None
    """When the next one is left without a secret."""


class Figures:
    """Reads the figures, and adds to those that are counted as they happen.

    What is asked about a window reads what is new; what is asked about everything counts in an index.
    """

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
        return [
            *(_span(row, "asked_at", "approved_at") for row in self._db.all(_APPROVED, since=at)),
            *(_span(row, "asked_at", "denied_at") for row in self._db.all(_DENIED, since=at)),
        ]

    def delivered(self, since: datetime) -> Spans:
        """Return, of requests approved since a moment, from when until when each waited for its link.

        It is told by the messages that were sent, for as long as these are kept.
        """
        rows = self._db.all(_DELIVERED, since=codec.to_text(since))
        return [_span(row, "approved_at", "sent_at") for row in rows]

    def last_secrets(self, now: datetime, moments: Sequence[datetime]) -> LastSecrets:
        """Return how applications stand by their last secrets, at `now` and at other moments."""
        # The names of parameters are letters.
        values = {f"before_{letter}": codec.to_text(at) for letter, at in zip(ascii_lowercase, moments, strict=False)}
        sums = "".join(f", SUM(CASE WHEN ends_at < :{name} THEN 1 ELSE 0 END) AS {name}" for name in values)
        row = self._db.one(
            "SELECT COUNT(*) AS applications, MIN(CASE WHEN ends_at >= :now THEN ends_at END) AS next_end"
            f"{sums} FROM ({_LAST_SECRETS}) AS lasts",
            now=codec.to_text(now),
            **values,
        )
        found: Row = row or {}
        return LastSecrets(
            applications=found.get("applications", 0),
            ended_before=[int(found.get(name) or 0) for name in values],
            next_end=codec.optional_moment(found.get("next_end")),
        )

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
