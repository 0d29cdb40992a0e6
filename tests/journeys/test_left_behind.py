"""A final refusal after a lost answer: what was made all the same is found, removed, and told of."""

from datetime import timedelta

import pytest

from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.trouble import Fault


def test_a_lost_answer_and_then_a_refusal(world: World) -> None:
    """What a lost answer had made is found when the next try is finally refused, and is removed for good."""
    world.entra.trouble.add(faults.reset_after(faults.CREATE_APPLICATION, times=9))
    world.ask()
    world.entra.trouble.add(
        faults.refused(faults.CREATE_SERVICE_PRINCIPAL, 403, "Authorization_RequestDenied", "No.", times=9)
    )
    world.approve()
    world.advance(minutes=10)

    assert world.entra.applications == ()
    assert world.entra.deleted == ()
    assert any("was removed for good" in text for text in world.thread())


def test_nothing_could_be_asked(world: World) -> None:
    """Where Entra refuses even the look, the thread says under which uniqueName something may stand."""
    request_id = world.ask()
    world.entra.trouble.add(faults.unavailable(faults.CREATE_APPLICATION, times=99))
    world.approve()
    world.entra.trouble.clear()
    denied = faults.refused("GET /v1.0/applications", 403, "Authorization_RequestDenied", "No.", times=99)
    world.entra.trouble.add(denied)
    world.advance(minutes=10)

    assert any(f"register-app-{request_id.lower()}" in text for text in world.thread())


@pytest.fixture
def refused(world: World) -> World:
    """A world in which a request is about to fail after its application was made."""
    world.ask()
    world.entra.trouble.add(
        faults.refused(faults.CREATE_SERVICE_PRINCIPAL, 403, "Authorization_RequestDenied", "No.", times=9)
    )
    return world


def refusal(times: int) -> Fault:
    """Entra's refusal to delete an application, so many times."""
    return faults.refused(
        faults.DELETE_APPLICATION, 403, "Authorization_RequestDenied", "Insufficient privileges.", times=times
    )


def hours_pass(world: World, hours: int) -> None:
    """Let so many hours pass, and everything that becomes due in them."""
    for _ in range(hours):
        world.clock.advance(timedelta(hours=1))
        world.settle()


def told(world: World, words: str) -> list[str]:
    """What the thread says in which these words stand."""
    return [text for text in world.thread() if words in text]


def test_a_refusal_is_told_once(refused: World) -> None:
    """A removal that Entra refuses is told once, in Graph's words, and tried again some times a day."""
    refused.entra.trouble.add(refusal(times=10**6))
    refused.approve()
    hours_pass(refused, 30)
    (text,) = told(refused, "could not be removed")

    assert "`Authorization_RequestDenied`: Insufficient privileges." in text
    assert 4 <= len(refused.entra.journal.calls("DELETE /v1.0/applications")) <= 7


def test_it_worked_after_all(refused: World) -> None:
    """Once the removal that was refused goes through, the approvers read that it did."""
    refused.entra.trouble.add(refusal(times=1))
    refused.approve()
    hours_pass(refused, 7)

    assert refused.entra.applications == ()
    assert len(told(refused, "was removed for good after all")) == 1


def test_a_short_outage_is_not_told(refused: World) -> None:
    """While Entra is merely down nobody is bothered, and the removal follows soon after."""
    refused.entra.trouble.add(faults.unavailable(faults.DELETE_APPLICATION, times=10**6))
    refused.approve()
    hours_pass(refused, 23)
    refused.entra.trouble.clear()
    refused.advance(minutes=16)

    assert refused.entra.applications == ()
    assert told(refused, "could not be removed") == told(refused, "after all") == []
    assert len(told(refused, "was removed for good")) == 1


def test_a_long_outage_is_told(refused: World) -> None:
    """When Entra does not answer for more than a day, that is told like a refusal, once."""
    refused.entra.trouble.add(faults.unavailable(faults.DELETE_APPLICATION, times=10**6))
    refused.approve()
    hours_pass(refused, 50)

    assert len(told(refused, "could not be removed")) == 1
