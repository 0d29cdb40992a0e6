"""An instance that is slow loses its work to another, finds out before it acts or records, and nothing happens twice.

The slow one is held inside a call of its own: while Entra or Slack has the call in hand, the clock moves past the
lease and the other instance does the work; then the call of the slow one goes through.
"""

import json
import logging
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from bot.lifecycle import LinkStage
from bot.orphans import LEASE
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.lateness import held, links_sent, passwords, told, work
from tests.journeys.one_time_link import newest_link
from tests.journeys.test_link_abandoned import mint_as_a_dead_process_did
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.trouble import Fault
from tests.sandbox.wire import Exchange

POST = "POST /api/chat.postMessage$"
LIST = r"GET /v1\.0/applications"
# Long enough for the other instance to look for work meanwhile.
SLOW_SECONDS = 0.2
TABLE = (Path(__file__).parents[2] / "docs" / "instances.md").read_text()


def test_one_assessment(world: World, twin: Twin) -> None:
    """Of two instances that find a new request at the same moment one asks Entra what surrounds it."""
    looking = "GET /v1.0/applications"
    other: list[object] = []
    world.entra.trouble.add(Fault(match=looking, act=lambda: other.append(work(twin.bot, "assessments"))))
    world.ask()

    assert other == [False]
    assert len(world.entra.journal.calls(looking)) == 1


