"""From a submitted form to a decision: submit, change, withdraw, approve, deny, retry.

Every method decides in one transaction with its audit row and its messages. Who changes no row lost the race and
is told what happened instead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from bot.errors import AlreadySettled, NotAllowed, NotFound
from bot.events import AuditEvent
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
    ) -> None:
        self._store = store
        self._notices = notices
        self._policy = policy
        self._now = clock

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
            # In the same transaction, so that a copy of this delivery is not taken for one that had its effect.
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
