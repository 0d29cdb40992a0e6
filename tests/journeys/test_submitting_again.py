"""The answer to a submission got lost, and the person presses again: what they see last is what they ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from bot.lifecycle import RequestState
from storage.deliveries import handling
from tests.journeys.database_trouble import file_of
from tests.journeys.test_asking import requests_of
from tests.journeys.world import WHY, World
from tests.sandbox.slack.outcomes import SubmitOutcome
from tests.sandbox.slack.person import Person
from tests.sandbox.trouble import Fault, Trouble
from tests.sandbox.wire import Journal, LoopbackServer, TroubledApp

CORRECTED = "Nurses and doctors see the beds of their ward."


@contextmanager
def lost_answers(world: World) -> Iterator[None]:
    """While this lasts, the next thing that a person does reaches the bot, and the answer gets lost."""
    trouble = Trouble()
    trouble.add(Fault(match="POST /slack/events$", when="after", reset=True))
    direct = world.slack.events_url
    with LoopbackServer(TroubledApp(world.server_app, trouble, Journal())) as lossy:
        world.slack.events_url = f"{lossy.url}/slack/events"
        yield
        world.slack.events_url = direct


@pytest.fixture
def ada(world: World) -> Person:
    """Ada, whose first submission reached the bot while its answer got lost: her form is still open."""
    hands: Person = world.around.person("ada")
    hands.command("/register-app")
    world.fill()
    with lost_answers(world):
        lost = hands.submit()
    assert not lost.closed
    assert len(requests_of(world)) == 1
    world.settle()
    return hands


def corrected(ada: Person) -> SubmitOutcome:
    """Ada corrects what she typed and presses again."""
    ada.type("justification", CORRECTED)
    return ada.submit()


def audited(world: World) -> list[str]:
    """What the audit says of requests, in order."""
    return [row["event"] for row in world.bot.store.audit.rows(since=None) if row["event"].startswith("request:")]


def test_correction(world: World, ada: Person) -> None:
    """The corrected form replaces the first one: one request, a new version, and everybody sees it."""
    outcome = corrected(ada)
    world.settle()
    request = requests_of(world)[0]

    assert outcome.closed
    assert len(requests_of(world)) == 1
    assert (request.version, request.form.justification) == (2, CORRECTED)
    assert CORRECTED in world.card().reads
    assert WHY not in world.card().reads
    assert [text for text in world.thread() if "changed this request" in text] == world.thread()
    assert audited(world) == ["request:submit", "request:change"]


def test_correction_voids_approvals(world: World, ada: Person) -> None:
    """An approval of what was sent first counts no more for what was corrected."""
    world.use_policy(quorum=2)
    world.approve("grace")
    corrected(ada)
    world.settle()
    world.approve("katherine")

    assert requests_of(world)[0].state is RequestState.PENDING
    assert "The approval of" in world.thread()[0]
    assert world.entra.applications == ()


def test_same_again(world: World, ada: Person) -> None:
    """The same form once more is the same request: no new version, nothing said, the form closes."""
    drawn = world.card().versions
    outcome = ada.submit()
    world.settle()

    assert outcome.closed
    assert [request.version for request in requests_of(world)] == [1]
    assert audited(world) == ["request:submit"]
    assert world.card().versions == drawn
    assert world.thread() == []


def test_same_again_after_approval(world: World, ada: Person) -> None:
    """The same form once more after it was approved asks for nothing new."""
    world.approve()
    outcome = ada.submit()
    world.settle()

    assert outcome.closed
    assert [request.state for request in requests_of(world)] == [RequestState.FULFILLED]
    assert len(world.entra.applications) == 1


@pytest.mark.parametrize(("settle", "word"), [("approve", "approved"), ("deny", "denied"), ("withdraw", "withdrawn")])
def test_correction_too_late(world: World, ada: Person, settle: str, word: str) -> None:
    """A correction of a request that was settled meanwhile is refused in plain words, and changes nothing."""
    _settle(world, settle)
    before = requests_of(world)
    outcome = corrected(ada)
    world.settle()
    assert outcome.modal is not None
    words = outcome.modal.reads

    assert outcome.modal.title == "Not done"
    assert f"{before[0].id} was {word}" in words
    assert "What you changed since was not taken; `/register-app` asks for something new." in words
    assert requests_of(world) == before


def _settle(world: World, how: str) -> None:
    if how == "approve":
        world.approve()
    elif how == "withdraw":
        world.around.person("ada").click(world.around.person("ada").dm[0], "withdraw")
    else:
        grace = world.around.person("grace")
        grace.click(world.card(), "deny")
        grace.type("reason", "Not needed.")
        grace.submit()
    world.settle()


def test_corrected_twice(world: World, ada: Person) -> None:
    """A correction whose answer is lost too can be corrected once more."""
    with lost_answers(world):
        assert not corrected(ada).closed
    ada.type("justification", f"{CORRECTED} Both.")
    assert ada.submit().closed

    assert [(request.version, request.form.justification) for request in requests_of(world)] == [
        (3, f"{CORRECTED} Both.")
    ]


def test_one_transaction(world: World, ada: Person) -> None:
    """A correction becomes durable together with the mark of its delivery, so that no death falls between the two."""
    request = world.bot.store.requests.of_person(ada.id, limit=1)[0]
    person = world.bot.use_cases.people.person(ada.id)
    statements: list[str] = []
    connection = file_of(world)._connection()
    connection.set_trace_callback(statements.append)
    with handling("a corrected submission", world.clock.now()):
        world.bot.use_cases.approvals.submit(request.form_id, person, replace(request.form, justification=CORRECTED))
    connection.set_trace_callback(None)

    assert world.bot.store.deliveries.had_effect("a corrected submission")
    assert [statement for statement in statements if statement in {"BEGIN IMMEDIATE", "COMMIT"}] == [
        "BEGIN IMMEDIATE",
        "COMMIT",
    ]