def test_a_late_press(approved: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A secret that was minted too late is shown to nobody and removed; the other instance's is the only one."""
    shown = []
    token = approved.press()

    def meanwhile() -> None:
        twin.bot.settle()
        with twin.in_front():
            approved.press()
            shown.append(twin.reveal(token).json())

    approved.entra.trouble.add(held(approved, faults.ADD_PASSWORD, meanwhile, minutes=3))
    with caplog.at_level(logging.WARNING):
        late = approved.reveal(token).json()

    assert "secret" in shown[0]
    assert "secret" not in late
    assert passwords(approved) == 1
    assert "was lost while minting" in caplog.text


def test_a_press_that_lost_its_link_mints_nothing(
    approved: World, twin: Twin, caplog: pytest.LogCaptureFixture
) -> None:
    """A press that was too slow before Entra was asked for the secret does not ask for one."""
    abandon(approved)
    token, shown = approved.press(), []

    def meanwhile() -> None:
        with twin.in_front():
            approved.press()
            shown.append(twin.reveal(token).json())

    listing = held(approved, LIST, meanwhile, minutes=3)
    # What is listed was listed before the other one minted, so that there is nothing to be removed.
    listing.when = "after"
    approved.entra.trouble.add(listing)
    with caplog.at_level(logging.WARNING):
        late = approved.reveal(token).json()

    assert "secret" in shown[0]
    assert "secret" not in late
    assert len(approved.entra.journal.calls("/addPassword")) == 1
    assert "somebody else has the link" in caplog.text


def with_long_calls(world: World) -> list[bool]:
    """Let each call of Entra's take nearly as long as the lease; whether another could take the link then, by call."""
    taken: list[bool] = []

    def a_long_call() -> None:
        world.clock.advance(LEASE * 0.8)
        now = world.clock.now()
        taken.append(world.bot.store.links.take_over("another's", now=now, until=now + LEASE) is not None)

    world.entra.trouble.add(Fault(match=faults.ANY_CALL, act=a_long_call, times=10**6))
    return taken


def abandon_after_two(world: World) -> None:
    """Let two secrets stand in Entra of which no row knows, and their link be abandoned."""
    for _ in range(2):
        mint_as_a_dead_process_did(world, newest_link(world))
    abandon(world)


def test_a_long_press(approved: World) -> None:
    """A press holds its link as long as it gets on with what a dead one left, however long all its calls take."""
    abandon_after_two(approved)
    token = approved.press()
    taken = with_long_calls(approved)
    answer = approved.reveal(token)

    # The list, two secrets that nobody saw, and the new one.
    assert taken == [False] * 4
    assert "secret" in answer.json()
    assert passwords(approved) == 1


def test_a_long_recovery(approved: World) -> None:
    """Who cleans up behind a dead press holds its link from one removal to the next."""
    abandon_after_two(approved)
    taken = with_long_calls(approved)
    work(approved.bot, "abandoned presses")

    assert taken == [False] * 3
    assert passwords(approved) == 0
    assert newest_link(approved).stage is LinkStage.OPEN


def test_a_late_recovery(approved: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """Who cleans up too late behind an abandoned press leaves alone the secret that was shown meanwhile."""
    abandon(approved)
    token, shown = approved.press(), []

    def meanwhile() -> None:
        twin.bot.settle()
        with twin.in_front():
            approved.press()
            shown.append(twin.reveal(token).json())

    approved.entra.trouble.add(held(approved, LIST, meanwhile, minutes=3))
    with caplog.at_level(logging.WARNING):
        approved.settle()

    assert "secret" in shown[0]
    assert passwords(approved) == 1
    assert "somebody else has the link" in caplog.text


def abandon(world: World) -> None:
    """Let a process die in the middle of a press: it minted, and recorded nothing."""
    link = world.bot.store.database.all("SELECT id, application_id FROM links")[0]
    now = world.clock.now()
    world.press()
    assert world.bot.store.links.claim(link["id"], "dead", now=now, until=now + timedelta(minutes=2))
    world.clock.advance(timedelta(minutes=3))


def test_one_sweep(approved: World, twin: Twin) -> None:
    """Two instances that search the same ended link search it once."""
    store = approved.bot.store
    approved.secret()
    link = store.database.all("SELECT id FROM links")[0]["id"]
    store.links.sweep_later(link, at=approved.clock.now(), times=1)
    other: list[object] = []
    approved.entra.trouble.add(Fault(match=LIST, act=lambda: other.append(work(twin.bot, "sweeps"))))

    assert (work(approved.bot, "sweeps"), other) == (True, [False])


def test_a_late_post(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A message that arrives in Slack after another instance sent it is taken back, and the log says so."""
    world.slack.trouble.add(held(world, POST, twin.bot.settle, seconds=61))
    with caplog.at_level(logging.WARNING):
        world.ask()

    cards = [m for m in world.around.person("grace").messages(world.around.channel) if not m.thread_ts]
    assert len(cards) == 1
    assert "too late for its lease" in caplog.text
    world.approve()
    assert "Done" in world.card().reads or "exists" in world.card().reads


def test_a_slow_courier(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A courier that finds its lease run out before it posts leaves the message to who took it over."""
    world.slack.trouble.add(Fault(match=POST, status=503, body={"ok": False, "error": "service_unavailable"}))
    world.ask()
    looking = r" /api/conversations.history$"
    slow = held(world, looking, twin.bot.settle, seconds=61)
    slow.when = "after"
    world.slack.trouble.add(slow)
    with caplog.at_level(logging.WARNING):
        world.advance(seconds=3)

    assert len([m for m in world.slack.workspace.messages if m.channel == world.around.channel]) == 1
    assert "this process was too slow" in caplog.text


def rotate(world: World) -> None:
    """Let a secret be rotated, and its owners be warned that the old one is removed in a day."""
    world.secret()
    world.advance(days=175)
    ada = world.around.person("ada")
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    world.advance(days=6, hours=1)


def test_one_removal(approved: World, twin: Twin) -> None:
    """While one instance removes a secret, and however Entra takes its time, another does not ask for it."""
    rotate(approved)
    other: list[object] = []

    def meanwhile() -> None:
        other.append(work(twin.bot, "retired secrets"))

    approved.entra.trouble.add(held(approved, faults.REMOVE_PASSWORD, meanwhile, minutes=6))
    approved.advance(days=1)

    # The token ran out while the call was held, so that it was made again with a new one.
    removals = [e.status for e in approved.entra.journal.exchanges if e.call.endswith("/removePassword")]

    assert (other, removals) == ([False], [401, 204])
    assert told(approved, "was removed from Entra") == 1


def test_a_late_removal(approved: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A removal that two instances carry out is recorded and told once."""
    rotate(approved)
    approved.entra.trouble.add(held(approved, faults.REMOVE_PASSWORD, twin.bot.settle, minutes=16))
    with caplog.at_level(logging.WARNING):
        approved.advance(days=1)

    assert passwords(approved) == 1
    assert told(approved, "was removed from Entra") == 1
    assert "recorded by another process" in caplog.text


def test_one_removal_of_a_leftover(world: World, twin: Twin) -> None:
    """What a refused request left is removed by one instance at a time, and a refusal of that is told once."""
    refused = faults.refused(faults.CREATE_SERVICE_PRINCIPAL, 403, "Authorization_RequestDenied", "No.")
    world.entra.trouble.add(refused)
    again = faults.refused(faults.DELETE_APPLICATION, 403, "Authorization_RequestDenied", "No.", times=2)
    again.act = twin.bot.settle
    world.entra.trouble.add(again)
    world.ask()
    world.approve()

    assert told(world, "could not be removed") == 1


def test_two_daily_rounds(approved: World, twin: Twin) -> None:
    """Two instances that walk the daily round at the same time remind once."""
    approved.secret()
    approved.clock.advance(timedelta(days=175))
    for bot in (approved.bot, twin.bot):
        bot.use_cases.reminders.remind_due()
    twin.bot.settle()
    approved.settle()

    assert told(approved, "ends in 5 days") == 1


def posted(world: World) -> list[str]:
    """Which entry of the outbox each post was of, in order, whatever became of it."""
    posts = [json.loads(e.request_body) for e in world.slack.journal.exchanges if re.search(POST, e.call)]
    return [post["metadata"]["event_payload"]["entry"] for post in posts]


def approved_and_not_begun(world: World) -> list[str]:
    """Let some requests be approved, and nobody work on them; return their names."""
    names = [f"App {number}" for number in range(6)]
    for name in names:
        world.ask(display_name=name)
        world.around.person("grace").click(world.card(), "approve")
    return names


@BOTH_ENGINES
def test_two_schedulers(world: World, twin: Twin) -> None:
    """Two processes whose schedulers walk every round at the same moments do each piece of work once.

    Entra and Slack take their time, so that each looks for work while the other has some in hand.
    """
    names = approved_and_not_begun(world)
    all_sent = threading.Event()

    def listen(_exchange: Exchange) -> None:
        if links_sent(world) >= len(names):
            all_sent.set()

    world.entra.trouble.add(faults.slow(faults.CREATE_APPLICATION, SLOW_SECONDS, times=100))
    world.slack.trouble.add(Fault(match=POST, seconds=SLOW_SECONDS, times=100))
    world.slack.journal.listeners.append(listen)
    world.bot.start()
    twin.bot.start()
    in_time = all_sent.wait(60)
    world.bot.clock.stop()
    twin.bot.clock.stop()

    assert in_time
    assert sorted(application.display_name for application in world.entra.applications) == names
    assert len(world.entra.journal.calls("POST /v1.0/applications")) == len(names)
    assert len(world.entra.journal.calls("POST /v1.0/servicePrincipals")) == len(names)
    assert links_sent(world) == len(names)
    assert len(posted(world)) == len(set(posted(world)))


def test_the_table_names_tests() -> None:
    """Every test that the table of docs/instances.md names exists."""
    tests = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", TABLE))

    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []
