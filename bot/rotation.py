"""A new secret beside the old one, an overlap, then the old one is removed from Entra.

Nothing is removed here that this bot did not mint: only keys in our own register are ever named to Entra.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import AlreadySettled, EntraError, EntraMissing
from bot.events import AuditEvent
from bot.graph.applications import Applications
from bot.identifiers import row_name
from bot.lifecycle import CredentialState
from bot.links import Links
from bot.notices import Notices
from bot.records import Application, Credential, Note
from bot.reminders import last_good, owned
from storage import Store

log = logging.getLogger(__name__)

# Owners hear of a removal so long before it.
WARNING = timedelta(days=1)
RETRY_REMOVAL = timedelta(minutes=15)


class Rotation:
    """Begins rotations, and ends the overlap."""

    def __init__(
        self,
        store: Store,
        notices: Notices,
        links: Links,
        applications: Applications,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._notices = notices
        self._links = links
        self._applications = applications
        self._now = clock

    def begin(self, key_id: str, person_id: str) -> str:
        """Send an owner a link to the successor of a secret. Raises NotAllowed, NotFound, AlreadySettled."""
        credential, application = owned(self._store, key_id, person_id)
        if credential.state is not CredentialState.LIVE:
            raise AlreadySettled("This secret was replaced already; there is nothing to rotate.")
        return self._links.issue(application, person_id, actor=person_id, rotates=key_id)

    def begin_for_application(self, application_id: str, person_id: str) -> str:
        """Send an owner a link for the application's last good secret, or for a first one if none is good.

        Raises NotAllowed, NotFound, AlreadySettled.
        """
        good = last_good(self._store.credentials.of_application(application_id))
        if good is not None:
            return self.begin(good.key_id, person_id)
        return self._links.take(application_id, person_id)

    def warn_before_removal(self) -> int:
        """Tell owners a day ahead that the old secret is about to be removed; return how many secrets."""
        soon = self._store.credentials.unwarned_removals(self._now() + WARNING)
        return sum(self._warn(credential) for credential in soon)

    def _warn(self, credential: Credential) -> bool:
        with self._store.transaction():
            if not self._store.credentials.mark_warned(credential.key_id, now=self._now()):
                return False
            # One that nobody holds is removed at once: its holder asked for that and needs no warning.
            if credential.remove_at is not None and credential.remove_at > self._now():
                self._tell_owners(credential, "removal_soon")
        return True

    def remove_due(self) -> int:
        """Remove from Entra the secrets whose overlap is over; return how many are gone."""
        return sum(self._remove(found) for found in self._store.credentials.to_remove(now=self._now()))

    def _remove(self, credential: Credential) -> bool:
        application = self._application(credential)
        try:
            self._applications.remove_secret(application.object_id, credential.key_id)
        except EntraMissing:
            log.info("Application %s is gone, and its secrets with it.", application.object_id)
        except EntraError as error:
            log.warning("Removing key %s waits for Entra: %s", credential.key_id, error)
            self._store.credentials.try_removal_at(credential.key_id, self._now() + RETRY_REMOVAL)
            return False
        with self._store.transaction():
            if self._store.credentials.removed(credential.key_id):
                self._record(credential)
                self._tell_owners(credential, "removal_done")
        return True

    def _tell_owners(self, credential: Credential, kind: str) -> None:
        application = self._application(credential)
        facts = {
            "application": application.display_name,
            "app_id": application.app_id,
            "description": credential.description,
            "hint": credential.hint,
            "at": (credential.remove_at or self._now()).isoformat(),
        }
        for owner in application.owners:
            self._notices.person_told(owner.person_id, Note(kind=kind, facts=facts))

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
