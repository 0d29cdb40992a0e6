"""From approved to application, service principal and one-time link: each step recorded, safe to repeat.

A process may die at any line. What it leaves behind is a lease that runs out, and steps that find what they made:
the application by its uniqueName, the service principal by its appId, the rest in one transaction.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import EntraError, EntraMissing, EntraRefused, EntraUnavailable
from bot.events import AuditEvent
from bot.graph import Entra
from bot.graph.applications import UniqueNameTaken, UniqueNameUnsupported
from bot.identifiers import row_name, short_name
from bot.lifecycle import RequestEvent
from bot.links import Links
from bot.model import ApplicationDraft, EntraApplication
from bot.notices import Notices
from bot.policy import Policy, end_of
from bot.records import Application, AppRequest, Failure, Note, Owner
from storage import Store

log = logging.getLogger(__name__)

MANAGED_TAG = "register-app"
NOT_OURS = "NotOurs"
# Longer than every retry of every call of one provisioning together.
LEASE = timedelta(minutes=5)
# What is kept back between tries while Entra does not answer, by the number of tries so far.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300))
TELL_AFTER_ATTEMPTS = 3
# Where uniqueName is refused, a lost answer can only be found by tag, and that index lags behind.
TAG_INDEX_LAG = timedelta(seconds=60)


def unique_name(request_id: str) -> str:
    """Return the uniqueName under which a request's application is made and found again."""
    return f"{MANAGED_TAG}-{request_id.lower()}"


def request_tag(request_id: str) -> str:
    """Return the tag that names the request on its application."""
    return f"{MANAGED_TAG}:{request_id.lower()}"


