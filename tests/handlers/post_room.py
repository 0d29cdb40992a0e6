"""A post room: an outbox and a courier between a store and the emulated Slack, and what can be queued in it."""

from dataclasses import dataclass, field
from datetime import timedelta

from slack_sdk import WebClient

from bot.links import Links
from bot.policy import Policy
from bot.records import Note
from handlers.courier import Courier
from handlers.notices import SlackNotices
from handlers.rendering import Renderer
from storage import Store
from tests.domain import nouns
from tests.handlers.extremes import PLACE
from tests.sandbox.slack import Person, Slack
from tests.sandbox.slack.records import Message
from tests.sandbox.timepiece import HeldClock

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
        self.courier = self.courier_to(self.slack.api_url)
        requester = nouns.owner(person_id=self.ada.id)
        self.store.requests.add(nouns.request(requester=requester))
        self.store.applications.add(nouns.application(owners=(requester,)))

    def courier_to(self, api_url: str) -> Courier:
        """Make a courier that takes this address for Slack's."""
        renderer = Renderer(self.store, self.links, Policy(), PLACE, self.clock.now)
        client = WebClient(self.slack.bot_token, base_url=api_url, retry_handlers=[])
        return Courier(self.store, client, renderer, self.notices, self.clock.now)

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
