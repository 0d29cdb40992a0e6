"""A burst of messages goes out at Slack's pace: all of them, once, the oldest first, however many instances send."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from slack_sdk import WebClient

from bot.links import Links
from bot.policy import Policy
from bot.records import Note
from bot.reminders import Reminders
from handlers.courier import Courier
from handlers.notices import SlackNotices
from handlers.pace import LONGEST_PAUSE, PACED_FOR
from handlers.rendering import Renderer
from storage import SQLITE, Store, open_store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.handlers.extremes import PLACE
from tests.handlers.post_room import REQUEST, PostRoom
from tests.sandbox.slack import Slack, faults
from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.pace import Pace
from tests.sandbox.slack.workspace import Workspace
from tests.sandbox.timepiece import HeldClock
from tests.sandbox.trouble import Fault

DUE = 500
PEOPLE = 111


@dataclass(kw_only=True)
class PostOffice:
    """Two couriers, each with its own connection to one database, and many people to write to."""

    slack: Slack
    folder: Path
    clock: HeldClock
    stores: tuple[Store, Store] = field(init=False)
    couriers: tuple[Courier, ...] = field(init=False)
    people: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.people = [self.slack.add_person(f"Person {n}", f"p{n}@contoso.example") for n in range(PEOPLE)]
        self.stores = (self._open(), self._open())
        self.couriers = tuple(self._courier(store) for store in self.stores)

    def _open(self) -> Store:
        store = open_store(f"{SQLITE}{self.folder / 'x.sqlite3'}")
        store.migrate(NOW)
        return store

    def _courier(self, store: Store) -> Courier:
        notices = SlackNotices(store, self.clock.now, "C0CHANNEL")
        links = Links(store, notices, Policy(), self.clock.now, PLACE.tenant_id)
        client = WebClient(self.slack.bot_token, base_url=self.slack.api_url, retry_handlers=[])
        renderer = Renderer(store, links, Policy(), PLACE, self.clock.now)
        return Courier(store, client, renderer, notices, self.clock.now)

    @property
    def notices(self) -> SlackNotices:
        """What queues messages."""
        return SlackNotices(self.stores[0], self.clock.now, "C0CHANNEL")

    def tell(self, person: int, word: str) -> None:
        """Queue a word to one person."""
        self.notices.person_told(self.people[person], Note(kind="your_request_lapsed", facts={"request": word}))

    def deliver(self) -> None:
        """Let the couriers take turns until neither finds anything to do."""
        while sum(courier.deliver_next() for courier in self.couriers):
            pass

    def after(self, **distance: float) -> None:
        """Let time pass, and send what became due."""
        self.clock.advance(timedelta(**distance))
        self.deliver()

    def posted(self, person: int | None = None) -> list[str]:
        """The names of the entries that were posted, in Slack's order; to one person, or to all."""
        channels = None if person is None else {self.slack.workspace.im_with(self.people[person]).id}
        return [
            (message.metadata or {})["event_payload"]["entry"]
            for message in self.slack.workspace.messages
            if channels is None or message.channel in channels
        ]

    @property
    def refused(self) -> int:
        """How often Slack said 429."""
        return sum(exchange.status == 429 for exchange in self.slack.journal.exchanges)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[PostOffice]:
    """A post office of one's own."""
    clock = HeldClock(NOW)
    with Slack(clock.now) as slack:
        made = PostOffice(slack=slack, folder=tmp_path, clock=clock)
        yield made
        for store in made.stores:
            store.close()


def remind(office: PostOffice) -> None:
    """Let the daily round find many secrets due: one person owns sixty of the applications, the others four each."""
    store = office.stores[0]
    with store.transaction():
        for number in range(1, DUE + 1):
            person = 0 if number <= 60 else number % (PEOPLE - 1) + 1
            owner = nouns.owner(person_id=office.people[person])
            store.requests.add(nouns.request(number, requester=owner))
            store.applications.add(nouns.application(number, owners=(owner,)))
            store.links.add(nouns.link(number))
            ends_at = NOW + timedelta(days=7)
            store.credentials.add(nouns.credential(number, starts_at=ends_at - timedelta(days=365), ends_at=ends_at))
    reminders = Reminders(store, office.notices, Policy(), office.clock.now)
    while reminders.remind_due():
        pass


def test_five_hundred_reminders(office: PostOffice) -> None:
    """Five hundred reminders due at once reach their owners once each, in order, with few refusals by Slack."""
    office.slack.pace.burst = 3
    office.slack.pace.a_minute = 200
    remind(office)
    office.deliver()
    at_once = len(office.posted())
    for _ in range(240):
        office.after(seconds=1)
    attempts = office.stores[0].database.all("SELECT DISTINCT attempts, state FROM outbox")

    assert at_once < DUE
    assert len(office.posted()) == len(set(office.posted())) == DUE
    assert all(office.posted(person) == sorted(office.posted(person)) for person in range(PEOPLE))
    assert [dict(row) for row in attempts] == [{"attempts": 1, "state": "sent"}]
    assert office.refused < 50


def test_the_workspace_is_limited(office: PostOffice) -> None:
    """Where the whole workspace is limited Slack is left alone for as long, and then the oldest goes first."""
    office.slack.pace.a_minute = 5
    for person in range(20):
        office.tell(person, f"REQ-{person}")
    office.deliver()
    first = (len(office.posted()), office.refused)
    office.after(seconds=59)
    waited = (len(office.posted()), office.refused)
    for _ in range(4):
        office.after(seconds=61)

    assert first == waited == (5, 2)
    assert office.posted() == sorted(office.posted())
    assert len(office.posted()) == 20


