"""What is in the outbox reaches Slack once, whatever becomes of the wire, of people and of earlier messages."""

import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient

from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from bot.links import Links
from bot.policy import Policy
from bot.records import Note
from handlers.courier import LEASE, Courier
from handlers.notices import SlackNotices
from handlers.rendering import Renderer
from storage import SQLITE, Store, open_store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.handlers.extremes import PLACE
from tests.sandbox.slack import Person, Slack, faults
from tests.sandbox.slack.records import Message
from tests.sandbox.timepiece import HeldClock
from tests.sandbox.trouble import Fault

REQUEST = "REQ-00000001"


@dataclass(kw_only=True)
class PostRoom:
    """A store, an outbox and a courier, with Ada who asked and Grace who approves."""

    slack: Slack
    store: Store
    clock: HeldClock
    ada: Person = field(init=False)
    grace: Person = field(init=False)
    channel: str = field(init=False)
    notices: SlackNotices = field(init=False)
    links: Links = field(init=False)
    courier: Courier = field(init=False)

    def __post_init__(self) -> None:
        self.ada, self.grace = (
            self.slack.person(self.slack.add_person(name, f"{name.lower()}@contoso.example"))
            for name in ("Ada", "Grace")
        )
        self.channel = self.slack.add_channel("app-approvals", members=[self.grace.id])
        self.notices = SlackNotices(self.store, self.clock.now, self.channel)
        self.links = Links(self.store, self.notices, Policy(), self.clock.now, PLACE.tenant_id)
        renderer = Renderer(self.store, self.links, Policy(), PLACE, self.clock.now)
        client = WebClient(self.slack.bot_token, base_url=self.slack.api_url, retry_handlers=[])
        self.courier = Courier(self.store, client, renderer, self.notices, self.clock.now)
        requester = nouns.owner(person_id=self.ada.id)
        self.store.requests.add(nouns.request(requester=requester))
        self.store.applications.add(nouns.application(owners=(requester,)))

    def deliver(self) -> None:
        """Send all that is due."""
        while self.courier.deliver_next():
            pass

    def after(self, **distance: float) -> None:
        """Let time pass, and send what became due."""
        self.clock.advance(timedelta(**distance))
        self.deliver()

    def patiently(self) -> None:
        """Let a quarter of an hour pass, minute by minute."""
        for _ in range(15):
            self.after(minutes=1)

    @property
    def in_channel(self) -> list[Message]:
        """What stands in the approvers' channel."""
        return self.grace.messages(self.channel)

    def calls(self, method: str) -> int:
        """How often a method was called."""
        return len(self.slack.journal.calls(f"/api/{method}"))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[PostRoom]:
    """A post room of one's own."""
    clock = HeldClock(NOW)
    store = open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    with Slack(clock.now) as slack:
        yield PostRoom(slack=slack, store=store, clock=clock)
    store.close()


def card(room: PostRoom) -> None:
    """Queue the card alone."""
    room.store.outbox.put("entry-0", "card", REQUEST, room.channel, now=room.clock.now())


def reply(room: PostRoom) -> None:
    """Queue a reply in the card's thread; the card stands already."""
    card(room)
    room.deliver()
    room.notices.approvers_told(REQUEST, Note(kind="retried", facts={"person": room.grace.id}))


def direct_message(room: PostRoom) -> None:
    """Queue the requester's message alone."""
    room.store.outbox.put("entry-0", "request_dm", REQUEST, room.ada.id, now=room.clock.now())


def word(room: PostRoom) -> None:
    """Queue a word to one person."""
    room.notices.person_told(room.ada.id, Note(kind="your_request_lapsed", facts={"request": REQUEST}))


def link(room: PostRoom) -> None:
    """Queue a one-time link."""
    room.links.issue(nouns.application(), room.ada.id, actor="bot")


def reminder(room: PostRoom) -> None:
    """Queue a reminder of a secret that ends."""
    room.store.links.add(nouns.link(recipient_id=room.ada.id))
    room.store.credentials.add(nouns.credential())
    room.store.reminders.claim("reminder-1", "key-1", 7, now=room.clock.now())
    room.notices.reminder_due("reminder-1", room.ada.id)


KINDS = [card, reply, direct_message, word, link, reminder]


def said(room: PostRoom) -> list[str]:
    """Everything that stands anywhere, as it reads."""
    return [message.reads for message in [*room.in_channel, *room.ada.dm]]


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
    """What may have been posted and was not is looked for, not found, and posted."""
    queue(room)
    before = said(room)
    room.slack.trouble.add(trouble("chat.postMessage", times=2))
    room.patiently()

    assert len(said(room)) == len(before) + 1
    assert room.store.outbox.oldest_waiting() is None


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


def test_found_link_opens(room: PostRoom) -> None:
    """A link that was posted while its answer got lost carries the token that opens it."""
    link(room)
    room.slack.trouble.add(faults.posted_then_lost())
    room.deliver()
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
