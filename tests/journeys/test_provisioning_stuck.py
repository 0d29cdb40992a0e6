"""What would go on for ever comes to an end: replication is waited out, and then people read what is in the way."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.making import (
    DENIED,
    PLAIN_SENTENCE,
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

SLOW = "Entra does not answer as it should; I go on trying"
LOOK = "GET /v1.0/applications"
PAUSE = timedelta(minutes=2)


def retry(world: World) -> None:
    """Have Grace press Retry, and let what follows happen."""
    world.around.person("grace").click(world.card(), "retry")
    world.settle()


def told(world: World, words: str) -> int:
    """How many replies in the thread hold these words."""
    return sum(words in text for text in world.thread())


def deleted_holder(world: World, request_id: str) -> Any:
    """Leave an application of this request's uniqueName among the deleted ones."""
    with Probe(world.entra) as probe:
        made = probe.create("Made and deleted", uniqueName=f"register-app-{request_id.lower()}")
        probe.call("DELETE", f"applications/{made['id']}").raise_for_status()
    return made["id"]


def delete_by_hand(world: World) -> None:
    """Delete every application that the bot made, as an administrator would in the portal."""
    with Probe(world.entra) as probe:
        for application in world.entra.applications:
            probe.call("DELETE", f"applications/{application.id}").raise_for_status()


def test_a_deleted_application_holds_the_name(world: World) -> None:
    """The approvers read which name is held and what to do; once that is done, Retry makes it."""
    request_id = world.ask()
    holder = deleted_holder(world, request_id)
    world.approve()
    let_time_pass(world)
    card, thread = world.card().reads, world.thread()[-1]
    with Probe(world.entra) as probe:
        probe.call("DELETE", f"directory/deletedItems/{holder}").raise_for_status()
    plain = world.around.person("ada").dm[-1].reads
    retry(world)

    for text in (card, thread):
        assert f"still holds the unique name register-app-{request_id.lower()}" in text
        assert "deleted less than 30 days ago" in text
        assert "Delete it permanently" in text
        assert "Another object with the same value for property uniqueName already exists." in text
    assert PLAIN_SENTENCE in plain
    assert_made_once(world)


def test_the_name_is_held_out_of_sight(world: World) -> None:
    """An application that the bot never gets to see is no reason to go on for ever, and is left as it was."""
    request_id = world.ask()
    with Probe(world.entra) as probe:
        probe.create("Not to be seen", uniqueName=f"register-app-{request_id.lower()}")
    world.entra.applications[0].denials_left = 1_000_000
    world.approve()
    let_time_pass(world)

    assert "still holds the unique name" in world.card().reads
    assert "Retry" in world.card().reads
    assert [application.body["displayName"] for application in world.entra.applications] == ["Not to be seen"]


def test_ten_minutes_of_replication(world: World) -> None:
    """A name that is taken by our own creation is waited for, as long as Entra may need to show it."""
    world.entra.lag_seconds = 600
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    approved(world)
    let_time_pass(world)

    assert "application:adopt" in events(world)
    assert "request:fail" not in events(world)
    assert_made_once(world)


def test_a_long_outage_before_the_replication(world: World) -> None:
    """The time that Entra was down does not count: replication afterwards is waited out all the same."""
    world.entra.trouble.add(faults.unavailable(times=100_000))
    approved(world)
    world.advance(hours=2)
    world.entra.trouble.clear()
    world.entra.lag_seconds = 300
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    let_time_pass(world)

    assert "request:fail" not in events(world)
    assert_made_once(world)


def test_deleted_before_its_service_principal(world: World) -> None:
    """An application that somebody deleted by hand is told of and removed for good; Retry makes a new one."""
    world.entra.trouble.add(faults.unavailable(CREATE_SERVICE_PRINCIPAL, times=1_000))
    approved(world)
    object_id = world.entra.applications[0].id
    delete_by_hand(world)
    world.entra.trouble.clear()
    let_time_pass(world)
    card = world.card().reads
    left = (world.entra.applications, world.entra.deleted)
    retry(world)

    assert f"Entra does not know the application {object_id}" in card
    assert "Retry" in card
    assert left == ((), ())
    assert world.entra.applications[0].id != object_id
    assert_made_once(world)


