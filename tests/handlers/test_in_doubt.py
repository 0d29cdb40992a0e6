"""A message that may have been posted is found, or posted when it is certain that it was not, or counted as a twin."""

import logging
import socket
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests
from slack_sdk import WebClient

from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from tests.handlers.post_room import KINDS, REQUEST, PostRoom, card, direct_message, link, reply, said
from tests.sandbox.slack import faults
from tests.sandbox.trouble import Fault


@pytest.mark.parametrize("queue", KINDS)
def test_posted_then_lost(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """What was posted while its answer got lost is found again and not posted twice."""
    queue(room)
    before = said(room)
    room.slack.trouble.add(faults.posted_then_lost())
    room.deliver()
    posted = said(room)
    room.patiently()

    assert len(posted) == len(before) + 1
    assert said(room) == posted
    assert room.store.outbox.oldest_waiting() is None
    assert room.store.audit.times(AuditEvent.MESSAGE_MAYBE_TWICE) == 0


@pytest.mark.parametrize("queue", [card, reply, direct_message])
def test_found_far_back(room: PostRoom, queue: Callable[[PostRoom], None]) -> None:
    """What was posted before its answer got lost is found behind hundreds of later messages."""
    queue(room)
    room.slack.trouble.add(faults.posted_then_lost())
    room.deliver()
    head = room.in_channel[0].ts if queue is reply else None
    place = room.slack.workspace.im_with(room.ada.id).id if queue is direct_message else room.channel
    client = WebClient(room.slack.bot_token, base_url=room.slack.api_url, retry_handlers=[])
    for number in range(250):
        client.chat_postMessage(channel=place, text=f"Something else, {number}", thread_ts=head)
    before = len(said(room))
    room.patiently()

    assert len(said(room)) == before
    assert room.store.outbox.oldest_waiting() is None


@pytest.mark.parametrize("trouble", [faults.unreachable, faults.down])
@pytest.mark.parametrize("queue", KINDS)
def test_never_posted(room: PostRoom, queue: Callable[[PostRoom], None], trouble: Callable[..., Fault]) -> None:
    """What may have been posted and was not is looked for, not found, and posted a minute after it was tried."""
    queue(room)
    before = said(room)
    room.slack.trouble.add(trouble("chat.postMessage"))
    room.deliver()
    for _ in range(59):
        room.after(seconds=1)
    too_early = said(room)
    room.after(seconds=1)

    assert too_early == before
    assert len(said(room)) == len(before) + 1
    assert room.store.outbox.oldest_waiting() is None
    assert room.calls("conversations.history") + room.calls("conversations.replies") == 4


def carry_out(room: PostRoom) -> None:
    """Let Slack carry out the last post that it was asked for and gave no answer to."""
    asked = [exchange for exchange in room.slack.journal.exchanges if exchange.call.endswith("chat.postMessage")][-1]
    headers = {"Authorization": f"Bearer {room.slack.bot_token}", "Content-Type": "application/json;charset=utf-8"}
    requests.post(f"{room.slack.api_url}chat.postMessage", data=asked.request_body, headers=headers, timeout=5)


@pytest.mark.parametrize("seconds", [1, 10, 59])
@pytest.mark.parametrize("queue", KINDS)
def test_carried_out_late(room: PostRoom, queue: Callable[[PostRoom], None], seconds: int) -> None:
    """What Slack posts up to a minute after the bot gave up waiting stands once, however often it was looked for."""
    queue(room)
    before = said(room)
    room.slack.trouble.add(faults.unreachable("chat.postMessage"))
    room.deliver()
    for _ in range(seconds):
        room.after(seconds=1)
    carry_out(room)
    room.patiently()

    assert len(said(room)) == len(before) + 1
    assert room.store.outbox.oldest_waiting() is None
    assert room.store.audit.times(AuditEvent.MESSAGE_MAYBE_TWICE) == 0


def test_each_try_has_its_minute(room: PostRoom) -> None:
    """A second try that got no answer is waited for as long as the first was."""
    card(room)
    room.slack.trouble.add(faults.unreachable("chat.postMessage", times=2))
    room.deliver()
    room.after(seconds=60)
    tries = room.calls("chat.postMessage")
    room.after(seconds=10)
    carry_out(room)
    room.patiently()

    assert tries == 2
    assert len(room.in_channel) == 1


def test_a_slow_look(room: PostRoom) -> None:
    """What is carried out while a look-up lasts longer than the minute is found by the next one."""
    card(room)
    room.slack.trouble.add(faults.unreachable("chat.postMessage"))
    room.deliver()

    def meanwhile() -> None:
        room.clock.advance(timedelta(seconds=59))
        carry_out(room)

    room.slack.trouble.add(Fault(match="/api/conversations.history$", when="after", act=meanwhile))
    room.after(seconds=2)
    room.patiently()

    assert len(room.in_channel) == 1
    assert room.calls("chat.postMessage") == 2


def test_carried_out_after_an_edit_that_failed(room: PostRoom) -> None:
    """The same is so of a card that is posted anew, because the one that was to be edited is gone."""
    card(room)
    room.deliver()
    with room.slack.workspace.changing():
        room.slack.workspace.delete(room.in_channel[0])
    room.store.outbox.put("entry-1", "card", REQUEST, room.channel, now=room.clock.now())
    room.slack.trouble.add(faults.unreachable("chat.postMessage"))
    room.deliver()
    room.after(seconds=10)
    carry_out(room)
    room.patiently()

    assert len(room.in_channel) == 1
    assert room.store.outbox.oldest_waiting() is None


def test_nobody_was_asked(room: PostRoom) -> None:
    """What failed before anything was sent is in no doubt: it is tried again at once, and not looked for."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/api/"
    card(room)
    room.courier_to(address).deliver_next()
    room.after(seconds=2)

    assert len(room.in_channel) == 1
    assert room.calls("conversations.history") == 0


def test_found_again_is_edited(room: PostRoom) -> None:
    """A card that was found again after its answer got lost is the one that later changes are drawn into."""
    card(room)
    room.slack.trouble.add(faults.posted_then_lost())
    room.deliver()
    room.patiently()
    room.store.requests.move(REQUEST, RequestEvent.WITHDRAW, now=room.clock.now(), by=room.ada.id)
    room.notices.request_changed(REQUEST)
    room.deliver()

    assert len(room.in_channel) == 1
    assert "*Withdrawn*" in room.in_channel[0].reads


def test_found_is_drawn_anew(room: PostRoom) -> None:
    """A card that was found again shows how things stand by now."""
    card(room)
    room.slack.trouble.add(faults.posted_then_lost())
    room.deliver()
    room.store.requests.move(REQUEST, RequestEvent.WITHDRAW, now=room.clock.now(), by=room.ada.id)
    room.patiently()

    assert [("*Withdrawn*" in message.reads) for message in room.in_channel] == [True]


@pytest.mark.parametrize("late", [False, True])
def test_found_link_opens(room: PostRoom, late: bool) -> None:  # noqa: FBT001 - cases of the table
    """A link that was posted while its answer got lost carries the token that opens it, also where it came late."""
    link(room)
    room.slack.trouble.add(faults.unreachable("chat.postMessage") if late else faults.posted_then_lost())
    room.deliver()
    if late:
        room.after(seconds=10)
        carry_out(room)
    room.patiently()
    shown = next(e for block in room.ada.dm[0].blocks for e in block.get("elements", ()) if "url" in e)

    assert room.links.look(shown["url"].rpartition("#")[2]).state == "not_armed"


@pytest.mark.parametrize(
    ("queue", "scope"), [(card, "groups:history"), (reply, "groups:history"), (direct_message, "im:history")]
)
def test_without_the_right_to_look(
    room: PostRoom, caplog: pytest.LogCaptureFixture, queue: Callable[[PostRoom], None], scope: str
) -> None:
    """Without the scope that lets it look, a message in doubt is sent again, and the log names the scope."""
    room.slack.scopes.discard(scope)
    queue(room)
    before = said(room)
    room.slack.trouble.add(faults.posted_then_lost())
    with caplog.at_level(logging.WARNING):
        room.deliver()
        room.patiently()

    assert len(said(room)) == len(before) + 2
    assert room.store.audit.times(AuditEvent.MESSAGE_MAYBE_TWICE) == 1
    assert [record.getMessage() for record in caplog.records if scope in record.getMessage()]
