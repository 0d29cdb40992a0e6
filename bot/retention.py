"""What is kept no longer than the policy says: by schedule, in pieces, and never of anything that still lives."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, Self

from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.policy import Policy
from storage import Store

# So much is removed in one transaction, so that nobody waits long for a turn to write.
REQUESTS, ROWS, AUDIT_ROWS = 20, 500, 2000
BOT = "bot"


@dataclass(frozen=True, kw_only=True)
class Old:
    """How much is older than the policy keeps it."""

    messages: int = 0
    requests: int = 0
    audit_rows: int = 0

    @property
    def total(self) -> int:
        """How much that is of all kinds."""
        return self.messages + self.requests + self.audit_rows

    def __bool__(self) -> bool:
        return bool(self.total)

    def __add__(self, other: Self) -> "Old":
        return Old(
            messages=self.messages + other.messages,
            requests=self.requests + other.requests,
            audit_rows=self.audit_rows + other.audit_rows,
        )


class Retention:
    """Removes what is old. A policy of 0 days keeps that kind for ever."""

    def __init__(self, store: Store, policy: Policy, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._policy = policy
        self._now = clock

    def due(self) -> Old:
        """Return what `remove_due` would remove, and change nothing."""
        messages, requests, audit = self._limits()
        retention = self._store.retention
        return Old(
            messages=retention.delivered(messages) if messages else 0,
            requests=retention.count_over(requests) if requests else 0,
            audit_rows=max(0, self._store.audit.end_of(audit) - self._store.audit.head().cut_seq) if audit else 0,
        )

    def remove_due(self) -> Old:
        """Remove one piece of what is old and record it; return what it was, nothing when nothing is old any more."""
        kinds = (self._remove_messages, self._remove_requests, self._cut_audit)
        for before, remove in zip(self._limits(), kinds, strict=True):
            removed = remove(before) if before else Old()
            if removed:
                return removed
        return Old()

    def remove_all(self, tell: Callable[[int], None] = lambda _: None) -> Old:
        """Remove everything that is due, and return what was removed here; `tell` hears of so much as it goes."""
        removed = Old()
        while piece := self.remove_due():
            removed += piece
            tell(piece.total)
        return removed

    def _limits(self) -> tuple[datetime | None, datetime | None, datetime | None]:
        policy = self._policy
        kept = (policy.keep_messages_days, policy.keep_requests_days, policy.keep_audit_days)
        messages, requests, audit = (self._now() - timedelta(days=days) if days else None for days in kept)
        return messages, requests, audit

    # Each looks first, because most days nothing is old and nobody needs to wait for that; and looks again in its
    # turn to write, because another instance walks the same round at the same hour.

    def _remove_messages(self, before: datetime) -> Old:
        retention = self._store.retention
        while retention.any_delivered(before):
            removed = self._recorded("messages", partial(retention.remove_delivered, before, ROWS))
            if removed:
                return removed
        return Old()

    def _remove_requests(self, before: datetime) -> Old:
        retention = self._store.retention
        while over := retention.over(before, REQUESTS):
            removed = self._recorded("requests", partial(retention.remove_requests, over, before))
            if removed:
                return removed
        return Old()

    def _recorded(self, kind: Literal["messages", "requests"], remove: Callable[[], int]) -> Old:
        with self._store.transaction():
            removed = Old(**{kind: remove()})
            if removed:
                details = {"requests": removed.requests, "messages": removed.messages}
                self._store.audit.add(row_name(), AuditEvent.RETENTION, BOT, now=self._now(), details=details)
        return removed

    def _cut_audit(self, before: datetime) -> Old:
        audit = self._store.audit
        if audit.end_of(before, within=AUDIT_ROWS) <= audit.head().cut_seq:
            return Old()
        with self._store.transaction():
            up_to = audit.end_of(before, within=AUDIT_ROWS)
            removed, last = audit.cut(up_to)
            if removed:
                details: dict[str, str | int | bool] = {"up_to": up_to, "hash": last, "rows": removed}
                audit.add(row_name(), AuditEvent.AUDIT_CUT, BOT, now=self._now(), details=details)
        return Old(audit_rows=removed)
