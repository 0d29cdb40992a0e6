"""Messages in doubt: posted or not, nobody knows, because the process or the answer was lost in between.

Slack has no key that makes a post happen once, so the post is looked for by its metadata before it is repeated. Where
that cannot be done for certain the post is repeated all the same, since a message that is read twice does less harm
than one that is never read; and the audit counts it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.records import Outgoing, Posted
from handlers import notices
from handlers.pace import Pace
from storage import Store

log = logging.getLogger(__name__)

LOOKED_AT = 100
MOST_PAGES = 10
# Slack's clock stamps the messages, ours the tries.
SKEW = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What became of looking: where the post stands, or whether it is certain that there is none."""

    posted: Posted | None = None
    certain: bool = True


class Doubt:
    """Looks for posts, and counts what may be said twice."""

    def __init__(self, store: Store, client: WebClient, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._client = client
        self._pace = pace
        self._now = clock

    def look_for(self, entry: Outgoing) -> Sought:
        """Look for the post of an entry in doubt. Raises TooSoon, SlackApiError."""
        try:
            channel = self._channel_of(entry)
            for messages, is_last in self._pages(entry, channel):
                for message in messages:
                    metadata = message.get("metadata") or {}
                    if metadata.get("event_payload", {}).get("entry") == entry.id:
                        return Sought(posted=Posted(channel=channel, ts=message["ts"]))
                if is_last:
                    return Sought()
        except SlackApiError as error:
            if error.response.get("error") != "missing_scope":
                raise
            log.warning("Without the scope %s a %s may be sent twice.", error.response.get("needed"), entry.kind)
        return Sought(certain=False)

    def count(self, entry: Outgoing) -> None:
        """Record that an entry may have been posted twice; joins the transaction that records the second post."""
        self._store.audit.add(
            row_name(),
            AuditEvent.MESSAGE_MAYBE_TWICE,
            "bot",
            now=self._now(),
            details={"recipient": entry.recipient, "kind": entry.kind, "entry": entry.id},
        )

    def too_late(self, entry: Outgoing, posted: Posted) -> None:
        """Take back what was posted after its lease had run out, if whoever took it over has posted it too.

        Where nobody recorded a post yet, whoever has the entry may still find this one, so it stays and is counted.
        """
        log.warning("A %s was sent too late for its lease.", entry.kind)
        theirs = self._store.outbox.posted_ts(entry.id)
        if theirs == posted.ts:
            return
        if theirs is None or not self._taken_back(posted):
            self.count(entry)

    def _taken_back(self, posted: Posted) -> bool:
        try:
            self._client.chat_delete(channel=posted.channel, ts=posted.ts)
        except (SlackApiError, OSError) as error:
            log.warning("A message that was posted twice could not be taken back: %s", type(error).__name__)
            return False
        return True

    def _channel_of(self, entry: Outgoing) -> str:
        if entry.recipient.startswith(("C", "G")):
            return entry.recipient
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
            answer = self._client.api_call(
                method,
                params={**window, "limit": LOOKED_AT, **({"ts": thread} if thread else {}), **_from(cursor)},
            )
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            yield answer["messages"], not cursor


def _from(cursor: str) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}
