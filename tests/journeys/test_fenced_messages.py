"""A courier that is slow, and what becomes of what it says in Slack when another instance has taken its work over.

The slow one is held inside a call to Slack, while the clock moves past its lease and the other one does the work.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Literal

import pytest
from slack_sdk import WebClient

from bot.events import AuditEvent
from storage.pace import EVERY
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.slack import faults
from tests.sandbox.slack.records import Message
from tests.sandbox.trouble import Fault

POST = " /api/chat.postMessage$"
EDIT = " /api/chat.update$"
HISTORY = " /api/conversations.history$"
DELETE = " /api/chat.delete$"


@pytest.fixture
def twin(world: World) -> Iterator[Twin]:
    """The instance that is not slow."""
    made = Twin(world)
    yield made
    made.stop()


def hold(
    world: World, match: str, meanwhile: Callable[[], object], when: Literal["before", "after"] = "before"
) -> None:
    """Hold a call of the slow instance until its lease has passed and something was done meanwhile."""

    def act() -> None:
        world.clock.advance(timedelta(seconds=61))
        meanwhile()

    world.slack.trouble.add(Fault(match=match, act=act, when=when))


def cards(world: World) -> list[Message]:
    """The messages in the approvers' channel that are in no thread."""
    return [m for m in world.around.person("grace").messages(world.around.channel) if not m.thread_ts]


def asked(world: World, person: str = "ada") -> None:
    """Somebody has just asked, and nothing was said yet."""
    hands = world.around.person(person)
    hands.command("/register-app")
    world.fill(person)
    assert hands.submit().closed


def maybe_twice(world: World) -> int:
    """How many messages may have been said twice, by the audit."""
    return world.bot.store.audit.times(AuditEvent.MESSAGE_MAYBE_TWICE)


def test_a_link_that_another_sent(world: World, twin: Twin) -> None:
    """A courier that wakes up after another instance sent the link makes no new token: the link in Slack opens."""
    world.ask()
    world.around.person("grace").click(world.card(), "approve")
    world.slack.trouble.add(faults.down("chat.postMessage", times=50))
    world.settle()
    world.slack.trouble.clear()
    hold(world, HISTORY, twin.bot.settle, "after")
    world.advance(seconds=3)
    links = [message for message in world.around.person("ada").dm if "secret#" in str(message.blocks)]

    assert len(links) == 1
    assert "secret" in world.reveal(world.press()).json()


def test_a_late_edit(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """An edit that arrives after another instance drew a newer state is followed by one that draws it again."""
    world.ask()
    hold(world, EDIT, twin.bot.settle)
    with caplog.at_level(logging.WARNING):
        world.approve()
    dm = world.around.person("ada").dm[0]

    assert "A card was sent too late for its lease." in caplog.text
    assert "*Done; the application exists.*" in world.card().reads
    assert "Done: the application exists" in dm.reads
    assert world.bot.store.outbox.oldest_waiting() is None


def test_a_late_post_that_nobody_knows_of(world: World, twin: Twin) -> None:
    """A late post stays and is counted as long as nobody knows of another; whoever has it now finds it."""
    asked(world)
    hold(world, POST, twin.bot.settle)
    world.slack.trouble.add(faults.down("chat.postMessage"))
    world.settle()
    counted = maybe_twice(world)
    world.advance(minutes=5)

    assert (counted, maybe_twice(world), len(cards(world))) == (1, 1, 1)


def test_a_slow_courier_before_it_posts(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A courier whose edit cannot be made finds its lease run out before it posts anew what another posted anew."""
    world.ask()
    with world.slack.workspace.changing():
        world.slack.workspace.delete(world.card())
    world.around.person("ada").click(world.around.person("ada").dm[-1], "withdraw")
    hold(world, EDIT, twin.bot.settle)
    with caplog.at_level(logging.WARNING):
        world.settle()

    assert len(cards(world)) == 1
    assert "A card is left to who took it over" in caplog.text


def test_a_slow_courier_before_it_edits(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A courier that may not look and finds its lease run out leaves the edit to who took it over."""
    world.slack.scopes.discard("groups:history")
    world.ask()
    world.slack.trouble.add(faults.down("chat.update"))
    world.around.person("ada").click(world.around.person("ada").dm[-1], "withdraw")
    world.settle()
    hold(world, HISTORY, twin.bot.settle)
    with caplog.at_level(logging.WARNING):
        world.advance(seconds=3)

    assert "A card is left to who took it over" in caplog.text
    assert "too late" not in caplog.text
    assert "*Withdrawn*" in world.card().reads


def test_a_long_look(world: World, twin: Twin) -> None:
    """A look-up of many pages that takes longer than a lease keeps the message in the hands of who looks."""
    asked(world)
    world.slack.trouble.add(faults.down("chat.postMessage"))
    world.settle()
    client = WebClient(world.slack.bot_token, base_url=world.slack.api_url, retry_handlers=[])
    for number in range(250):
        client.chat_postMessage(channel=world.around.channel, text=f"Something else, {number}")
    held: list[int] = []

    def act() -> None:
        world.clock.advance(timedelta(seconds=40))
        held.append(len(cards(world)))
        twin.bot.settle()

    world.slack.trouble.add(Fault(match=HISTORY, when="after", act=act, times=3))
    world.advance(minutes=1)

    assert held == [250, 250, 250]
    assert len(world.slack.journal.calls("conversations.history")) == len(held)
    assert len(cards(world)) == 251
    assert maybe_twice(world) == 0


def test_nobody_waits_for_slack(world: World, twin: Twin) -> None:
    """While a late post is being taken back the database is free for everybody who writes."""
    asked(world)
    found: list[bool] = []

    def act() -> None:
        connection = sqlite3.connect(world.database, timeout=0, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        found.append(connection.in_transaction)
        connection.close()

    hold(world, POST, twin.bot.settle)
    world.slack.trouble.add(Fault(match=DELETE, act=act))
    world.settle()

    assert found == [True]
    assert len(cards(world)) == 1


def test_taking_back_takes_its_turn(world: World, twin: Twin) -> None:
    """While Slack refuses deletions, as another instance was told, none is asked for, and the late post is counted."""
    asked(world)

    def meanwhile() -> None:
        twin.bot.settle()
        until = world.clock.now() + timedelta(seconds=30)
        twin.bot.store.pace.limit("chat.delete", EVERY, until=until, paced_until=until, now=world.clock.now())

    hold(world, POST, meanwhile)
    world.settle()

    assert world.slack.journal.calls("chat.delete") == []
    assert (len(cards(world)), maybe_twice(world)) == (2, 1)


def test_taking_back_is_refused(world: World, twin: Twin) -> None:
    """When Slack refuses a deletion as too soon, every instance knows until when."""
    asked(world)
    hold(world, POST, twin.bot.settle)
    world.slack.trouble.add(faults.rate_limited("chat.delete", seconds=30))
    world.settle()
    now = world.clock.now()

    assert twin.bot.store.pace.held_until("chat.delete", now=now) == now + timedelta(seconds=30)


@pytest.mark.parametrize("trouble", [faults.rate_limited, faults.down, faults.unreachable])
def test_a_late_post_that_stays(world: World, twin: Twin, trouble: Callable[[str], Fault]) -> None:
    """A late post that cannot be taken back is counted."""
    asked(world)
    hold(world, POST, twin.bot.settle)
    world.slack.trouble.add(trouble("chat.delete"))
    world.settle()

    assert (len(cards(world)), maybe_twice(world)) == (2, 1)
