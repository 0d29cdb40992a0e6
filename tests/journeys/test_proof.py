"""Whether Entra accepts a new secret: tried for a minute from its first try, and never at the form's expense."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.app import build
from tests.journeys.one_time_link import ended_message, let_proof_end
from tests.journeys.world import World
from tests.sandbox.entra.faults import TOKEN
from tests.sandbox.trouble import Fault

THREADS = 8


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """What keeps others waiting until it is set; it is set at the end in any case."""
    event = threading.Event()
    yield event
    event.set()


def occupy(world: World, held: threading.Event) -> None:
    """Keep every thread that tries secrets out busy, as trials of many secrets do."""
    for _ in range(THREADS):
        world.bot.background.submit(held.wait)


def proof_events(world: World) -> list[str]:
    """What the audit says of trials, in order."""
    rows = world.bot.store.audit.rows()
    return [row["event"] for row in rows if row["event"] in {"secret:accepted", "secret:not_proven"}]


def test_trials_do_not_stall_the_form(world: World, held: threading.Event) -> None:
    """While every trial is slow, who the co-owners are is found out in time all the same."""
    occupy(world, held)

    assert world.ask(co_owners=("alan",))


def test_people_do_not_stall_trials(world: World, held: threading.Event) -> None:
    """While Slack is slow to tell who many people are, secrets are tried out all the same."""

    def hold() -> None:
        held.wait()

    world.slack.trouble.add(Fault(match=r"users\.info", act=hold, times=100))
    asked = world.bot.use_cases.people.several([f"U{number}" for number in range(3 * THREADS)], 0.0)
    done = world.bot.background.submit(lambda: True).result(timeout=1)

    assert set(asked.values()) == {None}
    assert done


def test_a_trial_that_has_to_wait(world: World, held: threading.Event) -> None:
    """A trial that waits long for its turn is not called vain meanwhile, and then has its whole minute."""
    world.ask()
    world.approve()
    world.entra.secret_lag = 3
    occupy(world, held)
    world.secret()
    world.advance(minutes=10)
    meanwhile = proof_events(world)
    held.set()
    let_proof_end(world)

    assert meanwhile == []
    assert proof_events(world) == ["secret:accepted"]
    assert "Entra accepted it" in ended_message(world, "Shown").reads


def test_accepted_after_all(world: World, held: threading.Event) -> None:
    """When another process had given a trial up, its success is said all the same, and takes the place of that word."""
    world.ask()
    world.approve()
    occupy(world, held)
    world.secret()
    world.clock.advance(timedelta(minutes=4))
    other = build(world.settings(), now=world.clock.now)
    other.settle()
    other.close()
    given_up = ended_message(world, "Shown").reads
    held.set()
    let_proof_end(world)

    assert "was not proven" in given_up
    assert "Entra accepted it" in ended_message(world, "Shown").reads
    assert proof_events(world) == ["secret:not_proven", "secret:accepted"]


def test_a_minute_at_most(world: World) -> None:
    """Slow tries do not make the trial longer: after a minute from its beginning it is over."""
    world.ask()
    world.approve()
    world.entra.secret_lag = 1000
    tries = []

    def take_long() -> None:
        tries.append(world.clock.now())
        world.clock.advance(timedelta(seconds=25))

    token = world.press()
    world.entra.trouble.add(Fault(match=TOKEN, act=take_long, times=1000))
    world.reveal(token)
    let_proof_end(world)

    assert len(tries) == 3
    assert proof_events(world) == ["secret:not_proven"]
