"""From approval to application while Entra lags, fails and loses answers: in the end one of everything."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.journeys.making import (
    PRINCIPALS,
    applications,
    approved,
    assert_made_once,
    events,
    let_time_pass,
    links,
    statuses,
)
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL
from tests.sandbox.entra.probe import Probe
from tests.sandbox.trouble import Fault


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 5])
def test_service_principal_too_early(world: World, lag: int) -> None:
    """While the application is not known everywhere the misleading 400 and 403 are waited out."""
    world.entra.lag = lag
    approved(world)

    assert set(statuses(world, PRINCIPALS)[:-1]) == ({403} if lag == 1 else {400, 403})
    assert statuses(world, PRINCIPALS)[-1] == 201
    assert "request:fail" not in events(world)
    assert_made_once(world)


def test_service_principal_far_too_early(world: World) -> None:
    """Replication that takes longer than one try's patience is no refusal: the next try finishes the work."""
    world.entra.lag_seconds = 150
    approved(world)
    failed_meanwhile = "request:fail" in events(world)
    let_time_pass(world)

    assert not failed_meanwhile
    assert_made_once(world)


@pytest.mark.parametrize("call", [CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL])
@pytest.mark.parametrize(
    "make",
    [
        faults.concurrency,
        faults.unavailable,
        faults.failed_500,
        faults.applied_then_500,
        faults.gateway_timeout,
        faults.reset_before,
        faults.reset_after,
        faults.half_an_answer,
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_trouble_that_passes(world: World, make: Callable[..., Fault], call: str, times: int) -> None:
    """409 of concurrent writes, 5xx, lost answers and lost effects: in the end one of everything, nobody alarmed."""
    world.entra.trouble.add(make(call=call, times=times))
    approved(world)
    let_time_pass(world)

    assert "request:fail" not in events(world)
    assert_made_once(world)


@pytest.mark.parametrize("call", [CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL])
def test_throttled(world: World, call: str) -> None:
    """After a 429 the bot comes back when Retry-After says, not earlier, and makes everything once."""
    world.entra.trouble.add(faults.throttled(17, call=call))
    before = world.clock.now()
    approved(world)
    waited = world.clock.now() - before

    assert timedelta(seconds=17) <= waited < timedelta(seconds=18)
    assert_made_once(world)


def test_lost_answer_is_adopted(world: World) -> None:
    """An application whose answer was lost is found by its uniqueName, which Graph refuses with 400, and adopted."""
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    approved(world)
    let_time_pass(world)

    assert statuses(world, "POST /v1.0/applications") == [0, 400]
    assert "application:adopt" in events(world)
    assert_made_once(world)


def test_stranger_with_our_unique_name(world: World) -> None:
    """Somebody else's application under our uniqueName is a refusal, and is left exactly as it was."""
    request_id = world.ask()
    with Probe(world.entra) as probe:
        probe.create("Somebody's own", uniqueName=f"register-app-{request_id.lower()}", tags=["theirs"])
    before = world.entra.snapshot()
    world.approve()
    world.advance(hours=2)

    assert "has the uniqueName" in world.card().reads
    assert "NotOurs" in world.card().reads
    assert world.entra.snapshot() == before
    assert links(world) == []


def test_stranger_who_comes_in_between(world: World) -> None:
    """The same holds when the stranger takes the name between our look and our POST."""
    request_id = world.ask()
    name = f"register-app-{request_id.lower()}"

    def take_the_name() -> None:
        with Probe(world.entra) as probe:
            probe.create("Somebody's own", uniqueName=name)

    world.entra.trouble.add(Fault(match=CREATE_APPLICATION, act=take_the_name))
    world.approve()
    let_time_pass(world)

    assert "NotOurs" in world.card().reads
    assert [found["displayName"] for found in world.entra.snapshot()["applications"]] == ["Somebody's own"]


def test_tenant_without_unique_names(world: World) -> None:
    """Where Graph takes no uniqueName in a POST the application is made without one, under the request's tag."""
    world.entra.refuse_unique_name = True
    request_id = approved(world)

    assert statuses(world, "POST /v1.0/applications") == [400, 201]
    assert applications(world)[0]["uniqueName"] is None
    assert f"register-app:{request_id.lower()}" in applications(world)[0]["tags"]
    assert_made_once(world)


@pytest.mark.parametrize("make", [faults.reset_after, faults.applied_then_500, faults.gateway_timeout])
def test_lost_answer_without_unique_names(world: World, make: Callable[..., Fault]) -> None:
    """There a lost answer is not repeated blindly: a minute later what it made is found by its tag."""
    world.entra.refuse_unique_name = True
    world.entra.lag_seconds = 30
    fault = make(CREATE_APPLICATION)
    fault.skip = 1
    world.entra.trouble.add(fault)
    approved(world)
    let_time_pass(world)

    assert len(statuses(world, "POST /v1.0/applications")) == 2
    assert "application:adopt" in events(world)
    assert_made_once(world)


@pytest.mark.parametrize("lag", [0, 3])
def test_service_principal_is_there_already(world: World, lag: int) -> None:
    """A service principal that exists is success: it is read, also where 404 says at first that it is not there."""
    request_id = world.ask()

    def somebody_makes_it() -> None:
        made = world.entra.application(f"register-app-{request_id.lower()}")
        with Probe(world.entra) as probe:
            probe.call("POST", "servicePrincipals", {"appId": made.app_id}).raise_for_status()
        world.entra.service_principals[0].denials_left = lag

    world.entra.trouble.add(Fault(match=CREATE_SERVICE_PRINCIPAL, act=somebody_makes_it))
    world.approve()
    reads = [e.status for e in world.entra.journal.exchanges if "GET /v1.0/servicePrincipals(appId=" in e.call]

    assert 409 in statuses(world, PRINCIPALS)
    assert reads[-lag - 1 :] == [404] * lag + [200]
    assert_made_once(world)


def test_entra_down_for_long(world: World) -> None:
    """While Entra stays down the approvers are told once and the requester not at all; then it succeeds."""
    world.entra.trouble.add(faults.unavailable(times=100_000))
    approved(world)
    world.advance(hours=1)
    for _ in range(30):
        world.advance(minutes=10)
    told = [text for text in world.thread() if "Entra does not answer as it should; I go on trying" in text]
    seen_by_ada = world.around.person("ada").dm[-1].reads
    world.entra.trouble.clear()
    let_time_pass(world)

    assert len(told) == 1
    assert "serviceNotAvailable" in told[0]
    assert "It is being made in Entra" in seen_by_ada
    assert_made_once(world)
