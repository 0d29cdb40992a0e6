"""The end of a replaced secret: its owners are warned, the overlap ends, it is removed from Entra, they are told.

Nothing is removed here that this bot did not mint: only keys in our own register are ever named to Entra. A removal is
claimed before Entra is asked, and only of a secret whose owners were warned a day before, however long the bot was
down meanwhile; one that nobody saw needs no warning.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import EntraError, EntraMissing
from bot.events import AuditEvent
from bot.graph.applications import Applications
from bot.identifiers import row_name
from bot.notices import Notices
from bot.records import Application, Credential, Note
from bot.setbacks import RETRY_UNAVAILABLE, setback
from storage import Store

log = logging.getLogger(__name__)

# At least so long lies between the warning and the removal. The round warns a little earlier, so that the removal
# need not be moved.
WARNING = timedelta(days=1)
WARNED_FROM = WARNING + timedelta(hours=1)


class Removal:
    """Warns of removals, and removes."""

    def __init__(
        self, store: Store, notices: Notices, applications: Applications, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._notices = notices
        self._applications = applications
        self._now = clock

    def warn_before_removal(self) -> bool:
        """Tell owners a day ahead that one old secret is about to be removed; return whether there may be more."""
        credential = self._store.credentials.next_unwarned_removal(self._now() + WARNED_FROM)
        if credential is not None:
            self._warn(credential)
        return credential is not None

    def _warn(self, credential: Credential) -> None:
        with self._store.transaction():
            if not self._store.credentials.warn(credential.key_id, now=self._now(), least=WARNING):
                return
            warned = self._store.credentials.get(credential.key_id) or credential
            self._tell_owners(warned, "removal_soon")
            if warned.remove_at != credential.remove_at:
                self._redraw_reminder(warned)

    def _redraw_reminder(self, credential: Credential) -> None:
        reminder = self._store.reminders.latest(credential.key_id)
        for owner in self._application(credential).owners if reminder else ():
            self._notices.reminder_changed(reminder or "", owner.person_id)

    def remove_due(self) -> bool:
        """Remove from Entra one secret whose overlap is over; return whether there may be more."""
        now = self._now()
        # Longer than one removal with all its retries may take: one whose process died is tried again like any other.
        until = now + RETRY_UNAVAILABLE
        credential = self._store.credentials.claim_removal(now=now, until=until, warned_by=now - WARNING)
        if credential is not None:
            self._remove(credential)
        return credential is not None

    def _remove(self, credential: Credential) -> None:
        application = self._application(credential)
        try:
            self._applications.remove_secret(application.object_id, credential.key_id)
        except EntraMissing:
            log.info("Application %s is gone, and its secrets with it.", application.object_id)
        except EntraError as error:
            self._later(credential, application, error)
            return
        self._removed(credential, application)

    def _removed(self, credential: Credential, application: Application) -> None:
        late = credential.removal_refused_at is not None
        with self._store.transaction():
            if not self._store.credentials.removed(credential.key_id):
                log.warning("The removal of key %s was recorded by another process already.", credential.key_id)
                return
            self._record(credential)
            self._tell_owners(credential, "removal_late" if late else "removal_done")
            if late:
                self._tell_approvers(credential, application, "secret_removed_late", {})

    def _later(self, credential: Credential, application: Application, error: EntraError) -> None:
        """Put the next try off; what waiting alone does not mend is told, once."""
        now = self._now()
        met = setback(error, since=credential.remove_at or now, now=now)
        log.warning("Removing key %s waits for Entra: %s", credential.key_id, error)
        with self._store.transaction():
            self._store.credentials.try_removal_at(credential.key_id, met.try_at)
            if met.lasting and self._store.credentials.removal_refused(credential.key_id, now=now):
                self._tell_owners(credential, "removal_stuck")
                self._tell_approvers(credential, application, "secret_not_removed", error.facts)

    def _tell_owners(self, credential: Credential, kind: str) -> None:
        application = self._application(credential)
        note = Note(kind=kind, facts=facts_of(credential, application))
        for owner in application.owners:
            self._notices.person_told(owner.person_id, note)

    def _tell_approvers(
        self, credential: Credential, application: Application, kind: str, more: dict[str, str]
    ) -> None:
        note = Note(kind=kind, facts={**facts_of(credential, application), **more})
        self._notices.approvers_told(application.request_id, note)

    def _application(self, credential: Credential) -> Application:
        application = self._store.applications.get(credential.application_id)
        if application is None:
            raise LookupError(f"The application of key {credential.key_id} is not in the register.")
        return application

    def _record(self, credential: Credential) -> None:
        self._store.audit.add(
            row_name(),
            AuditEvent.SECRET_REMOVE,
            "bot",
            now=self._now(),
            application_id=credential.application_id,
            link_id=credential.link_id,
            details={"key_id": credential.key_id},
        )


def facts_of(credential: Credential, application: Application) -> dict[str, str]:
    """Return what a note tells of a secret: never its text, only how it begins."""
    facts = {
        "application": application.display_name,
        "app_id": application.app_id,
        "description": credential.description,
        "hint": credential.hint,
        "ends_at": credential.ends_at.isoformat(),
    }
    if credential.remove_at is not None:
        facts["at"] = credential.remove_at.isoformat()
    if credential.disowned_at is not None:
        facts["unseen"] = "yes"
    return facts