def test_the_workspaces_pace_is_found(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the workspace takes two messages a second, that costs a few refusals, not one a message."""
    people = 100
    bucket = {"left": 20.0, "at": office.clock.now().timestamp()}

    def check(_pace: Pace, workspace: Workspace, _arguments: Arguments) -> None:
        now = workspace.clock().timestamp()
        bucket.update(left=min(20.0, bucket["left"] + 2 * (now - bucket["at"])), at=now)
        if bucket["left"] < 1:
            raise Refused("ratelimited", status=429, retry_after=1)
        bucket["left"] -= 1

    monkeypatch.setattr(Pace, "check", check)
    for person in range(people):
        office.tell(person, f"REQ-{person}")
    office.deliver()
    seconds = 0
    while len(office.posted()) < people and seconds < 300:
        office.after(seconds=1)
        seconds += 1

    assert office.posted() == sorted(office.posted())
    assert len(office.posted()) == people
    assert office.refused <= 8
    assert seconds < 90


def test_other_channels_go_on(office: PostOffice) -> None:
    """While one person's messages are held, in every instance, the others' go out."""
    office.slack.trouble.add(faults.rate_limited("chat.postMessage", seconds=30))
    office.tell(0, "REQ-1")
    assert office.couriers[0].deliver_next()
    office.tell(0, "REQ-2")
    office.tell(1, "REQ-3")
    office.deliver()
    held = (len(office.posted(0)), len(office.posted(1)), office.refused)
    office.after(seconds=30)

    assert held == (0, 1, 1)
    assert len(office.posted(0)) == 1
    office.after(seconds=1)
    assert office.posted(0) == sorted(office.posted(0))
    assert (len(office.posted(0)), office.refused) == (2, 1)


def redraw(room: PostRoom, number: int) -> None:
    """Have the card and the requester's message drawn again."""
    for kind, recipient in (("card", room.channel), ("request_dm", room.ada.id)):
        name, slot = f"{kind}-{number}", f"{kind}:{REQUEST}"
        room.store.outbox.put(name, kind, REQUEST, recipient, slot=slot, now=room.clock.now())


def test_edits_go_on(room: PostRoom) -> None:
    """While posts to a channel are held, messages in it are edited."""
    redraw(room, 1)
    room.deliver()
    room.slack.trouble.add(faults.rate_limited("chat.postMessage", seconds=30))
    room.notices.approvers_told(REQUEST, Note(kind="lapsed"))
    room.deliver()
    redraw(room, 2)
    room.deliver()

    assert len(room.in_channel) == 1
    assert len(room.in_channel[0].versions) == 2


def test_posts_go_on(room: PostRoom) -> None:
    """While edits are held, everywhere, posts are made; after that there is one edit a second."""
    redraw(room, 1)
    room.deliver()
    room.slack.trouble.add(faults.rate_limited("chat.update", seconds=30))
    redraw(room, 2)
    room.notices.approvers_told(REQUEST, Note(kind="lapsed"))
    room.deliver()
    posted = len(room.in_channel)
    edits = [room.calls("chat.update")]
    for seconds in (29, 1, 1):
        room.after(seconds=seconds)
        edits.append(room.calls("chat.update"))

    assert posted == 2
    assert edits == [1, 1, 2, 3]


@pytest.mark.parametrize("method", ["conversations.open", "conversations.history"])
def test_looking_takes_its_turn(office: PostOffice, method: str) -> None:
    """When Slack refuses to let the bot look for messages in doubt, it is left alone for as long, by every instance."""
    people = 20
    for person in range(people):
        office.tell(person, f"REQ-{person}")
    office.slack.trouble.add(faults.down("chat.postMessage", times=people))
    office.deliver()
    refusal = office.slack.trouble.add(faults.rate_limited(method, seconds=30, times=1000))
    for _ in range(30):
        office.after(seconds=1)
    asked = len(office.slack.journal.calls(method))
    office.slack.trouble.end(refusal)
    for _ in range(120):
        office.after(seconds=1)

    assert asked == 1
    assert len(office.posted()) == len(set(office.posted())) == people


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30),
        ("1.5", 1.5),
        ("0", 1),
        ("-5", 1),
        ("", 1),
        ("30, 30", 1),
        ("soon", 1),
        ("nan", 1),
        ("inf", LONGEST_PAUSE),
        ("1e12", LONGEST_PAUSE),
        ("99999999", LONGEST_PAUSE),
        (format_datetime(NOW + timedelta(seconds=20), usegmt=True), 20),
        (format_datetime(NOW + timedelta(days=20), usegmt=True), LONGEST_PAUSE),
        (format_datetime(NOW - timedelta(days=20), usegmt=True), 1),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 1),
    ],
)
def test_odd_words_about_waiting(room: PostRoom, value: str, seconds: float) -> None:
    """Whatever Retry-After says, the message goes out: after so many seconds or at that date, a minute at most."""
    body = {"ok": False, "error": "ratelimited"}
    room.slack.trouble.add(Fault(match="/api/chat.postMessage$", status=429, headers={"Retry-After": value}, body=body))
    redraw(room, 1)
    room.deliver()
    room.after(seconds=seconds - 0.001)
    before = len(room.in_channel)
    room.after(seconds=0.001)

    assert (before, len(room.in_channel)) == (0, 1)


def test_the_pace_is_forgotten(office: PostOffice) -> None:
    """Some time after a refusal a channel takes as many at once as before."""
    office.slack.trouble.add(faults.rate_limited("chat.postMessage", seconds=1))
    office.tell(0, "REQ-1")
    office.deliver()
    office.after(seconds=1 + PACED_FOR.total_seconds())
    for number in range(3):
        office.tell(0, f"REQ-{number}")
    office.deliver()

    assert len(office.posted(0)) == 4
