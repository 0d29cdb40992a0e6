"""What is in the outbox reaches Slack once, whatever becomes of people, of channels and of earlier messages."""

import json
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs

import pytest

from bot.events import AuditEvent
from bot.records import Note
from handlers.lease import LEASE
from tests.domain import nouns
from tests.handlers.post_room import KINDS, REQUEST, PostRoom, card, direct_message, link, said
from tests.sandbox.slack import faults


@pytest.mark.parametrize("queue", KINDS)
def test_once(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """What is queued is said once."""
    queue(room)
    room.deliver()
    before = said(room)
    room.patiently()

    assert before
    assert said(room) == before


@pytest.mark.parametrize("queue", KINDS)
def test_retry_after(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """After a 429 Slack is left alone for as long as it asked, and then it is said once."""
    queue(room)
    before = said(room)
    room.slack.trouble.add(faults.rate_limited("chat.postMessage", seconds=30))
    room.deliver()
    asked = room.calls("")
    room.after(seconds=29)
    waited = (said(room) == before, room.calls("") == asked)
    room.after(seconds=1)

    assert waited == (True, True)
    assert len(said(room)) == len(before) + 1


def test_deactivated(room: PostRoom) -> None:
    """Of somebody deactivated the approvers read in the thread what could not be said, and the audit has it."""
    room.slack.change_person(room.ada.id, deactivated=True)
    card(room)
    link(room)
    room.patiently()
    told = [message.reads for message in room.in_channel if message.is_reply]
    audited = [row for row in room.store.audit.rows(since=None) if row["event"] == AuditEvent.MESSAGE_UNDELIVERED]

    undelivered = f":warning: <@{room.ada.id}> could not be sent a message (`user_disabled`)."
    about = "the one-time link to the client secret. Any other owner can get one with `/register-app list`."
    assert told == [f"{undelivered} It was about: {about}"]
    assert [json.loads(row["details"])["recipient"] for row in audited] == [room.ada.id]
    assert room.store.outbox.oldest_waiting() is None


def test_deactivated_for_all_else(room: PostRoom) -> None:
    """One person who cannot be reached keeps nothing else waiting."""
    room.slack.change_person(room.ada.id, deactivated=True)
    direct_message(room)
    room.notices.person_told(room.grace.id, Note(kind="your_request_lapsed", facts={"request": REQUEST}))
    room.deliver()

    assert len(room.grace.dm) == 1


@pytest.mark.parametrize("queue", [card, direct_message])
def test_deleted_by_hand(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """When a message was deleted by hand, the next change posts a new one, and later changes are drawn into that."""
    queue(room)
    room.deliver()
    first = [*room.in_channel, *room.ada.dm][0]
    with room.slack.workspace.changing():
        room.slack.workspace.delete(first)
    changed(room, queue)
    second = [*room.in_channel, *room.ada.dm]
    changed(room, queue)

    assert [message.ts == first.ts for message in second] == [False]
    assert [message.ts for message in [*room.in_channel, *room.ada.dm]] == [second[0].ts]
    assert len(second[0].versions) == 2


def changed(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """Have the same message drawn again."""
    kind, recipient = ("card", room.channel) if queue is card else ("request_dm", room.ada.id)
    room.clock.advance(timedelta(seconds=1))
    name = f"entry-{room.clock.now().timestamp():.0f}"
    room.store.outbox.put(name, kind, REQUEST, recipient, now=room.clock.now())
    room.deliver()


def test_thread_waits_for_its_card(room: PostRoom) -> None:
    """A reply waits until the card stands, and then stands below it."""
    room.notices.approvers_told(REQUEST, Note(kind="lapsed"))
    room.deliver()
    early = list(room.in_channel)
    card(room)
    room.after(seconds=5)
    room.after(seconds=5)
    head, answer = room.in_channel

    assert early == []
    assert answer.thread_ts == head.ts


def test_bot_not_in_the_channel(room: PostRoom) -> None:
    """While the bot is not in the channel the card waits, and it is posted once the bot is invited."""
    members = [room.grace.id]
    room.slack.change_channel(room.channel, members=members)
    card(room)
    room.patiently()
    before = list(room.in_channel)
    room.slack.change_channel(room.channel, members=[*members, room.slack.bot_user_id])
    room.patiently()

    assert before == []
    assert len(room.in_channel) == 1


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long"])
def test_blocks_refused(room: PostRoom, caplog: pytest.LogCaptureFixture, error: str) -> None:
    """When Slack refuses the blocks, the text goes alone, and the log says so."""
    card(room)
    room.slack.trouble.add(faults.refused("chat.postMessage", error))
    room.deliver()

    assert [message.blocks for message in room.in_channel] == [[]]
    assert f"asks to register “{nouns.form().display_name}”" in room.in_channel[0].text
    assert "refused the blocks of a card" in caplog.text


def test_blocks_refused_in_an_edit(room: PostRoom, caplog: pytest.LogCaptureFixture) -> None:
    """When Slack refuses the blocks of an edit, the message keeps its place and says its text, with no old buttons."""
    card(room)
    room.deliver()
    room.slack.trouble.add(faults.refused("chat.update", "invalid_blocks"))
    changed(room, card)

    [message] = room.in_channel
    assert len(message.versions) == 2
    assert message.blocks == []
    assert "refused the blocks of a card" in caplog.text


def test_dead_while_sending(room: PostRoom) -> None:
    """What another process claimed and died over is sent once its lease ran out, not before."""
    card(room)
    now = room.clock.now()
    assert room.store.outbox.claim("dead", now=now, until=now + LEASE) is not None
    room.after(seconds=LEASE.total_seconds() - 1)
    early = list(room.in_channel)
    room.after(seconds=1)

    assert early == []
    assert len(room.in_channel) == 1


@pytest.mark.parametrize("queue", KINDS)
def test_no_previews(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """Every message is posted with both previews off, so that Slack fetches no address that stands in it."""
    queue(room)
    room.deliver()
    posts = [e for e in room.slack.journal.exchanges if e.call == "POST /api/chat.postMessage"]

    assert posts
    for exchange in posts:
        assert flags(exchange.request_body) == {"unfurl_links": False, "unfurl_media": False}


def flags(body: bytes) -> dict[str, bool]:
    """The flags about previews in a call, sent as JSON or as a form."""
    text = body.decode()
    given = json.loads(text) if text.startswith("{") else {key: value[0] for key, value in parse_qs(text).items()}
    return {key: given[key] in (True, "true", "True", "1") for key in ("unfurl_links", "unfurl_media")}
