"""What failed requests left in Entra: removed for good, and told of; that it cannot be removed is told once."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import EntraError, EntraMissing
from bot.events import AuditEvent
from bot.graph.applications import Applications
from bot.identifiers import row_name
from bot.notices import Notices
from bot.records import Application, Note
from bot.setbacks import setback
from storage import Store

log = logging.getLogger(__name__)

# Longer than one removal with all its retries may take.
LEASE = timedelta(minutes=5)


class Leftovers:
    """Removes applications that this bot made and that nobody wants any more."""

    def __init__(self, store: Store, registry: Applications, notices: Notices, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._registry = registry
        self._notices = notices
        self._now = clock

    def remove_due(self) -> bool:
        """Remove one thing that failed requests left in Entra; return whether there may be more."""
        now = self._now()
        leftover = self._store.applications.claim_removal(now=now, until=now + LEASE)
        if leftover is not None:
            self._try_removal(leftover)
        return leftover is not None

    def remove_of(self, request_id: str) -> None:
        """Remove what earlier failures of one request left, due or not. Raises EntraError when it cannot be done."""
        for leftover in self._store.applications.unwanted_of(request_id):
            self._remove(leftover)

    def _try_removal(self, application: Application) -> None:
        try:
            self._remove(application)
        except EntraError as error:
            self._later(application, error)

    def _later(self, application: Application, error: EntraError) -> None:
        """Put the next try off; what waiting alone does not mend is told, once."""
        now = self._now()
        met = setback(error, since=application.disowned_at or now, now=now)
        log.warning("Removing application %s waits for Entra: %s", application.object_id, error)
        with self._store.transaction():
            self._store.applications.try_removal_at(application.id, met.try_at)
            if met.lasting and self._store.applications.removal_refused(application.id, now=now):
                facts = {"object_id": application.object_id, **error.facts}
                self._notices.approvers_told(application.request_id, Note(kind="not_removed", facts=facts))

    def _remove(self, application: Application) -> None:
        try:
            self._registry.delete_permanently(application.object_id)
        except EntraMissing:
            log.info("Application %s was gone already.", application.object_id)
        with self._store.transaction():
            if self._store.applications.removed(application.id, now=self._now()):
                details = {"object_id": application.object_id}
                self._store.audit.add(
                    row_name(),
                    AuditEvent.APPLICATION_REMOVE,
                    "bot",
                    now=self._now(),
                    request_id=application.request_id,
                    application_id=application.id,
                    details=details,
                )
                late = application.removal_refused_at is not None
                facts = {**details, **self._beside_another(application)}
                note = Note(kind="removed_late", facts=facts) if late else Note(kind="removed", facts=facts)
                self._notices.approvers_told(application.request_id, note)

    def _beside_another(self, application: Application) -> dict[str, str]:
        """What sets off an application whose request has another one, which stays."""
        return {"second": "yes"} if self._store.applications.of_request(application.request_id) else {}
