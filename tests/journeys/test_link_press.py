"""The press on the page: one secret, shown once; when Entra fails it costs nothing and leaves nothing."""

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.journeys.one_time_link import accepts, secrets, state
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import ADD_PASSWORD
from tests.sandbox.entra.probe import Probe
from tests.sandbox.trouble import Fault

FAILURES = [
    faults.unavailable,
    faults.failed_500,
    faults.applied_then_500,
    faults.gateway_timeout,
    faults.reset_before,
    faults.reset_after,
    faults.half_an_answer,
]


def test_shown_once(approved: World) -> None:
    """Pressed in Slack and on the page the secret is shown, is the one in Entra, and is never shown again."""
    token = approved.press()
    looked = approved.post("look", token)
    before = secrets(approved)
    shown = approved.reveal(token).json()["secret"]
    again = approved.reveal(token)

    assert state(looked) == "ready"
    assert before == ()
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert accepts(approved, shown)
    assert state(again) == "viewed"
    assert shown not in again.text


def test_life_begins_at_the_look(approved: World) -> None:
    """The 180 days of the secret begin when it is looked at, not at the approval."""
    approved.clock.advance(timedelta(hours=20))
    approved.secret()

    assert secrets(approved)[0].ends_at == approved.clock.now() + timedelta(days=180)


@pytest.mark.parametrize("read_lag", [0, 2])
@pytest.mark.parametrize("make", FAILURES)
def test_entra_fails_at_the_press(approved: World, make: Callable[..., Fault], read_lag: int) -> None:
    """The press costs nothing: the same link shows a secret afterwards, and no orphan stays, however reads lag."""
    approved.entra.read_lag = read_lag
    approved.entra.trouble.add(make(ADD_PASSWORD, times=100))
    token = approved.press()
    failed = approved.reveal(token)
    approved.entra.trouble.clear()
    shown = approved.reveal(token).json()["secret"]
    for _ in range(5):
        approved.advance(minutes=20)

    assert state(failed) == "unavailable"
    assert "Nothing was used up" in failed.text
    assert failed.json()["offer"]["label"] == "Try again"
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert accepts(approved, shown)


@pytest.mark.parametrize("make", [faults.applied_then_500, faults.reset_after])
def test_orphan_of_a_link_that_ends(approved: World, make: Callable[..., Fault]) -> None:
    """When nobody presses again after a lost answer, the secret that it left is found and removed."""
    approved.entra.trouble.add(make(ADD_PASSWORD))
    approved.reveal(approved.press())
    left = len(secrets(approved))
    approved.advance(hours=24)
    for _ in range(5):
        approved.advance(minutes=20)

    assert left == 1
    assert secrets(approved) == ()


@pytest.mark.parametrize("fault", [faults.throttled(5, ADD_PASSWORD), faults.concurrency(times=2)])
def test_short_trouble_at_the_press(approved: World, fault: Fault) -> None:
    """A 429 or a 409 of concurrent writes that passes in some seconds is not even noticed."""
    approved.entra.trouble.add(copy.copy(fault))

    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_young_application(approved: World) -> None:
    """A 404 of an application that is not yet known everywhere is waited out at the press."""
    approved.entra.applications[0].denials_left = 2

    assert approved.secret()


def test_link_lives_longer_after_a_failure(approved: World) -> None:
    """When the link's time runs out while Entra fails it lives on for ten minutes, and then ends as usual."""
    approved.advance(hours=23, minutes=55)
    token = approved.press()

    def take_long() -> None:
        approved.clock.advance(timedelta(minutes=6))

    approved.entra.trouble.add(Fault(match=ADD_PASSWORD, act=take_long, status=503, body={}, times=1))
    approved.entra.trouble.add(faults.unavailable(ADD_PASSWORD, times=100))
    approved.reveal(token)
    approved.entra.trouble.clear()
    approved.advance(minutes=9)

    assert approved.press() == token
    assert approved.reveal(token).json()["secret"]


def test_application_is_gone(approved: World) -> None:
    """When somebody deleted the application the page says so, and the approvers are told."""
    token = approved.press()
    with Probe(approved.entra) as probe:
        probe.call("DELETE", f"applications/{approved.entra.applications[0].id}")
    answer = approved.reveal(token)
    approved.settle()

    assert state(answer) == "refused"
    assert "does not exist in Entra any more" in answer.text
    assert "Entra refused to make the client secret" in approved.thread()[-1]
