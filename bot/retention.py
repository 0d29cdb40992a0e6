"""What is kept no longer than the policy says: by schedule, in pieces, and never of anything that still lives."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.policy import Policy
from storage import Store

# So many requests are removed in one transaction, so that nobody waits long for a turn to write.
PIECE = 100
BOT = "bot"


@dataclass(frozen=True, kw_only=True)
class Old:
    """How much is older than the policy keeps it."""

    messages: int
    requests: int
    audit_rows: int

    def __bool__(self) -> bool:
        return bool(self.messages or self.requests or self.audit_rows)


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

    def remove_due(self) -> bool:
        """Remove one piece of what is old and record it; return whether there may be more."""
        messages, requests, audit = self._limits()
        more = self._remove(messages, requests)
        if audit:
            self._cut_audit(audit)
        return more

    def _limits(self) -> tuple[datetime | None, datetime | None, datetime | None]:
        policy = self._policy
        kept = (policy.keep_messages_days, policy.keep_requests_days, policy.keep_audit_days)
        messages, requests, audit = (self._now() - timedelta(days=days) if days else None for days in kept)
        return messages, requests, audit

    def _remove(self, messages: datetime | None, requests: datetime | None) -> bool:
        retention = self._store.retention
        # A look first: most days nothing is old, and nobody needs to wait for that.
        over = retention.over(requests, PIECE) if requests else []
        if not over and not (messages and retention.delivered(messages)):
            return False
        with self._store.transaction():
            over = retention.over(requests, PIECE) if requests else []
            for request_id in over:
                retention.remove_request(request_id)
            removed = retention.remove_delivered(messages) if messages else 0
            self._store.audit.add(
                row_name(),
                AuditEvent.RETENTION,
                BOT,
                now=self._now(),
                details={"requests": len(over), "messages": removed},
            )
        return len(over) == PIECE

    def _cut_audit(self, before: datetime) -> None:
        audit = self._store.audit
        if audit.end_of(before) <= audit.head().cut_seq:
            return
        with self._store.transaction():
            up_to = audit.end_of(before)
            removed, last = audit.cut(up_to)
            audit.add(
                row_name(),
                AuditEvent.AUDIT_CUT,
                BOT,
                now=self._now(),
                details={"up_to": up_to, "hash": last, "rows": removed},
            )
