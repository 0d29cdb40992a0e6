"""What the fleet is measured by: a right end is taken for right, and each wrong one is noticed."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.fleet_end import besides, should, stands
from tests.journeys.fleet_people import FATES, Fate, Requester
from tests.journeys.world import World
from tests.sandbox.surroundings import Surroundings

NAMES: dict[Fate, str] = {fate: f"App {fate}" for fate in dict.fromkeys(FATES)}


@dataclass(kw_only=True)
class Ended:
    """One small world in which one request of each fate has come to its end."""

    world: World
    requester: Requester

    def faults(self) -> list[str]:
        """What does not stand as it should."""
        store = self.world.bot.store
        wrong = [
            name
            for fate, name in NAMES.items()
            if stands(name, self.requester.place, store, self.requester) != should(name, fate, self.requester)
        ]
        return [*wrong, *besides(self.requester.place, store, list(NAMES.values()))]

    def application(self) -> Any:
        """The one whose secret was shown."""
        return next(one for one in self.world.entra.applications if one.display_name == NAMES["opened"])

    def messages(self, *, cards: bool) -> list[Any]:
        """What stands in the approvers' channel, or everywhere else."""
        return [m for m in self.world.slack.workspace.messages if (m.channel == self.world.around.channel) is cards]


@dataclass(kw_only=True)
class HomePlace:
    """Where these people live: a bot of one instance that does not die."""

    world: World
    around: Surroundings = field(init=False)

    def __post_init__(self) -> None:
        self.around = self.world.around

    def route(self) -> str:
        """Where the bot is."""
        return self.world.server.url

    def advance(self, distance: timedelta) -> None:
        """Let time pass."""
        self.world.clock.advance(distance)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """Every fate, lived to its end once."""
    world = World(folder=Path(tmp_path_factory.mktemp("fleet-end")))
    world.entra.add_person("Requester", "requester@contoso.example")
    person = world.slack.add_person("Requester", "requester@contoso.example")
    requester = Requester(place=HomePlace(world=world), id=person, name="Requester", approving=threading.Lock())
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            world.settle()

    working = threading.Thread(target=work)
    working.start()
    for fate, name in NAMES.items():
        requester.see_through(name, fate)
    over.set()
    working.join()
    for _ in range(2):
        world.advance(days=8)
    yield Ended(world=world, requester=requester)
    world.stop()


def test_the_right_end(lived: Ended) -> None:
    """Where nothing went wrong, nothing is noticed."""
    assert lived.faults() == []


def owners(ended: Ended) -> Callable[[], object]:
    """An application has lost its owners."""
    kept, its = list(ended.application().owners), ended.application().owners
    its.clear()
    return lambda: its.extend(kept)


def reply_url(ended: Ended) -> Callable[[], object]:
    """It answers somebody else."""
    body = ended.application().body
    before = body["web"]
    body["web"] = {**before, "redirectUris": ["https://elsewhere.example/"]}
    return lambda: body.update(web=before)


def audience(ended: Ended) -> Callable[[], object]:
    """It lets in everybody's people."""
    body = ended.application().body
    before = body["signInAudience"]
    body["signInAudience"] = "AzureADMultipleOrgs"
    return lambda: body.update(signInAudience=before)


def another_secret(ended: Ended) -> Callable[[], object]:
    """Its one secret is not the one that was shown."""
    its = ended.application().passwords
    before = list(its)
    its[:] = [replace(before[0], hint="zzz")]
    return lambda: its.__setitem__(slice(None), before)


def _deleted(messages: list[Any]) -> Callable[[], object]:
    gone = [message for message in messages if not message.deleted]

    def set_all(value: bool) -> None:  # noqa: FBT001 - one word
        for message in gone:
            message.deleted = value

    set_all(True)
    return lambda: set_all(False)


def nothing_said(ended: Ended) -> Callable[[], object]:
    """Nobody was told anything."""
    return _deleted(ended.messages(cards=False))


def no_cards(ended: Ended) -> Callable[[], object]:
    """The approvers' channel is empty."""
    return _deleted(ended.messages(cards=True))


def stale_card(ended: Ended) -> Callable[[], object]:
    """A denied request's card still asks for a decision."""
    card = next(m for m in ended.messages(cards=True) if NAMES["denied"] in m.text and not m.thread_ts)
    before = card.versions
    card.versions = before[:1]
    return lambda: setattr(card, "versions", before)


def twin_card(ended: Ended) -> Callable[[], object]:
    """A card stands twice."""
    messages: list[Any] = ended.world.slack.workspace.messages
    messages.append(replace(next(m for m in ended.messages(cards=True) if not m.thread_ts), ts="1.9"))
    return messages.pop


def no_live_secret(ended: Ended) -> Callable[[], object]:
    """The database holds no secret for live."""
    database = ended.world.bot.store.database
    database.run("UPDATE credentials SET state = 'removed'")
    return lambda: database.run("UPDATE credentials SET state = 'live'")


def altered_audit(ended: Ended) -> Callable[[], object]:
    """Somebody put their name into the audit."""
    database, alter = ended.world.bot.store.database, "UPDATE audit SET actor = :actor WHERE seq = 5"
    before = (database.one("SELECT actor FROM audit WHERE seq = 5") or {})["actor"]
    database.run(alter, actor="UEVE")
    return lambda: database.run(alter, actor=before)


@pytest.mark.parametrize(
    "wrong",
    [
        owners,
        reply_url,
        audience,
        another_secret,
        nothing_said,
        no_cards,
        stale_card,
        twin_card,
        no_live_secret,
        altered_audit,
    ],
)
def test_a_wrong_end(lived: Ended, wrong: Callable[[Ended], Callable[[], object]]) -> None:
    """Whatever is wrong at the end, wherever it stands, is noticed."""
    mend = wrong(lived)
    noticed = lived.faults()
    mend()

    assert noticed
    assert lived.faults() == []