class Provisioning:
    """Works on approved requests, one at a time."""

    def __init__(
        self,
        *,
        store: Store,
        entra: Entra,
        links: Links,
        notices: Notices,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._registry = entra.applications
        self._directory = entra.directory
        self._links = links
        self._notices = notices
        self._policy = policy
        self._now = clock
        self._client_id = entra.client_id

    def work_next(self) -> bool:
        """Claim one request and bring it as far as Entra lets it; False when there is nothing to do."""
        lease, now = short_name("lease"), self._now()
        if not self._store.provisioning.is_due(now=now):
            return False
        with self._store.transaction():
            request = self._store.provisioning.claim(lease, now=now, until=now + LEASE)
            if request is None:
                return False
            self._record(AuditEvent.REQUEST_CLAIM, request.id, attempt=request.attempts)
            if request.attempts == 1:
                self._notices.request_changed(request.id)
        try:
            self._provision(request, lease)
        except EntraUnavailable as error:
            self._later(request, lease, error)
        except EntraError as error:
            self._fail(request, lease, error)
        return True

    def _provision(self, request: AppRequest, lease: str) -> None:
        self._secrets_must_be_allowed(request)
        for leftover in self._store.applications.unwanted(now=self._now(), request_id=request.id):
            self._remove(leftover)
        application = self._store.applications.of_request(request.id) or self._application(request)
        if application.service_principal_id is None:
            service_principal_id = self._registry.create_service_principal(application.app_id)
            self._store.applications.set_service_principal(application.id, service_principal_id)
        self._hand_over(request, application, lease)

    def _secrets_must_be_allowed(self, request: AppRequest) -> None:
        """Refuse before anything is made what the tenant's policy, where we may read it, would refuse later."""
        if not self._directory.passwords_allowed():
            raise EntraRefused(
                "The tenant's app management policy allows no client secrets.",
                code="CredentialTypeNotAllowedAsPerAppPolicy",
            )
        limit = self._directory.password_limit()
        now = self._now()
        if limit is not None and end_of(request.form.term, now) > now + limit:
            raise EntraRefused(
                f"The tenant's app management policy allows client secrets of {limit.days} days at most.",
                code="CredentialInvalidLifetimeAsPerAppPolicy",
            )

    def _application(self, request: AppRequest) -> Application:
        """Find the application that an earlier try made, or make it, and write its ids down at once."""
        found = self._find(request)
        if found is not None:
            return self._noted(request, found, AuditEvent.APPLICATION_ADOPT)
        return self._noted(request, self._create(request), AuditEvent.APPLICATION_CREATE)

    def _noted(self, request: AppRequest, made: EntraApplication, event: AuditEvent) -> Application:
        application = Application(
            id=short_name("app"),
            request_id=request.id,
            display_name=made.display_name,
            object_id=made.object_id,
            app_id=made.app_id,
            service_principal_id=None,
            form=request.form,
            owners=request.owners,
            created_at=self._now(),
        )
        with self._store.transaction():
            self._store.applications.add(application)
            self._record(event, request.id, object_id=made.object_id, app_id=made.app_id)
        return self._store.applications.of_request(request.id) or application

    def _find(self, request: AppRequest) -> EntraApplication | None:
        """Return what an earlier try of this request made. A stranger under our name is a refusal."""
        found = self._registry.find(unique_name(request.id))
        if found is None and request.attempts > 1:
            found = next(iter(self._registry.find_by_tag(request_tag(request.id))), None)
        if found is not None and request_tag(request.id) not in found.tags:
            raise EntraRefused(
                f"Another application, {found.object_id}, has the uniqueName {unique_name(request.id)}"
                " without this request's tag. Nothing was changed.",
                code=NOT_OURS,
            )
        return found

    def _create(self, request: AppRequest) -> EntraApplication:
        draft = self.draft(request, unique_name(request.id))
        try:
            return self._registry.create(draft)
        except UniqueNameTaken as error:
            # An answer was lost, or what it made was not replicated when we looked: it is found a little later.
            raise EntraUnavailable(error.message, code=error.code, request_id=error.request_id) from error
        except UniqueNameUnsupported:
            return self._registry.create(self.draft(request, None))

    def draft(self, request: AppRequest, name: str | None) -> ApplicationDraft:
        """Return exactly what will be asked of Entra for a request."""
        form = request.form
        bot = self._directory.own_service_principal(self._client_id)
        return ApplicationDraft(
            display_name=form.display_name,
            audience=form.audience,
            reply_urls=form.reply_urls,
            scopes=form.scopes,
            owner_ids=tuple(dict.fromkeys((bot, *self._owner_ids(request.owners)))),
            tags=(MANAGED_TAG, request_tag(request.id)),
            notes=f"Made by Register App for request {request.id}. {form.justification}"[:1024],
            unique_name=name,
            service_management_reference=self._policy.service_management_reference or None,
        )

    def _owner_ids(self, owners: tuple[Owner, ...]) -> list[str]:
        found = [self._directory.find_person(owner.email) for owner in owners if owner.email]
        return [person.object_id for person in found if person is not None]

    def _hand_over(self, request: AppRequest, application: Application, lease: str) -> None:
        with self._store.transaction():
            if not self._store.provisioning.settle(request.id, lease, RequestEvent.FULFIL, now=self._now()):
                log.warning("The lease on %s was lost; another worker has it.", request.id)
                return
            self._record(AuditEvent.REQUEST_FULFIL, request.id)
            self._links.issue(application, request.requester.person_id, actor="bot")
            self._notices.request_changed(request.id)
            facts = {"app_id": application.app_id, "object_id": application.object_id}
            self._notices.approvers_told(request.id, Note(kind="fulfilled", facts=facts))

    def _later(self, request: AppRequest, lease: str, error: EntraUnavailable) -> None:
        pause = PAUSES[min(request.attempts, len(PAUSES)) - 1]
        if error.effect == "unclear":
            pause = max(pause, TAG_INDEX_LAG)
        pause = max(pause, timedelta(seconds=error.retry_after))
        log.warning("Provisioning of %s waits %s: %s", request.id, pause, error)
        with self._store.transaction():
            given = self._store.provisioning.put_back(request.id, lease, try_at=self._now() + pause)
            if given and request.attempts == TELL_AFTER_ATTEMPTS:
                self._notices.approvers_told(request.id, Note(kind="entra_slow", facts=_facts(error)))

    def _fail(self, request: AppRequest, lease: str, error: EntraError) -> None:
        """Tell the approvers Graph's words, and have what this request made removed again."""
        failure = Failure(code=error.code, message=error.message, request_id=error.request_id)
        application, looked = self._left_behind(request)
        facts = _facts(error) if looked else {**_facts(error), "look_for": unique_name(request.id)}
        with self._store.transaction():
            if not self._store.provisioning.settle(
                request.id, lease, RequestEvent.FAIL, now=self._now(), failure=failure
            ):
                return
            self._record(AuditEvent.REQUEST_FAIL, request.id, code=error.code, entra_request=error.request_id)
            if application is not None and self._store.applications.disown(application.id, now=self._now()):
                self._record(AuditEvent.APPLICATION_UNWANTED, request.id, object_id=application.object_id)
            self._notices.request_changed(request.id)
            self._notices.approvers_told(request.id, Note(kind="failed", facts=facts))

    def _left_behind(self, request: AppRequest) -> tuple[Application | None, bool]:
        """Return what this request made, also where the answer was lost, and whether Entra could be asked."""
        known = self._store.applications.of_request(request.id)
        # A first try that is refused has made nothing: its creation would have been written down.
        if known is not None or request.attempts == 1:
            return known, True
        try:
            found = self._find(request)
        except EntraError as error:
            # A stranger under our name is an answer too: nothing of ours is there.
            return None, error.code == NOT_OURS
        return (self._noted(request, found, AuditEvent.APPLICATION_ADOPT) if found else None), True

    def remove_unwanted(self) -> int:
        """Remove what failed requests left in Entra; return how many are gone."""
        return sum(self._try_removal(leftover) for leftover in self._store.applications.unwanted(now=self._now()))

    def _try_removal(self, application: Application) -> bool:
        try:
            self._remove(application)
        except EntraError as error:
            log.warning("Removing application %s failed: %s", application.object_id, error)
            with self._store.transaction():
                self._store.applications.try_removal_at(application.id, self._now() + timedelta(hours=1))
                facts = {"object_id": application.object_id, **_facts(error)}
                self._notices.approvers_told(application.request_id, Note(kind="not_removed", facts=facts))
            return False
        return True

    def _remove(self, application: Application) -> None:
        try:
            self._registry.delete_permanently(application.object_id)
        except EntraMissing:
            log.info("Application %s was gone already.", application.object_id)
        with self._store.transaction():
            if self._store.applications.removed(application.id, now=self._now()):
                self._record(AuditEvent.APPLICATION_REMOVE, application.request_id, object_id=application.object_id)
                facts = {"object_id": application.object_id}
                self._notices.approvers_told(application.request_id, Note(kind="removed", facts=facts))

    def _record(self, event: AuditEvent, request_id: str, **details: str | int) -> None:
        self._store.audit.add(row_name(), event, "bot", now=self._now(), request_id=request_id, details=details)


def _facts(error: EntraError) -> dict[str, str]:
    return {"code": error.code or str(error.status), "message": error.message, "request_id": error.request_id}
