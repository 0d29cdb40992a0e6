"""Notices in Slack: each becomes a row of the outbox, in the transaction that decided it. bot.notices says what."""

from collections.abc import Callable
from datetime import datetime

from bot.identifiers import row_name
from bot.records import Note
from storage import Store

CARD = "card"
REQUEST_DM = "request_dm"
THREAD = "thread"
PERSON = "person"
LINK = "link"
LINK_REDRAWN = "link_redrawn"
REMINDER = "reminder"
REMINDER_REDRAWN = "reminder_redrawn"

# Drawn from the state as it is now, so that of several in a row the last one says it all.
REDRAWN = frozenset({CARD, REQUEST_DM, LINK_REDRAWN, REMINDER_REDRAWN})


# What edits a message that another kind posted.
_POSTED_AS = {LINK_REDRAWN: LINK, REMINDER_REDRAWN: REMINDER}


def slot_of(kind: str, subject: str, recipient: str) -> str | None:
    """Return the name under which the place of a message in Slack is kept; None for what is said once."""
    posted = _POSTED_AS.get(kind, kind)
    if posted == REMINDER:
        return f"{REMINDER}:{subject}:{recipient}"
    return f"{posted}:{subject}" if posted in {CARD, REQUEST_DM, LINK} else None


class SlackNotices:
    """Queues what people must be told; the courier renders each from its row when it is sent."""

    def __init__(self, store: Store, clock: Callable[[], datetime], approvers_channel: str) -> None:
        self._store = store
        self._now = clock
        self._channel = approvers_channel

    def request_changed(self, request_id: str) -> None:
        """Redraw the approvers' card and the requester's message."""
        request = self._store.requests.get(request_id)
        if request is not None:
            self._put(CARD, request_id, self._channel)
            self._put(REQUEST_DM, request_id, request.requester.person_id)

    def approvers_told(self, request_id: str, note: Note) -> None:
        """Say a thing once in the request's thread."""
        self._put(THREAD, request_id, self._channel, note)

    def person_told(self, person_id: str, note: Note) -> None:
        """Say a thing once to one person."""
        self._put(PERSON, person_id, person_id, note)

    def link_issued(self, link_id: str, recipient_id: str) -> None:
        """Send a one-time link."""
        self._put(LINK, link_id, recipient_id)

    def link_changed(self, link_id: str, recipient_id: str) -> None:
        """Redraw the message that carried a link."""
        self._put(LINK_REDRAWN, link_id, recipient_id)

    def reminder_due(self, reminder_id: str, person_id: str) -> None:
        """Remind one owner."""
        self._put(REMINDER, reminder_id, person_id)

    def reminder_changed(self, reminder_id: str, person_id: str) -> None:
        """Redraw a reminder."""
        self._put(REMINDER_REDRAWN, reminder_id, person_id)

    def _put(self, kind: str, subject: str, recipient: str, note: Note | None = None) -> None:
        slot = slot_of(kind, subject, recipient)
        self._store.outbox.put(row_name(), kind, subject, recipient, note=note, slot=slot, now=self._now())
