"""A request that waits for a decision: its surroundings are looked at, its approvers reminded once, and it lapses.

Each call does one piece and says whether there may be more.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import EntraError
from bot.events import AuditEvent
from bot.graph.applications import Applications
from bot.identifiers import row_name, short_name
from bot.lifecycle import RequestEvent
from bot.notices import Notices
from bot.policy import Policy
from bot.records import AppRequest, Note
from storage import Store

# Longer than one look at Entra with all its retries may take.
LEASE = timedelta(minutes=5)


class Waiting:
    """What becomes of pending requests while nobody decides."""

    def __init__(
        self,
        store: Store,
        notices: Notices,
        policy: Policy,
        clock: Callable[[], datetime],
        applications: Applications,
    ) -> None:
        self._store = store
        self._notices = notices
        self._policy = policy
        self._now = clock
        self._applications = applications

    def assess_next(self) -> bool:
        """Look at what surrounds the oldest new request in Entra, and show it to the approvers; False when idle."""
        now = self._now()
        request = self._store.requests.claim_assessment(short_name("lease"), now=now, until=now + LEASE)
        if request is None:
            return False
        taken = self._name_is_taken(request.form.display_name)
        with self._store.transaction():
            if self._store.requests.assess(request.id, request.version, name_is_taken=taken):
                self._notices.request_changed(request.id)
        return True

    def _name_is_taken(self, name: str) -> bool | None:
        """None when Entra could not be asked: the approvers are told so, and nobody waits for it."""
        try:
            return self._applications.display_name_taken(name)
        except EntraError:
            return None

    def remind_approvers(self) -> bool:
        """Remind the channel once of the oldest request that waits too long; False when there is none."""
        # After a long silence of the bot's own, what is over is not recalled as if it were still waiting.
        if self.lapse():
            return True
        since = self._now() - timedelta(hours=self._policy.remind_approvers_after_hours)
        request = self._store.requests.next_unreminded(since)
        if request is not None:
            self._remind(request)
        return request is not None

    def _remind(self, request: AppRequest) -> None:
        with self._store.transaction():
            if not self._store.requests.mark_reminded(request.id, now=self._now()):
                return
            since = self._store.requests.waiting_since(request.id) or request.submitted_at
            lapses_at = since + timedelta(hours=self._policy.lapse_after_hours)
            hours = max(1, round((lapses_at - self._now()).total_seconds() / 3600))
            facts = {"hours": str(hours), "requester": request.requester.person_id}
            self._notices.approvers_told(request.id, Note(kind="waiting", facts=facts))
            self._notices.person_told(
                request.requester.person_id, Note(kind="still_waiting", facts={"request": request.id, **facts})
            )

    def lapse(self) -> bool:
        """End the oldest request that nobody decided on in time; False when there is none."""
        request = self._store.requests.next_pending(self._now() - timedelta(hours=self._policy.lapse_after_hours))
        if request is not None:
            self._lapse(request)
        return request is not None

    def _lapse(self, request: AppRequest) -> None:
        now = self._now()
        with self._store.transaction():
            if not self._store.requests.move(request.id, RequestEvent.LAPSE, now=now, version=request.version):
                return
            details = {"version": request.version}
            self._store.audit.add(
                row_name(), AuditEvent.REQUEST_LAPSE, "bot", now=now, request_id=request.id, details=details
            )
            self._notices.request_changed(request.id)
            self._notices.approvers_told(request.id, Note(kind="lapsed"))
            self._notices.person_told(
                request.requester.person_id, Note(kind="your_request_lapsed", facts={"request": request.id})
            )
