"""The computer's clock is set back an hour: nothing is done twice, and nothing waits longer than that hour."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

import pytest

from tests.journeys.making import assert_made_once, events
from tests.journeys.one_time_link import secrets, state
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import ADD_PASSWORD, CREATE_APPLICATION
from tests.sandbox.slack import faults as slack_faults
from tests.sandbox.trouble import Fault

BACK = timedelta(hours=-1)


@pytest.fixture
def twin(world: World) -> Iterator[Twin]:
    """A second instance beside the world's own, over the same database."""
    made = Twin(world)
    yield made
    made.stop()


def an_hour_passes(world: World) -> None:
    """Let the hour pass that is lived a second time, and a little more."""
    for _ in range(8):
        world.advance(minutes=10)


def said(world: World) -> list[str]:
    """Everything that stands in the channel and in Ada's messages, each as it reads now."""
    channel = world.around.person("grace").messages(world.around.channel)
    return [message.reads for message in (*channel, *world.around.person("ada").dm)]


def asked(world: World) -> None:
    """Somebody has just asked, and nothing was said yet."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    assert ada.submit().closed


def card_in_doubt(world: World) -> None:
    """The card was posted, and the answer lost."""
    asked(world)
    world.slack.trouble.add(slack_faults.posted_then_lost())
    world.settle()


def creation_in_doubt(world: World) -> None:
    """The application was made, and the answer lost, so that it is tried again in a while."""
    world.ask()
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    world.entra.trouble.add(faults.unavailable(times=40))
    world.approve()
    world.entra.trouble.clear()


def too_many_messages(world: World) -> None:
    """Slack has just said that messages come too fast."""
    asked(world)
    world.slack.trouble.add(slack_faults.rate_limited("chat.postMessage", seconds=30))
    world.settle()


@pytest.mark.parametrize("before", [asked, card_in_doubt, creation_in_doubt, too_many_messages])
def test_work_in_hand(world: World, before: Callable[[World], None]) -> None:
    """Whatever waited for a moment that is an hour away again is done within that hour, once."""
    before(world)
    world.clock.advance(BACK)
    world.settle()
    an_hour_passes(world)
    if "request:approve" not in events(world):
        world.approve()
    an_hour_passes(world)

    assert_made_once(world)
    assert len(said(world)) == len(set(said(world)))


@pytest.mark.parametrize("back", [BACK, timedelta(seconds=-1)], ids=["an hour", "a second"])
def test_a_change_after_it(world: World, monkeypatch: pytest.MonkeyPatch, back: timedelta) -> None:
    """What changed after the clock was set back stands in Slack in the end, though the messages before it waited."""
    ticks = count()
    clock = SimpleNamespace(time_ns=lambda: int(world.clock.now().timestamp() * 1e9) + next(ticks))
    monkeypatch.setattr("bot.identifiers.time", clock)
    asked(world)
    world.slack.trouble.add(slack_faults.posted_then_lost(times=2))
    world.settle()
    world.clock.advance(back)
    world.around.person("ada").click(world.around.person("ada").dm[-1], "withdraw")
    world.settle()
    an_hour_passes(world)

    (own,) = world.around.person("ada").dm
    assert "*Withdrawn*" in world.card().reads
    assert "You withdrew this request" in own.reads


def test_a_lease_is_not_held_twice(world: World, twin: Twin) -> None:
    """What an instance has in hand while the clock is set back stays in its hand alone."""
    world.ask()
    done: list[int] = []

    def meanwhile() -> None:
        world.clock.advance(BACK)
        twin.bot.settle()
        done.append(len(world.entra.applications))

    world.entra.trouble.add(Fault(match=CREATE_APPLICATION, act=meanwhile))
    world.approve()
    an_hour_passes(world)

    assert done == [0]
    assert [name for name in world.entra.journal.calls("POST /v1.0/applications") if name.endswith("applications")] == [
        "POST /v1.0/applications"
    ]
    assert_made_once(world)


def test_an_instance_that_died(world: World, twin: Twin) -> None:
    """What a dead instance had in hand is taken over when its lease is over, an hour later at most."""
    world.ask()
    world.around.person("grace").click(world.card(), "approve")
    now = world.clock.now()
    claimed = world.bot.store.provisioning.claim("of-somebody-dead", now=now, until=now + timedelta(minutes=2))
    world.clock.advance(BACK)
    twin.bot.settle()
    too_early = len(world.entra.applications)
    for _ in range(7):
        world.clock.advance(timedelta(minutes=10))
        twin.bot.settle()

    assert claimed is not None
    assert too_early == 0
    assert_made_once(world)


def test_a_link(world: World) -> None:
    """A link is good an hour longer and opens once; a press that was under way is not lost."""
    world.ask()
    world.approve()
    token = world.press()
    world.entra.trouble.add(Fault(match=ADD_PASSWORD, act=lambda: world.clock.advance(BACK)))
    shown = world.reveal(token).json()["secret"]
    again = world.reveal(token)
    an_hour_passes(world)

    assert [password.hint for password in secrets(world)] == [shown[:3]]
    assert state(again) == "viewed"


def test_reminders(world: World) -> None:
    """A day's reminder that was sent is not sent again when its hour comes twice."""
    world.ask()
    world.approve()
    world.secret()
    world.advance(days=120, hours=1)
    sent = [message.reads for message in world.around.person("ada").dm if "Rotate now" in str(message.blocks)]
    world.clock.advance(BACK)
    world.settle()
    an_hour_passes(world)
    later = [message.reads for message in world.around.person("ada").dm if "Rotate now" in str(message.blocks)]

    assert len(sent) == 1
    assert later == sent