@pytest.mark.parametrize("call", ["GET /v1.0/servicePrincipals", "GET /v1.0/users", LOOK])
def test_an_odd_answer(world: World, call: str) -> None:
    """An answer that nobody foresaw ends as a failure that says so, and Retry succeeds once it is gone."""
    request_id = world.ask()
    world.entra.trouble.add(Fault(match=call, times=1_000, status=200, body={"odd": True}))
    world.approve()
    let_time_pass(world)
    card, thread = world.card().reads, " ".join(world.thread())
    world.entra.trouble.clear()
    retry(world)

    assert "KeyError" in card
    assert f"The bot's log says more under {request_id}" in thread
    assert "Entra refused" not in card
    assert_made_once(world)


def test_an_odd_answer_that_passes(world: World) -> None:
    """One odd answer alarms nobody: the next try goes on."""
    world.entra.trouble.add(Fault(match="GET /v1.0/users", status=200, body={"odd": True}))
    approved(world)
    let_time_pass(world)

    assert "request:fail" not in events(world)
    assert_made_once(world)


def test_half_made_before_a_retry(world: World) -> None:
    """What a try before the Retry had made is found by its tag and adopted, not made a second time."""
    world.entra.refuse_unique_name = True
    fault = faults.reset_after(CREATE_APPLICATION)
    fault.skip = 1
    world.entra.trouble.add(fault)
    world.ask()
    world.entra.trouble.add(faults.refused(f"{LOOK}$", 403, DENIED, "No.", times=1_000))
    world.approve()
    let_time_pass(world)
    failed = world.card().reads
    world.entra.trouble.clear()
    retry(world)

    assert "Retry" in failed
    assert "application:adopt" in events(world)
    assert statuses(world, "POST /v1.0/applications") == [400, 0]
    assert_made_once(world)


def test_made_in_the_very_try_that_is_refused(world: World) -> None:
    """A lost answer and then a refusal, in one and the same try: what was made is found and removed."""
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    world.entra.trouble.add(faults.refused(CREATE_APPLICATION, 403, "Directory_QuotaExceeded", "Full."))
    approved(world)

    assert "request:fail" in events(world)
    assert (world.entra.applications, world.entra.deleted) == ((), ())
    assert links(world) == []


def test_slow_is_told_once_a_stay(world: World) -> None:
    """That Entra is slow is said once before a failure, and once again when it is slow after the Retry."""
    world.entra.trouble.add(faults.unavailable(CREATE_APPLICATION, times=1_000))
    approved(world)
    let_time_pass(world)
    before = told(world, SLOW)
    world.entra.trouble.clear()
    world.entra.trouble.add(faults.refused(LOOK, 403, DENIED, "No."))
    let_time_pass(world)
    failed = world.card().reads
    world.entra.trouble.add(faults.unavailable(CREATE_APPLICATION, times=1_000))
    retry(world)
    let_time_pass(world)
    let_time_pass(world)

    assert before == 1
    assert "Retry" in failed
    assert told(world, SLOW) == 2


def test_slow_is_told_though_a_process_died(world: World) -> None:
    """A process that dies at the try at which it would be said does not keep it from being said."""
    world.entra.trouble.add(faults.unavailable(CREATE_APPLICATION, times=1_000))
    approved(world)
    world.advance(minutes=1)
    world.clock.advance(PAUSE)
    now = world.clock.now()
    claimed = world.bot.store.provisioning.claim("dead", now=now, until=now + PAUSE)
    dead = world.bot.store.provisioning.begin(claimed.id, "dead") if claimed else None
    let_time_pass(world)

    assert dead is not None
    assert dead.attempts == 3
    assert told(world, SLOW) == 1


@pytest.mark.parametrize("look", [f"{LOOK}$", rf"{LOOK}\(uniqueName="])
def test_what_was_removed_is_not_adopted(world: World, look: str) -> None:
    """Entra may still show what was just removed for good: a Retry does not take that for something half made."""
    request_id = world.ask()
    shown: list[dict[str, Any]] = []
    refusal = faults.refused(CREATE_SERVICE_PRINCIPAL, 403, DENIED, "Insufficient privileges.")
    refusal.act = lambda: shown.append(world.entra.applications[0].body)
    world.entra.trouble.add(refusal)
    world.approve()
    body = {"value": shown} if look.endswith("$") else shown[0]
    world.entra.trouble.add(Fault(match=look, times=1, status=200, body=body))
    retry(world)
    let_time_pass(world)

    assert shown[0]["uniqueName"] == f"register-app-{request_id.lower()}"
    assert "request:fulfil" in events(world)
    assert events(world).count("application:adopt") == 0
    assert_made_once(world)
