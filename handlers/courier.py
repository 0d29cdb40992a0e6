"""Empties the outbox into Slack: at least once by the outbox, and once as far as Slack lets us find out.

A process may die between a post and its record. Whoever claims the entry next finds it "in doubt" and looks for the
post by its metadata before posting again. Without the right to read that history the post is repeated, and counted:
an old link in such a twin opens nothing, and an old button finds the request decided.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.identifiers import short_name
from bot.notices import Notices
from bot.records import Outgoing, Posted
from handlers import notices
from handlers.doubt import Doubt, How, Said, Sought, never_left
from handlers.lease import LEASE, LeaseLost, Leases
from handlers.pace import Pace, TooSoon, is_limit
from handlers.rendering import Draft, Renderer
from handlers.slack_words import CANNOT_EDIT, SLACK_AILING, is_nobody_there
from handlers.undelivered import Undelivered
from storage import Store
from storage.pace import EDIT, POST

log = logging.getLogger(__name__)

METADATA_TYPE = "register_app_entry"
WAIT_FOR_CARD = timedelta(seconds=2)
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300))
# What an operator can mend (an archived channel, a bot that was removed from it) is mended by then, or never.
GIVE_UP_AFTER = timedelta(days=3)

# The blocks were refused: the plain text says the same with less comfort.
TOO_MUCH = frozenset({"invalid_blocks", "msg_blocks_too_long", "msg_too_long", "block_mismatch"})


class Courier:
    """Sends one entry at a time; any number of couriers may share an outbox."""

    def __init__(
        self,
        store: Store,
        client: WebClient,
        renderer: Renderer,
        notices_port: Notices,
        clock: Callable[[], datetime],
    ) -> None:
        """`client` must not retry by itself: a repeated post is decided here."""
        self._store = store
        self._client = client
        self._renderer = renderer
        self._undelivered = Undelivered(store, notices_port, clock)
        self._pace = Pace(store, clock)
        self._leases = Leases(store, clock)
        self._doubt = Doubt(store, client, self._pace, self._leases, clock)
        self._now = clock

    def deliver_next(self) -> bool:
        """Send the oldest entry that is due; False when there is none."""
        now = self._now()
        entry = self._store.outbox.claim(short_name("lease"), now=now, until=now + LEASE)
        if entry is None:
            return False
        in_doubt = entry.first_tried_at is not None and entry.first_tried_at < now
        sought = Sought(certain=not in_doubt)
        try:
            if in_doubt:
                sought = self._doubt.look_for(entry)
            self._deliver(entry, sought)
        except LeaseLost:
            log.warning("A %s is left to who took it over: this process was too slow.", entry.kind)
        except TooSoon as turn:
            self._not_yet(entry, turn.why, turn.until, in_doubt=not sought.certain)
        except SlackApiError as error:
            self._refused(entry, error, in_doubt=not sought.certain)
        except OSError as error:
            # The answer was lost, if anything was asked: then the entry stays in doubt until it is looked for.
            in_doubt = not sought.certain or not never_left(error)
            self._later(entry, type(error).__name__, self._backoff(entry), tried=in_doubt)
        return True

    def _deliver(self, entry: Outgoing, sought: Sought) -> None:
        if sought.posted is not None:
            self._record(entry, Said(posted=sought.posted, how=How.FOUND), sought)
            return
        if entry.kind in notices.REDRAWN and sought.certain and self._store.outbox.is_overtaken(entry):
            self._store.outbox.sent(entry, now=self._now())
            return
        standing = self._standing(entry)
        if standing is None:
            # Asked before the entry is drawn: a new token of a link would shut out one that may still arrive.
            sought.must_be_settled()
        draft = self._renderer.draw(entry)
        if draft is None:
            # A link is not drawn either for a courier that lost its claim; for that one this changes nothing.
            self._store.outbox.sent(entry, now=self._now())
            return
        said = self._say(entry, draft, standing, sought)
        if said is not None:
            self._record(entry, said, sought)

    def _standing(self, entry: Outgoing) -> Posted | None:
        slot = notices.slot_of(entry.kind, entry.subject, entry.recipient)
        return self._store.outbox.posted(slot) if slot else None

    def _record(self, entry: Outgoing, said: Said, sought: Sought) -> None:
        """Record that an entry was sent; and where nobody could be certain that it was new, that it may be a twin."""
        slot = notices.slot_of(entry.kind, entry.subject, entry.recipient)
        with self._store.transaction():
            in_time = self._store.outbox.sent(entry, now=self._now(), posted_ts=said.posted.ts)
            if in_time and said.how is How.POSTED and not sought.certain:
                self._doubt.count(entry)
            if in_time and slot is not None:
                self._store.outbox.remember(slot, said.posted)
            if in_time and said.how is How.FOUND and entry.kind in notices.REDRAWN:
                # What was found shows how things stood when it was posted.
                self._doubt.draw_again(entry)
        if not in_time:
            # Outside of the transaction, because Slack is asked, and everybody who writes would wait for its answer.
            self._doubt.too_late(entry, said)

    def _say(self, entry: Outgoing, draft: Draft, standing: Posted | None, sought: Sought) -> Said | None:
        """Edit or post; None when the entry was given back because its turn has not come."""
        if standing is not None:
            return self._edit(entry, draft, standing, sought)
        if draft.only_edit and not self._is_on_its_way(entry):
            self._store.outbox.sent(entry, now=self._now())
            return None
        if draft.only_edit:
            self._store.outbox.put_back(
                entry, "waits for the message it edits", available_at=self._now() + WAIT_FOR_CARD, tried=False
            )
            return None
        return self._post(entry, draft)

    def _is_on_its_way(self, entry: Outgoing) -> bool:
        """Say whether the message that this entry edits is still to be sent."""
        return self._now() - entry.created_at < timedelta(hours=1)

    def _edit(self, entry: Outgoing, draft: Draft, standing: Posted, sought: Sought) -> Said:
        def update(content: Mapping[str, Any]) -> Posted:
            self._client.chat_update(channel=standing.channel, ts=standing.ts, **content)
            return standing

        self._leases.must_hold(entry)
        self._pace.take_turn(EDIT, entry)
        try:
            return Said(posted=_whole_or_text(entry, draft, update), how=How.EDITED)
        except SlackApiError as error:
            if error.response.get("error") not in CANNOT_EDIT:
                raise
            sought.must_be_settled()
            return self._post_new(entry, draft, None)

    def _post(self, entry: Outgoing, draft: Draft) -> Said | None:
        if draft.thread_slot is None:
            return self._post_new(entry, draft, None)
        card = self._store.outbox.posted(draft.thread_slot)
        if card is None and self._now() - entry.created_at > GIVE_UP_AFTER:
            self._undelivered.give_up(entry, "its card was never posted")
            return None
        if card is None:
            self._store.outbox.put_back(
                entry, "waits for its card", available_at=self._now() + WAIT_FOR_CARD, tried=False
            )
            return None
        return self._post_new(entry, draft, card.ts)

    def _post_new(self, entry: Outgoing, draft: Draft, thread_ts: str | None) -> Said:
        self._leases.must_hold(entry)
        self._pace.take_turn(POST, entry)
        posted = _whole_or_text(entry, draft, lambda content: self._chat_post(entry, content, thread_ts))
        return Said(posted=posted, how=How.POSTED)

    def _chat_post(self, entry: Outgoing, content: Mapping[str, Any], thread_ts: str | None) -> Posted:
        # Both unfurl flags off: only then does Slack fetch no address that stands in a message.
        answer = self._client.chat_postMessage(
            channel=entry.recipient,
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": METADATA_TYPE, "event_payload": {"entry": entry.id}},
            **content,
        )
        return Posted(channel=answer["channel"], ts=answer["ts"])

    def _refused(self, entry: Outgoing, error: SlackApiError, *, in_doubt: bool) -> None:
        """Put an entry off, or give it up. A refusal of this try says nothing of an earlier one in doubt."""
        word = str(error.response.get("error"))
        if is_limit(error):
            self._not_yet(entry, word, self._pace.limited(entry, error), in_doubt=in_doubt)
        elif error.response.status_code >= 500 or word in SLACK_AILING:  # noqa: PLR2004 - HTTP's number
            # It may have been posted all the same: the entry stays in doubt until it is looked for.
            self._later(entry, word, self._backoff(entry))
        elif is_nobody_there(word, entry.recipient):
            self._undelivered.give_up(entry, word)
        elif self._now() - entry.created_at > GIVE_UP_AFTER:
            log.error("A %s is given up, because Slack refused it for days: %s", entry.kind, word)
            self._undelivered.give_up(entry, word)
        else:
            log.warning("Slack refused a %s, which is tried again: %s", entry.kind, word)
            self._later(entry, word, self._backoff(entry), tried=in_doubt)

    def _backoff(self, entry: Outgoing) -> timedelta:
        return BACKOFF[min(entry.attempts, len(BACKOFF)) - 1]

    def _not_yet(self, entry: Outgoing, word: str, until: datetime, *, in_doubt: bool) -> None:
        """Put off what came too soon: that is no attempt."""
        self._store.outbox.put_back(entry, word, available_at=until, tried=in_doubt, counted=False)

    def _later(self, entry: Outgoing, word: str, pause: timedelta, *, tried: bool = True) -> None:
        self._store.outbox.put_back(entry, word, available_at=self._now() + pause, tried=tried)


def _whole_or_text(entry: Outgoing, draft: Draft, say: Callable[[Mapping[str, Any]], Posted]) -> Posted:
    """Say a message with its blocks, or where Slack refuses those, its text alone: it must not go unsaid."""
    content = draft.message.content()
    try:
        return say(content)
    except SlackApiError as error:
        if error.response.get("error") not in TOO_MUCH:
            raise
        pointers = (error.response.get("response_metadata") or {}).get("messages")
        log.warning("Slack refused the blocks of a %s (%s); its text goes alone.", entry.kind, pointers)
        return say({"text": content["text"], "blocks": []})
