"""An instance that is slow loses its work to another, finds out before it acts or records, and nothing happens twice.

The slow one is held inside a call of its own: while Entra or Slack has the call in hand, the clock moves past the
lease and the other instance does the work; then the call of the slow one goes through.
"""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.app import Bot
from bot.lifecycle import RequestState
from bot.making import LEASE
from tests.domain import nouns
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.stage import until
from tests.sandbox.trouble import Fault
from tests.sandbox.wire import Exchange

POST = "POST /api/chat.postMessage$"
FIND = r"GET /v1\.0/applications\(uniqueName="
TABLE = (Path(__file__).parents[2] / "docs" / "instances.md").read_text()


@pytest.fixture
def twin(world: World) -> Iterator[Twin]:
    """The instance that is not slow."""
    made = Twin(world)
    yield made
    made.stop()


def held(world: World, match: str, meanwhile: Callable[[], object], **distance: float) -> Fault:
    """Trouble that holds a call of the slow instance until a lease has passed and something was done meanwhile."""

    def act() -> None:
        world.clock.advance(timedelta(**distance))
        meanwhile()

    return Fault(match=match, act=act)


def passwords(world: World) -> int:
    """How many secrets stand in the tenant."""
    return sum(len(application["passwordCredentials"]) for application in world.entra.snapshot()["applications"])


def told(world: World, word: str) -> int:
    """How many messages of the bot hold a word."""
    return sum(word in message.reads for message in world.slack.workspace.messages if not message.deleted)


def work(bot: Bot, name: str) -> object:
    """Do one piece of one kind of background work; what it says of whether there may be more."""
    return next(entry.work for entry in bot.rounds if entry.name == name)()


def links_sent(world: World) -> int:
    """How many messages with a one-time link Ada sees."""
    return sum("secret#" in str(message.blocks) for message in world.around.person("ada").dm)


@pytest.mark.parametrize("world", ["postgres"], indirect=True)
def test_claimed_while_another_writes(world: World, twin: Twin) -> None:
    """On PostgreSQL a request is claimed while another instance writes; what the claim leads to waits for its turn."""
    request_id = world.ask()
    world.around.person("grace").click(world.card(), "approve")
    store, worker = twin.bot.store, threading.Thread(target=work, args=(world.bot, "provisioning"))

    def is_claimed() -> bool:
        found = store.requests.get(request_id)
        return found is not None and found.state is RequestState.PROVISIONING

    with store.transaction():
        worker.start()
        until(is_claimed)
    worker.join(30)

    assert len(world.entra.applications) == 1


def test_one_assessment(world: World, twin: Twin) -> None:
    """Of two instances that find a new request at the same moment one asks Entra what surrounds it."""
    looking = "GET /v1.0/applications"
    other: list[object] = []
    world.entra.trouble.add(Fault(match=looking, act=lambda: other.append(work(twin.bot, "assessments"))))
    world.ask()

    assert other == [False]
    assert len(world.entra.journal.calls(looking)) == 1


def taken_over(world: World) -> bool:
    """Whether another worker can claim the request now; then it has it."""
    now = world.clock.now()
    return world.bot.store.provisioning.claim("another's", now=now, until=now + LEASE) is not None


def test_steps_that_take_long(world: World) -> None:
    """A worker holds its request as long as it gets on, though all steps together take much longer than the lease."""
    world.ask(co_owners=("alan",))
    world.around.person("grace").click(world.card(), "approve")
    other: list[bool] = []

    def a_long_call() -> None:
        world.clock.advance(LEASE * 0.8)
        other.append(taken_over(world))

    world.entra.trouble.add(Fault(match=faults.ANY_CALL, act=a_long_call, times=10**6))
    work(world.bot, "provisioning")
    world.entra.trouble.clear()
    world.settle()

    assert other == [False] * 7
    assert (len(world.entra.applications), links_sent(world)) == (1, 1)


def test_throttled_at_every_call(world: World) -> None:
    """With ten co-owners, and every call throttled once, the application is made at the first try."""
    names = [f"co{number}" for number in range(10)]
    for name in names:
        world.entra.add_person(name, f"{name}@contoso.example")
        world.around.ids[name] = world.slack.add_person(name, f"{name}@contoso.example")
    world.ask(co_owners=names)
    world.around.person("grace").click(world.card(), "approve")
    other: list[bool] = []

    def every_other_call(skip: int) -> None:
        throttled = faults.throttled(45)
        throttled.skip, throttled.act = skip, lambda: every_other_call(1)
        world.entra.trouble.add(throttled)
        other.append(taken_over(world) if skip else False)

    every_other_call(0)
    began = world.clock.now()
    world.settle()

    assert world.clock.now() - began > LEASE
    assert not any(other)
    assert [row["attempts"] for row in world.bot.store.database.all("SELECT attempts FROM app_requests")] == [1]
    assert len(world.entra.applications) == 1


