"""A final refusal after a lost answer: what was made all the same is found, removed, and told of."""

from tests.journeys.world import World
from tests.sandbox.entra import faults


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
