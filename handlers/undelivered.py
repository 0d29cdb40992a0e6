"""What becomes of a message that nobody will ever read: the audit keeps it, and the approvers hear of it."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.notices import Notices
from bot.records import Note, Outgoing
from handlers import notices
from storage import Store

ABOUT: Mapping[str, str] = {
    notices.LINK: "the one-time link to the client secret. Any other owner can get one with `/register-app list`.",
    notices.REMINDER: "the client secret of this application, which ends soon. If no owner is left to rotate it,"
    " somebody has to do so in Entra, or ask for a new application.",
    notices.REQUEST_DM: "the state of this request.",
}
# What goes to the approvers' channel: where that takes no messages, a message about it would not arrive either.
TO_THE_CHANNEL = frozenset({notices.CARD, notices.THREAD})


class Undelivered:
    """Gives entries of the outbox up."""

    def __init__(self, store: Store, notices_port: Notices, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._notices = notices_port
        self._now = clock

    def give_up(self, entry: Outgoing, word: str) -> None:
        """Record that a claimed entry is given up, with Slack's word for why; nothing happens to a lost claim."""
        request_id = self._request_of(entry)
        with self._store.transaction():
            if not self._store.outbox.undeliverable(entry, word, now=self._now()):
                return
            self._store.audit.add(
                row_name(),
                AuditEvent.MESSAGE_UNDELIVERED,
                "bot",
                now=self._now(),
                request_id=request_id,
                details={"recipient": entry.recipient, "kind": entry.kind, "error": word},
            )
            if request_id is not None and entry.kind not in TO_THE_CHANNEL:
                facts = {"person": entry.recipient, "error": word, "about": ABOUT.get(entry.kind, "this request")}
                self._notices.approvers_told(request_id, Note(kind="undelivered", facts=facts))

    def _request_of(self, entry: Outgoing) -> str | None:
        if entry.kind in {notices.CARD, notices.REQUEST_DM, notices.THREAD}:
            return entry.subject
        link = self._store.links.get(entry.subject)
        application_id = link.application_id if link else None
        if entry.kind in {notices.REMINDER, notices.REMINDER_REDRAWN}:
            credential = self._store.credentials.get(self._store.reminders.key_of(entry.subject) or "")
            application_id = credential.application_id if credential else None
        application = self._store.applications.get(application_id) if application_id else None
        return application.request_id if application else None
