"""Messages in doubt: posted or not, nobody knows, because the process or the answer was lost in between.

Slack has no key that makes a post happen once, so the post is looked for by its metadata before it is repeated. Where
that cannot be done for certain the post is repeated all the same, since a message that is read twice does less harm
than one that is never read; and the audit counts it.

Slack may carry a post out when nobody waits for its answer any more. So for a minute after a try it is only looked
for, and "there is none" is said after that minute: a twin stays for ever, with buttons that lead nowhere, while those
who are to read the message know of none and wait a minute at most. Nobody waits where Slack refused a post, nor for
an edit, which does no harm when it is made twice.
"""

import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.records import Outgoing, Posted
from handlers import notices
from handlers.lease import Leases
from handlers.pace import Pace, TooSoon, is_limit
from storage import Store

log = logging.getLogger(__name__)

LOOKED_AT = 100
MOST_PAGES = 10
# Slack's clock stamps the messages, ours the tries.
SKEW = timedelta(minutes=5)


# Slack gives an answer, or carries out what it gave none to, within seconds; an outage may take longer.
SETTLED = timedelta(minutes=1)


class NotCertainYet(TooSoon):
    """A post is not repeated, because an earlier try may still be carried out before this moment."""

    why = "may still be carried out"


class How(Enum):
    """How a message of ours came to stand where it stands."""

    POSTED = auto()
    EDITED = auto()
    FOUND = auto()


@dataclass(frozen=True, kw_only=True)
class Said:
    """What was said: where it stands, and how."""

    posted: Posted
    how: How


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What became of looking: where the post stands, or whether it is certain that there is none.

    Until `look_again` nothing is to be concluded: an earlier try may still be carried out.
    """

    posted: Posted | None = None
    certain: bool = True
    look_again: datetime | None = None

    def must_be_settled(self) -> None:
        """Let nothing be posted as long as an earlier try may be. Raises NotCertainYet."""
        if self.look_again is not None:
            raise NotCertainYet(self.look_again)


class Doubt:
    """Looks for posts, mends what was said too late, and counts what may be said twice."""

    def __init__(
        self, store: Store, client: WebClient, pace: Pace, leases: Leases, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._client = client
        self._pace = pace
        self._leases = leases
        self._now = clock

    def look_for(self, entry: Outgoing) -> Sought:
        """Look for the post of an entry in doubt. Raises TooSoon, LeaseLost, SlackApiError."""
        began = self._now()
        try:
            channel = self._channel_of(entry)
            for messages, is_last in self._pages(entry, channel):
                for message in messages:
                    metadata = message.get("metadata") or {}
                    if metadata.get("event_payload", {}).get("entry") == entry.id:
                        return Sought(posted=Posted(channel=channel, ts=message["ts"]))
                if is_last:
                    return self._none(entry, began)
        except SlackApiError as error:
            if error.response.get("error") != "missing_scope":
                raise
            log.warning("Without the scope %s a %s may be sent twice.", error.response.get("needed"), entry.kind)
        return Sought(certain=False)

    def _none(self, entry: Outgoing, looked_at: datetime) -> Sought:
        """Say what it means that there was no post, which depends on how old the try was then. Raises LeaseLost."""
        tried_at = entry.first_tried_at or entry.created_at
        age = looked_at - tried_at
        if age < SETTLED:
            return Sought(certain=False, look_again=tried_at + min(4 * age, SETTLED))
        self._leases.begin_anew(entry)
        return Sought()

    def count(self, entry: Outgoing) -> None:
        """Record that an entry may have been posted twice; joins a running transaction."""
        self._store.audit.add(
            row_name(),
            AuditEvent.MESSAGE_MAYBE_TWICE,
            "bot",
            now=self._now(),
            details={"recipient": entry.recipient, "kind": entry.kind, "entry": entry.id},
        )

    def too_late(self, entry: Outgoing, said: Said) -> None:
        """Mend what was said after the lease had run out: whoever took the entry over may have said it too.

        An edit may have drawn an older state over a newer one, so the message is drawn once more. A post is taken back
        where another one was recorded. Where none was recorded yet, whoever has the entry may still find this one, so
        it stays and is counted.
        """
        log.warning("A %s was sent too late for its lease.", entry.kind)
        if said.how is How.EDITED:
            self.draw_again(entry)
        elif self._may_stand_twice(entry, said):
            self.count(entry)

    def _may_stand_twice(self, entry: Outgoing, said: Said) -> bool:
        theirs = self._store.outbox.posted_ts(entry.id)
        if theirs is None:
            return said.how is How.POSTED
        return theirs != said.posted.ts and not self._taken_back(entry, said.posted)

    def draw_again(self, entry: Outgoing) -> None:
        """Queue an entry once more, behind all others; it is drawn from the state as it is then."""
        self._store.outbox.put(
            row_name(),
            entry.kind,
            entry.subject,
            entry.recipient,
            note=entry.note,
            slot=notices.slot_of(entry.kind, entry.subject, entry.recipient),
            now=self._now(),
        )

    def _taken_back(self, entry: Outgoing, posted: Posted) -> bool:
        try:
            self._pace.take_turn("chat.delete", entry)
            self._client.chat_delete(channel=posted.channel, ts=posted.ts)
        except (TooSoon, SlackApiError, OSError) as error:
            if isinstance(error, SlackApiError) and is_limit(error):
                self._pace.limited(entry, error)
            log.warning("A message that was posted twice could not be taken back: %s", type(error).__name__)
            return False
        return True

    def _channel_of(self, entry: Outgoing) -> str:
        if entry.recipient.startswith(("C", "G")):
            return entry.recipient
        self._pace.take_turn("conversations.open", entry)
        return str(self._client.conversations_open(users=entry.recipient)["channel"]["id"])

    def _pages(self, entry: Outgoing, channel: str) -> Iterator[tuple[list[dict[str, Any]], bool]]:
        """Return what was said since the first try, a page at a time, each with whether it is the last."""
        card = self._store.outbox.posted(f"{notices.CARD}:{entry.subject}")
        thread = card.ts if entry.kind == notices.THREAD and card is not None else None
        method = "conversations.replies" if thread else "conversations.history"
        since = (entry.first_tried_at or entry.created_at) - SKEW
        window = {"channel": channel, "oldest": f"{since.timestamp():.6f}", "include_all_metadata": True}
        cursor = ""
        for _ in range(MOST_PAGES):
            self._pace.take_turn(method, entry)
            self._leases.keep(entry)
            answer = self._client.api_call(
                method,
                params={**window, "limit": LOOKED_AT, **({"ts": thread} if thread else {}), **_from(cursor)},
            )
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            yield answer["messages"], not cursor


def never_left(error: OSError) -> bool:
    """Say whether a call failed before anything was sent: there was no address, or nobody listened at it."""
    return isinstance(error, URLError) and isinstance(error.reason, ConnectionRefusedError | socket.gaierror)


def _from(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}
