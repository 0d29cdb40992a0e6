"""The application of a request: found where an earlier try made it, or made; and written down as Entra names it.

Whoever makes one may be late: another worker has the request by then, and where Entra refuses a uniqueName there may
be two. So what Entra has named is written down in one transaction that asks who has the request: what came too late,
or second, is written down as not wanted, and is removed again like everything that a request leaves behind.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from bot.drafting import Drafting, request_tag, unique_name
from bot.errors import EntraError, RegisterAppError
from bot.events import AuditEvent
from bot.graph import Entra
from bot.graph.applications import UniqueNameUnsupported
from bot.identifiers import row_name, short_name
from bot.model import EntraApplication
from bot.obstacles import NOT_OURS, stranger
from bot.policy import Policy
from bot.records import Application, AppRequest
from storage import Store

log = logging.getLogger(__name__)

# Longer than one step with every retry of its calls; it is renewed from step to step.
LEASE = timedelta(minutes=5)


class LeaseLost(RegisterAppError):
    """Another worker has this request by now."""


class Making:
    """Makes at most one application of a request, whoever else works on it."""

    def __init__(self, store: Store, entra: Entra, policy: Policy, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = entra.applications
        self._drafting = Drafting(entra, policy)
        self._now = clock

    def hold(self, request: AppRequest, lease: str) -> None:
        """Hold a request for one more step. Raises LeaseLost before that step when somebody else has it."""
        if not self._store.provisioning.renew(request.id, lease, until=self._now() + LEASE):
            raise LeaseLost

    def application(self, request: AppRequest, lease: str) -> Application:
        """Return what an earlier try made, or make it, and write its ids down at once. Raises LeaseLost, EntraError."""
        self.hold(request, lease)
        found = self._find(request)
        application = self._noted(request, lease, found, AuditEvent.APPLICATION_ADOPT) if found else None
        if application is None:
            made = self._create(request, lease)
            application = self._noted(request, lease, made, AuditEvent.APPLICATION_CREATE)
        if application is None:
            raise LeaseLost
        return application

    def left_behind(self, claimed: AppRequest, lease: str) -> tuple[Application | None, bool]:
        """Return what this request made, also where the answer was lost, and whether Entra could be asked."""
        known = self._store.applications.of_request(claimed.id)
        # Read anew: the creation may have been tried since the claim.
        request = self._store.requests.get(claimed.id) or claimed
        if known is not None or not request.create_tried:
            return known, True
        try:
            found = self._find(request)
        except EntraError as error:
            # A stranger under our name is an answer too: nothing of ours is there.
            return None, error.code == NOT_OURS
        except Exception:
            log.exception("What %s left behind could not be looked for.", request.id)
            return None, False
        return (self._noted(request, lease, found, AuditEvent.APPLICATION_ADOPT) if found else None), True

    def _find(self, request: AppRequest) -> EntraApplication | None:
        """Return what an earlier try of this request made. A stranger under our name is a refusal."""
        found = self._unless_known(self._registry.find(unique_name(request.id)))
        if found is None and request.create_tried:
            tagged = map(self._unless_known, self._registry.find_by_tag(request_tag(request.id)))
            found = next((application for application in tagged if application is not None), None)
        if found is not None and request_tag(request.id) not in found.tags:
            raise stranger(found, unique_name(request.id))
        return found

    def _unless_known(self, shown: EntraApplication | None) -> EntraApplication | None:
        """Leave out what was written down before: it was removed since, and Entra's reads lag behind its writes."""
        return None if shown is None or self._store.applications.is_known(shown.object_id) else shown

    def _create(self, request: AppRequest, lease: str) -> EntraApplication:
        drawn = self._drafting.draft(request, lambda: self.hold(request, lease))
        now = self._now()
        # Written down before it is tried: from now on something may stand in Entra, whoever works on this next.
        if not self._store.provisioning.creating(
            request.id, lease, now=now, until=now + LEASE, not_owners=drawn.not_owners
        ):
            raise LeaseLost
        try:
            return self._registry.create(drawn.application)
        except UniqueNameUnsupported:
            return self._registry.create(replace(drawn.application, unique_name=None))

    def _noted(self, request: AppRequest, lease: str, named: EntraApplication, event: AuditEvent) -> Application | None:
        """Write down what Entra has named, and return what the request has after that; None when it has none.

        When somebody else has the request, what was only found is left to them, who find it too.
        """
        with self._store.transaction():
            held = self._store.provisioning.renew(request.id, lease, until=self._now() + LEASE)
            standing = self._store.applications.of_request(request.id)
            second = standing is not None and standing.object_id != named.object_id
            if second or (not held and event is AuditEvent.APPLICATION_CREATE):
                self._write_down(request, named, event, wanted=False)
            elif held and standing is None:
                self._write_down(request, named, event, wanted=True)
        return self._store.applications.of_request(request.id)

    def _write_down(self, request: AppRequest, named: EntraApplication, event: AuditEvent, *, wanted: bool) -> None:
        application = Application(
            id=short_name("app"),
            request_id=request.id,
            display_name=named.display_name,
            object_id=named.object_id,
            app_id=named.app_id,
            service_principal_id=None,
            form=request.form,
            owners=request.owners,
            created_at=self._now(),
        )
        if not self._store.applications.add(application):
            return
        self._record(event, application, app_id=named.app_id)
        if not wanted:
            log.warning("Application %s of %s is one too many; it is removed again.", named.object_id, request.id)
            self._store.applications.disown(application.id, now=self._now())
            self._record(AuditEvent.APPLICATION_UNWANTED, application)

    def _record(self, event: AuditEvent, application: Application, **details: str) -> None:
        self._store.audit.add(
            row_name(),
            event,
            "bot",
            now=self._now(),
            request_id=application.request_id,
            application_id=application.id,
            details={"object_id": application.object_id, **details},
        )