def late_in_provisioning(world: World, twin: Twin, call: str) -> None:
    """The slow instance is held at a call; the other one brings the request to its end."""
    world.ask()
    world.entra.trouble.add(held(world, call, twin.bot.settle, minutes=6))
    world.approve()


def test_a_late_creation(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A creation that arrives after another instance made the application makes no second one."""
    with caplog.at_level(logging.WARNING):
        late_in_provisioning(world, twin, faults.CREATE_APPLICATION)

    assert (len(world.entra.applications), links_sent(world)) == (1, 1)
    assert len(world.bot.store.database.all("SELECT id FROM links")) == 1
    assert "The lease on REQ-" in caplog.text
    assert [row["state"] for row in world.bot.store.database.all("SELECT state FROM app_requests")] == ["fulfilled"]


def test_a_late_answer_about_a_creation(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """Whose creation was adopted by another instance before its answer came records nothing of it any more."""
    late = held(world, faults.CREATE_APPLICATION, twin.bot.settle, minutes=6)
    late.when = "after"
    world.ask()
    world.entra.trouble.add(late)
    with caplog.at_level(logging.WARNING):
        world.approve()
    said = [row["event"] for row in world.bot.store.audit.rows() if row["event"].startswith("application:")]

    assert (len(world.entra.applications), links_sent(world)) == (1, 1)
    assert said == ["application:adopt"]
    assert "The lease on REQ-" in caplog.text


def test_a_late_creation_without_unique_names(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """Where Entra lets two be made, the one that came too late is removed again, and the words about it are true."""
    world.entra.refuse_unique_name = True
    world.ask()
    # The first POST, with the name, is refused, and the second is the creation.
    late = held(world, faults.CREATE_APPLICATION, twin.bot.settle, minutes=6)
    late.skip = 1
    world.entra.trouble.add(late)
    with caplog.at_level(logging.WARNING):
        world.approve()
    kept = world.bot.store.applications.of_owner(world.around.ids["ada"])

    assert [application.object_id for application in kept] == [found.id for found in world.entra.applications]
    assert world.entra.deleted == ()
    assert (told(world, "could not be made"), told(world, "What this request had made")) == (0, 0)
    assert told(world, "A second application") == 1
    assert links_sent(world) == 1


def test_a_late_creation_before_any_other(world: World) -> None:
    """A creation that came too late is removed also where the other instance has made none yet, which makes its own."""
    world.entra.refuse_unique_name = True
    world.ask()
    late = held(world, faults.CREATE_APPLICATION, lambda: taken_over(world), minutes=6)
    late.skip = 1
    world.entra.trouble.add(late)
    world.approve()
    meanwhile = (len(world.entra.journal.calls("POST /v1.0/applications")), world.entra.applications)
    world.advance(minutes=6)

    assert meanwhile == (2, ())
    assert (len(world.entra.applications), world.entra.deleted) == (1, ())
    assert links_sent(world) == 1


def made_and_lost(world: World) -> str:
    """Let an application be made of which no answer tells; its request."""
    world.entra.trouble.add(faults.reset_after(faults.CREATE_APPLICATION, times=9))
    request_id = world.ask()
    world.approve()
    world.entra.trouble.clear()
    return request_id


def test_a_late_find(world: World) -> None:
    """What was found too late is left to the instance that has the request, which finds it too."""
    request_id = made_and_lost(world)
    late = held(world, FIND, lambda: taken_over(world), minutes=6)
    late.when = "after"
    world.entra.trouble.add(late)
    made = world.entra.applications
    world.advance(minutes=1)
    meanwhile = world.bot.store.applications.of_request(request_id)
    world.advance(minutes=6)

    assert meanwhile is None
    assert world.entra.applications == made
    assert links_sent(world) == 1


def test_a_late_find_beside_another(world: World) -> None:
    """What was found too late, beside the application that another instance has made meanwhile, is removed."""
    request_id, store = made_and_lost(world), world.bot.store

    def meanwhile() -> None:
        assert taken_over(world)
        store.applications.add(nouns.application(request_id=request_id))

    late = held(world, FIND, meanwhile, minutes=6)
    late.when = "after"
    world.entra.trouble.add(late)
    world.advance(minutes=1)
    kept = store.applications.of_request(request_id)

    assert kept == nouns.application(request_id=request_id)
    assert world.entra.applications == ()


def test_a_late_look_at_an_owner(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """Who finds an owner's user too late asks Entra to make nothing any more."""
    with caplog.at_level(logging.WARNING):
        late_in_provisioning(world, twin, "GET /v1.0/users$")

    assert len(world.entra.journal.calls("POST /v1.0/applications")) == 1
    assert "The lease on REQ-" in caplog.text


def test_a_late_refusal(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A refusal that comes after another instance made the application is told to nobody, and disowns nothing."""
    world.ask()
    refused = faults.refused(faults.CREATE_APPLICATION, 403, "Authorization_RequestDenied", "No.")
    refused.act = held(world, "", twin.bot.settle, minutes=6).act
    world.entra.trouble.add(refused)
    with caplog.at_level(logging.WARNING):
        world.approve()

    assert told(world, "could not be made") == 0
    assert (len(world.entra.applications), links_sent(world)) == (1, 1)
    assert "The lease on REQ-" in caplog.text


def test_no_late_service_principal(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Who lost the request before the service principal was asked for does not ask for it."""
    world.ask()
    world.entra.trouble.add(faults.unavailable(faults.CREATE_SERVICE_PRINCIPAL, times=99))
    world.approve()
    world.entra.trouble.clear()
    world.entra.trouble.add(held(world, "GET /v1.0/policies", lambda: taken_over(world), minutes=6))
    before = world.entra.journal.calls("POST /v1.0/servicePrincipals")
    with caplog.at_level(logging.WARNING):
        world.advance(minutes=6)

    assert len(world.entra.applications) == 1
    assert world.entra.journal.calls("POST /v1.0/servicePrincipals") == before
    assert "The lease on REQ-" in caplog.text


def test_what_is_found_and_not_wanted(world: World) -> None:
    """An application that is written off between the look that finds it and its adoption is removed, not adopted."""
    request_id = made_and_lost(world)
    lost, store = world.entra.applications[0], world.bot.store

    def written_off() -> None:
        store.applications.add(nouns.application(request_id=request_id, object_id=lost.id, app_id=lost.app_id))
        assert store.applications.disown("app-1", now=world.clock.now())

    world.entra.trouble.add(Fault(match=FIND, when="after", act=written_off))
    for _ in range(4):
        world.advance(minutes=6)

    assert [found.id == lost.id for found in world.entra.applications] == [False]
    assert links_sent(world) == 1


def test_a_late_service_principal(world: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A service principal that is asked for too late is the one that exists, and the hand-over is somebody else's."""
    with caplog.at_level(logging.WARNING):
        late_in_provisioning(world, twin, faults.CREATE_SERVICE_PRINCIPAL)

    assert (len(world.entra.applications), links_sent(world)) == (1, 1)
    assert "The lease on REQ-" in caplog.text


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


def test_a_late_recovery(approved: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """Who cleans up too late behind an abandoned press leaves alone the secret that was shown meanwhile."""
    abandon(approved)
    token, shown = approved.press(), []

    def meanwhile() -> None:
        twin.bot.settle()
        with twin.in_front():
            approved.press()
            shown.append(twin.reveal(token).json())

    listing = Fault(match=r"GET /v1\.0/applications", when="before", act=None)
    listing.act = held(approved, "", meanwhile, minutes=3).act
    approved.entra.trouble.add(listing)
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
    approved.entra.trouble.add(
        Fault(match=r"GET /v1\.0/applications", act=lambda: other.append(work(twin.bot, "sweeps")))
    )

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


def test_a_late_removal(approved: World, twin: Twin, caplog: pytest.LogCaptureFixture) -> None:
    """A removal that two instances carry out is recorded and told once."""
    approved.secret()
    approved.advance(days=175)
    ada = approved.around.person("ada")
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    approved.settle()
    approved.secret()
    approved.advance(days=6, hours=1)
    approved.entra.trouble.add(held(approved, faults.REMOVE_PASSWORD, twin.bot.settle, minutes=6))
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


def test_two_schedulers(world: World, twin: Twin) -> None:
    """Two processes whose schedulers walk every round at the same moments do each piece of work once."""
    names = [f"App {number}" for number in range(6)]
    for name in names:
        world.ask(display_name=name)
        world.around.person("grace").click(world.card(), "approve")
    all_sent = threading.Event()

    def listen(_exchange: Exchange) -> None:
        if links_sent(world) >= len(names):
            all_sent.set()

    world.slack.journal.listeners.append(listen)
    world.bot.start()
    twin.bot.start()
    in_time = all_sent.wait(60)
    world.bot.clock.stop()
    twin.bot.clock.stop()

    assert in_time
    assert sorted(application.display_name for application in world.entra.applications) == names
    assert len(world.entra.service_principals) == len(names)
    assert links_sent(world) == len(names)
    assert len(world.entra.journal.calls("POST /v1.0/applications")) == len(names)


def test_the_table_names_tests() -> None:
    """Every test that the table of docs/instances.md names exists."""
    journeys = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", TABLE))

    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in journeys] == []
