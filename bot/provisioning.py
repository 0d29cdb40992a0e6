"""From approved to application, service principal and one-time link: each step recorded, safe to repeat.

A process may die at any line. What it leaves behind is a lease that runs out, and steps that find what they made:
the application by its uniqueName or its tag, the service principal by its appId, the rest in one transaction.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.drafting import unique_name
from bot.errors import EntraError, EntraRefused, EntraUnavailable, EntraUnintelligible, EntraUnknownYet
from bot.events import AuditEvent
from bot.graph import Entra
from bot.graph.applications import UniqueNameTaken
from bot.identifiers import row_name, short_name
from bot.leftovers import Leftovers
from bot.lifecycle import RequestEvent
from bot.links import Links
from bot.making import LEASE, LeaseLost, Making
from bot.notices import Notices
from bot.obstacles import explained, unforeseen
from bot.policy import Policy, end_of
from bot.records import Application, AppRequest, Failure, Note
from storage import Store

log = logging.getLogger(__name__)

# What is kept back between tries while Entra does not answer, by the number of tries so far.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (15, 30, 60, 120, 300))
TELL_AFTER_ATTEMPTS = 3
# Where uniqueName is refused, a lost answer can only be found by tag, and that index lags behind.
TAG_INDEX_LAG = timedelta(seconds=60)
# Replication takes minutes at its worst; what still looks like it after so long is something else.
STUCK_FOR = timedelta(minutes=15)


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
        self._making = Making(store, entra, policy, clock)
        self._links = links
        self._notices = notices
        self._now = clock
        self.leftovers = Leftovers(store, entra.applications, notices, clock)

    def work_next(self) -> bool:
        """Claim one request and bring it as far as Entra lets it; False when there is nothing to do."""
        lease, now = short_name("lease"), self._now()
        claimed = self._store.provisioning.claim(lease, now=now, until=now + LEASE)
        if claimed is None:
            return False
        try:
            self._try(self._begun(claimed, lease), lease)
        except LeaseLost:
            log.warning("The lease on %s was lost; another worker has it.", claimed.id)
        return True

    def _begun(self, claimed: AppRequest, lease: str) -> AppRequest:
        """Write down that a try begins; the claim itself did not wait for its turn to write."""
        with self._store.transaction():
            request = self._store.provisioning.begin(claimed.id, lease)
            if request is None:
                raise LeaseLost
            self._record(AuditEvent.REQUEST_CLAIM, request.id, attempt=request.attempts)
            if request.attempts == 1:
                self._notices.request_changed(request.id)
        return request

    def _try(self, request: AppRequest, lease: str) -> None:
        try:
            self._provision(request, lease)
        except LeaseLost:
            raise
        except (UniqueNameTaken, EntraUnknownYet, EntraUnintelligible) as error:
            self._stuck(request, lease, error)
        except EntraUnavailable as error:
            self._later(request, lease, error)
        except EntraError as error:
            self._fail(request, lease, error)
        except Exception as error:
            # Whatever nobody foresaw: without this it would be met again at every try, and nobody be told.
            log.exception("Provisioning of %s met what it was not made for.", request.id)
            self._stuck(request, lease, unforeseen(error, request.id))

    def _provision(self, request: AppRequest, lease: str) -> None:
        self._secrets_must_be_allowed(request)
        self.leftovers.remove_of(request.id)
        application = self._store.applications.of_request(request.id) or self._making.application(request, lease)
        if application.service_principal_id is None:
            self._making.hold(request, lease)
            service_principal_id = self._registry.create_service_principal(application.app_id)
            self._store.applications.set_service_principal(application.id, service_principal_id)
        self._hand_over(request, application, lease)

    def _secrets_must_be_allowed(self, request: AppRequest) -> None:
        """Refuse before anything is made what the tenant's policy, where we may read it, would refuse later."""
        rules, now = self._directory.password_rules(), self._now()
        if not rules.allowed:
            raise EntraRefused(
                "The tenant's app management policy allows no client secrets.",
                code="CredentialTypeNotAllowedAsPerAppPolicy",
            )
        if rules.longest is not None and end_of(request.form.term, now) > now + rules.longest:
            raise EntraRefused(
                f"The tenant's app management policy allows client secrets of {rules.longest.days} days at most.",
                code="CredentialInvalidLifetimeAsPerAppPolicy",
            )

    def _hand_over(self, request: AppRequest, application: Application, lease: str) -> None:
        with self._store.transaction():
            if not self._store.provisioning.settle(request.id, lease, RequestEvent.FULFIL, now=self._now()):
                raise LeaseLost
            self._record(AuditEvent.REQUEST_FULFIL, request.id, application)
            self._links.issue(application, request.requester.person_id, actor="bot")
            self._notices.request_changed(request.id)
            self._notices.approvers_told(request.id, Note(kind="fulfilled", facts=self._made(request, application)))

    def _made(self, claimed: AppRequest, application: Application) -> dict[str, str]:
        """What approvers are told of a made application."""
        # Read anew: who could not be made an owner was found out since the claim.
        request = self._store.requests.get(claimed.id) or claimed
        return {
            "app_id": application.app_id,
            "object_id": application.object_id,
            "no_email": " ".join(request.owners_without_email),
            "no_user": " ".join(request.owners_without_user),
        }

    def _stuck(self, request: AppRequest, lease: str, error: EntraError) -> None:
        """Wait while this may still be replication, or pass by itself; after that a person has to do something."""
        since = request.stuck_since or self._now()
        if self._now() - since < STUCK_FOR:
            self._later(request, lease, error, stuck_since=since)
        else:
            made = self._store.applications.of_request(request.id)
            self._fail(request, lease, explained(error, request.id, made.object_id if made else ""))

    def _later(
        self, request: AppRequest, lease: str, error: EntraError, *, stuck_since: datetime | None = None
    ) -> None:
        pause = _pause(request, error)
        log.warning("Provisioning of %s waits %s: %s", request.id, pause, error)
        with self._store.transaction():
            try_at = self._now() + pause
            if not self._store.provisioning.put_back(request.id, lease, try_at=try_at, stuck_since=stuck_since):
                raise LeaseLost
            late = request.attempts >= TELL_AFTER_ATTEMPTS
            if late and self._store.provisioning.tell_slow(request.id):
                self._notices.approvers_told(request.id, Note(kind="entra_slow", facts=error.facts))

    def _fail(self, request: AppRequest, lease: str, error: EntraError) -> None:
        """Tell the approvers Graph's words, and have what this request made removed again."""
        failure = Failure(code=error.code, message=error.message, request_id=error.request_id)
        application, looked = self._making.left_behind(request, lease)
        facts = error.facts if looked else {**error.facts, "look_for": unique_name(request.id)}
        with self._store.transaction():
            if not self._store.provisioning.settle(
                request.id, lease, RequestEvent.FAIL, now=self._now(), failure=failure
            ):
                raise LeaseLost
            self._record(AuditEvent.REQUEST_FAIL, request.id, code=error.code, entra_request=error.request_id)
            if application is not None and self._store.applications.disown(application.id, now=self._now()):
                self._record(AuditEvent.APPLICATION_UNWANTED, request.id, application, object_id=application.object_id)
            self._notices.request_changed(request.id)
            self._notices.approvers_told(request.id, Note(kind="failed", facts=facts))

    def _record(
        self, event: AuditEvent, request_id: str, application: Application | None = None, **details: str | int
    ) -> None:
        self._store.audit.add(
            row_name(),
            event,
            "bot",
            now=self._now(),
            request_id=request_id,
            application_id=application.id if application else None,
            details=details,
        )


def _pause(request: AppRequest, error: EntraError) -> timedelta:
    """Return how long to wait before the next try."""
    pause = PAUSES[min(request.attempts, len(PAUSES)) - 1]
    if not isinstance(error, EntraUnavailable):
        return pause
    lag = TAG_INDEX_LAG if error.effect == "unclear" else timedelta()
    return max(pause, lag, timedelta(seconds=error.retry_after))
