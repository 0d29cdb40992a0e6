"""An instance that is slow while it makes an application: another has the request by then, and one is made in the end.

The slow one is held inside a call of its own: while Entra has the call in hand, the clock moves past the lease and the
other instance does the work; then the call of the slow one goes through.
"""

import logging
import threading

import pytest

from bot.lifecycle import RequestState
from bot.making import LEASE
from tests.domain import nouns
from tests.journeys.lateness import held, links_sent, told, work
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.stage import until
from tests.sandbox.trouble import Fault

FIND = r"GET /v1\.0/applications\(uniqueName="


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
