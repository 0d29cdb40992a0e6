"""A new secret beside the old one; and the way back, when nobody saw the new one. The old one's end is bot.removal."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import AlreadySettled
from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.lifecycle import CredentialEvent, CredentialState
from bot.links import Links
from bot.notices import Notices
from bot.policy import Policy
from bot.records import Application, Credential, Link, Note
from bot.reminders import last_good, owned
from bot.removal import facts_of
from storage import Store


class Rotation:
    """Begins rotations, and takes them back."""

    def __init__(
        self, store: Store, notices: Notices, links: Links, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._notices = notices
        self._links = links
        self._policy = policy
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

    def not_seen(self, link_id: str, person_id: str) -> str | None:
        """Take "I did not see it" at its word: that secret is removed at once, whatever else there is.

        A new link is sent and its id returned; the secret before, if it is still there, goes back into use until that
        is pressed. Where a newer secret is in use, or is being opened at this moment, no link is needed: None.
        Raises NotAllowed, NotFound, AlreadySettled.
        """
        link = self._links.own(link_id, person_id)
        self._links.must_have_time_left(link)
        credential = self._store.credentials.get(link.key_id or "")
        deadline = (link.viewed_at or self._now()) + timedelta(hours=self._policy.link_hours)
        if credential is None or self._now() > deadline:
            raise AlreadySettled(
                f"That was more than {self._policy.link_hours} hours ago and the secret may be in use."
                " Use `/register-app list` to find the application and rotate its secret instead."
            )
        application = self._links.application_of(link)
        with self._store.transaction():
            self._disown(link, credential, person_id)
            if not self._is_free(application, person_id):
                return None
            self._restore(link, application, person_id)
            return self._links.issue(application, person_id, actor=person_id, rotates=link.rotates_key_id)

    def _disown(self, link: Link, credential: Credential, person_id: str) -> None:
        """Let that secret be removed at once, also when its successor has taken its place already."""
        if credential.disowned_at is not None:
            raise AlreadySettled(
                "You said so already: that secret is removed. A newer link was sent to you if no other is in use."
            )
        if not self._store.credentials.retire(credential.key_id, CredentialEvent.DISOWN, remove_at=self._now()):
            raise AlreadySettled("That secret was removed already. `/register-app list` shows what is in use.")
        self._record(AuditEvent.SECRET_DISOWN, person_id, link, credential.key_id)
        self._notices.link_changed(link.id, link.recipient_id)

    def _is_free(self, application: Application, person_id: str) -> bool:
        """Say whether a new link may take the place: not beside a good secret, nor while one is being opened.

        A link to a successor that nobody has opened yet gives way; its recipient is told.
        """
        if last_good(self._store.credentials.of_application(application.id)) is not None:
            return False
        earlier = self._store.links.alive(application.id)
        return earlier is None or self._links.give_way(earlier, application, person_id)

    def _restore(self, link: Link, application: Application, person_id: str) -> None:
        """Put the secret before into use again; one whose removal has begun stays on its way."""
        before = self._links.secret_before(link)
        if before is None or not self._store.credentials.restore(before.key_id):
            return
        self._record(AuditEvent.SECRET_RESTORE, person_id, link, before.key_id)
        kind = "restored" if before.ends_at > self._now() else "restored_too_late"
        reminder = self._store.reminders.latest(before.key_id)
        for owner in application.owners:
            self._notices.person_told(owner.person_id, Note(kind=kind, facts=facts_of(before, application)))
            if reminder is not None:
                self._notices.reminder_changed(reminder, owner.person_id)
        self._links.redraw(before.link_id)

    def _record(self, event: AuditEvent, person_id: str, link: Link, key_id: str) -> None:
        self._store.audit.add(
            row_name(),
            event,
            person_id,
            now=self._now(),
            application_id=link.application_id,
            link_id=link.id,
            details={"key_id": key_id},
        )
