"""From a submitted form to a decision: submit, change, withdraw, approve, deny, retry, remind, lapse.

Every method decides in one transaction with its audit row and its messages. Who changes no row lost the race and
is told what happened instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from bot.errors import AlreadySettled, EntraError, NotAllowed, NotFound
from bot.events import AuditEvent
from bot.graph.applications import Applications
from bot.identifiers import request_name, row_name
from bot.lifecycle import RequestEvent, RequestState
from bot.model import Person
from bot.notices import Notices
from bot.policy import Policy, may_ask, may_decide, term_fault
from bot.records import AppRequest, Note, Owner, RequestForm
from storage import Store


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """What a click on Approve came to: who has approved so far, and how many it takes."""

    approvers: tuple[str, ...]
    quorum: int

    @property
    def complete(self) -> bool:
        """Whether the request is approved."""
        return len(self.approvers) >= self.quorum


class Approvals:
    """The decisions about requests."""

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

    def submit(self, form_id: str, requester: Person, form: RequestForm) -> AppRequest:
        """Make a request of a form; the same form submitted again is the same request, changed where it differs.

        Slack leaves a form open when the answer to its submission got lost, so that it can be corrected and sent
        once more. Raises NotAllowed, AlreadySettled.
        """
        self._must_be_allowed(requester)
        now = self._now()
        request = AppRequest(
            id=request_name(),
            form_id=form_id,
            state=RequestState.PENDING,
            version=1,
            requester=Owner(person_id=requester.id, name=requester.name, email=requester.email),
            form=form,
            submitted_at=now,
            state_since=now,
        )
        with self._store.transaction():
            if self._store.requests.add(request):
                self._record(AuditEvent.REQUEST_SUBMIT, requester.id, request.id, version=1)
                self._notices.request_changed(request.id)
                return request
        return self._submitted_again(self._store.requests.by_form(form_id) or request, requester, form)

    def _submitted_again(self, known: AppRequest, person: Person, form: RequestForm) -> AppRequest:
        if known.form == form:
            return known
        try:
            return self.change(known.id, known.version, person, form)
        except AlreadySettled as settled:
            words = "What you changed since was not taken; `/register-app` asks for something new."
            raise AlreadySettled(f"{settled} {words}") from settled

    def change(self, request_id: str, version: int, person: Person, form: RequestForm) -> AppRequest:
        """Replace what a pending request asks for; approvals given to the old version count no more.

        Raises NotAllowed, NotFound, AlreadySettled.
        """
        request = self.own_pending(request_id, person)
        voided = self._store.requests.approvers_of(request_id, version)
        with self._store.transaction():
            if not self._store.requests.change(request_id, version, form, now=self._now()):
                self._too_late(request_id)
            self._record(AuditEvent.REQUEST_CHANGE, person.id, request_id, version=version + 1)
            self._notices.request_changed(request_id)
            self._notices.approvers_told(
                request_id, Note(kind="changed", facts={"person": person.id, "voided": " ".join(voided)})
            )
        return self._store.requests.get(request_id) or request

    def own_pending(self, request_id: str, person: Person) -> AppRequest:
        """Return a person's own pending request. Raises NotAllowed, NotFound, AlreadySettled."""
        self._must_be_allowed(person)
        request = self._get(request_id)
        if request.requester.person_id != person.id:
            raise NotAllowed("Only the person who made this request can change or withdraw it.")
        if request.state is not RequestState.PENDING:
            self._too_late(request_id)
        return request

    def withdraw(self, request_id: str, person: Person) -> None:
        """Take back a pending request. Raises NotAllowed, NotFound, AlreadySettled."""
        self.own_pending(request_id, person)
        with self._store.transaction():
            self._move(request_id, RequestEvent.WITHDRAW, AuditEvent.REQUEST_WITHDRAW, by=person.id)
            self._notices.approvers_told(request_id, Note(kind="withdrawn", facts={"person": person.id}))

    def decidable(self, request_id: str, version: int, person: Person, *, is_approver: bool) -> AppRequest:
        """Return the request if this person may decide on this version of it now.

        Raises NotAllowed, NotFound, AlreadySettled.
        """
        request = self._get(request_id)
        verdict = may_decide(person, is_approver=is_approver, request=request)
        if not verdict:
            raise NotAllowed(verdict.reason)
        return self.undecided(request_id, version)

    def undecided(self, request_id: str, version: int) -> AppRequest:
        """Return the request if this version of it still waits for a decision. Raises NotFound, AlreadySettled."""
        request = self._get(request_id)
        if request.state is not RequestState.PENDING:
            self._too_late(request_id)
        if request.version != version:
            raise AlreadySettled(
                f"{request_id} was changed by its requester after this message was drawn."
                " Please read the new version first."
            )
        return request

    def approve(self, request_id: str, version: int, person: Person, *, is_approver: bool) -> Agreement:
        """Add one approver's yes; the quorum approves. Raises NotAllowed, NotFound, AlreadySettled."""
        request = self.decidable(request_id, version, person, is_approver=is_approver)
        self._term_must_hold(request, "Deny this with that reason, or ask the requester to change it.")
        with self._store.transaction():
            if not self._store.requests.agree(request_id, version, person.id, now=self._now()):
                # A denial or a change in between makes this approval a vain one, and says so itself.
                self.decidable(request_id, version, person, is_approver=is_approver)
                raise AlreadySettled("You approved this already; another approver has to agree as well.")
            agreement = Agreement(
                approvers=self._store.requests.approvers_of(request_id, version), quorum=self._policy.quorum
            )
            self._record(AuditEvent.REQUEST_AGREE, person.id, request_id, version=version)
            if agreement.complete:
                self._move(request_id, RequestEvent.APPROVE, AuditEvent.REQUEST_APPROVE, by=person.id, version=version)
                self._notices.approvers_told(
                    request_id, Note(kind="approved", facts={"people": " ".join(agreement.approvers)})
                )
            else:
                self._notices.request_changed(request_id)
        return agreement

    def deny(self, request_id: str, version: int, person: Person, *, is_approver: bool, reason: str) -> None:
        """Deny a pending request with a reason. Raises NotAllowed, NotFound, AlreadySettled."""
        self.decidable(request_id, version, person, is_approver=is_approver)
        with self._store.transaction():
            self._move(
                request_id,
                RequestEvent.DENY,
                AuditEvent.REQUEST_DENY,
                by=person.id,
                version=version,
                reason=reason,
            )
            self._notices.approvers_told(request_id, Note(kind="denied", facts={"person": person.id, "reason": reason}))

    def retry(self, request_id: str, person: Person, *, is_approver: bool) -> None:
        """Have a failed request made again as it was approved. Raises NotAllowed, NotFound, AlreadySettled."""
        request = self._get(request_id)
        if not is_approver or not may_ask(person):
            raise NotAllowed("Only the configured approvers may retry this.")
        if request.state is not RequestState.FAILED:
            self._too_late(request_id)
        self._term_must_hold(request, f"Ask <@{request.requester.person_id}> to use `/register-app` for a new request.")
        with self._store.transaction():
            self._move(request_id, RequestEvent.RETRY, AuditEvent.REQUEST_RETRY, by=person.id)
            self._notices.approvers_told(request_id, Note(kind="retried", facts={"person": person.id}))

    def assess_next(self) -> bool:
        """Look at what surrounds the oldest new request in Entra, and show it to the approvers; False when idle."""
        request = self._store.requests.to_assess()
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

    def remind_approvers(self) -> int:
        """Remind the channel once of each request that waits too long; return how many were reminded of or lapsed."""
        # After a long silence of the bot's own, what is over is not recalled as if it were still waiting.
        lapsed = self.lapse()
        since = self._now() - timedelta(hours=self._policy.remind_approvers_after_hours)
        return lapsed + sum(self._remind(request) for request in self._store.requests.unreminded_since(since))

    def _remind(self, request: AppRequest) -> bool:
        with self._store.transaction():
            if not self._store.requests.mark_reminded(request.id, now=self._now()):
                return False
            since = self._store.requests.waiting_since(request.id) or request.submitted_at
            lapses_at = since + timedelta(hours=self._policy.lapse_after_hours)
            hours = max(1, round((lapses_at - self._now()).total_seconds() / 3600))
            facts = {"hours": str(hours), "requester": request.requester.person_id}
            self._notices.approvers_told(request.id, Note(kind="waiting", facts=facts))
            self._notices.person_told(
                request.requester.person_id, Note(kind="still_waiting", facts={"request": request.id, **facts})
            )
        return True

    def lapse(self) -> int:
        """End the requests that nobody decided on in time; return how many."""
        since = self._now() - timedelta(hours=self._policy.lapse_after_hours)
        return sum(self._lapse(request) for request in self._store.requests.pending_since(since))

    def _lapse(self, request: AppRequest) -> bool:
        with self._store.transaction():
            if not self._store.requests.move(request.id, RequestEvent.LAPSE, now=self._now(), version=request.version):
                return False
            self._record(AuditEvent.REQUEST_LAPSE, "bot", request.id, version=request.version)
            self._notices.request_changed(request.id)
            self._notices.approvers_told(request.id, Note(kind="lapsed"))
            self._notices.person_told(
                request.requester.person_id, Note(kind="your_request_lapsed", facts={"request": request.id})
            )
        return True

    def _move(
        self,
        request_id: str,
        event: RequestEvent,
        audit: AuditEvent,
        *,
        by: str,
        version: int | None = None,
        reason: str | None = None,
    ) -> None:
        if not self._store.requests.move(request_id, event, now=self._now(), version=version, by=by, reason=reason):
            self._too_late(request_id)
        self._record(audit, by, request_id, **({"reason": reason} if reason else {}))
        self._notices.request_changed(request_id)

    def _get(self, request_id: str) -> AppRequest:
        request = self._store.requests.get(request_id)
        if request is None:
            raise NotFound(f"There is no request {request_id}. `/register-app list` shows yours.")
        return request

    def _too_late(self, request_id: str) -> NoReturn:
        raise AlreadySettled(what_happened(self._get(request_id)))

    def _term_must_hold(self, request: AppRequest, way_out: str) -> None:
        if request.form.term.last_day and term_fault(request.form.term, self._policy, self._now()):
            raise AlreadySettled(
                f"The secret asked for would end on {request.form.term.last_day.isoformat()}, which is too"
                f" close or past by now. {way_out}"
            )

    def _must_be_allowed(self, person: Person) -> None:
        verdict = may_ask(person)
        if not verdict:
            raise NotAllowed(verdict.reason)

    def _record(self, event: AuditEvent, actor: str, request_id: str, **details: str | int) -> None:
        self._store.audit.add(row_name(), event, actor, now=self._now(), request_id=request_id, details=details)


def what_happened(request: AppRequest) -> str:
    """Return what became of a request, for somebody who came too late."""
    by = f" by <@{request.settled_by}>" if request.settled_by else ""
    when = f" on {request.state_since:%d %B %Y at %H:%M} UTC"
    words = {
        RequestState.PENDING: "is pending again: it was changed a moment ago",
        RequestState.APPROVED: f"was approved{by}{when}",
        RequestState.PROVISIONING: f"was approved{by} and is being made in Entra",
        RequestState.FULFILLED: f"was approved{by}, and the application was made{when}",
        RequestState.DENIED: f"was denied{by}{when}",
        RequestState.WITHDRAWN: f"was withdrawn{by}{when}",
        RequestState.LAPSED: f"lapsed{when} because nobody decided in time",
        RequestState.FAILED: f"was approved{by}, but could not be made",
    }
    return f"{request.id} {words[request.state]}."
