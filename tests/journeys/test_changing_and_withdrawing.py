"""Second thoughts: a pending request is changed or withdrawn by its requester alone, and approvals start anew."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.lifecycle import RequestState
from tests.journeys.crafting import as_person, crafted
from tests.journeys.test_asking import requests_of
from tests.journeys.world import NAME, REPLY_URL, WHY, World
from tests.sandbox.slack.outcomes import ClickOutcome
from tests.sandbox.slack.person import Person


def click_own(world: World, button: str) -> ClickOutcome:
    """Press a button in the requester's own message."""
    ada = world.around.person("ada")
    return ada.click(ada.dm[0], button, stale=True)


def change_name(world: World, name: str) -> None:
    """Change the display name and nothing else."""
    click_own(world, "change")
    world.around.person("ada").type("display_name", name)
    assert world.around.person("ada").submit().closed
    world.settle()


def buttons(person: Person) -> list[str]:
    """The buttons in the requester's message as it stands."""
    return [e["action_id"] for block in person.dm[0].blocks if block["type"] == "actions" for e in block["elements"]]


def test_filled_form(world: World) -> None:
    """Change re-opens the form with every answer as it was given, and sent unchanged it asks for the same."""
    day = world.clock.now().date().replace(year=2027, month=3)
    world.ask(scopes=("patient.read", "User.Read"), co_owners=("alan",), duration="custom", last_day=day)
    before = requests_of(world)[0].form
    click_own(world, "change")
    ada = world.around.person("ada")
    assert ada.modal is not None
    title = ada.modal.title
    ada.submit()

    assert title == "Change request"
    assert requests_of(world)[0].form == before
    assert (before.display_name, before.reply_urls, before.justification) == (NAME, (REPLY_URL,), WHY)


def test_change_is_told(world: World) -> None:
    """The approvers read in the thread who changed it and whose approval is void; the card shows the new version."""
    world.use_policy(quorum=2)
    request_id = world.ask()
    world.approve("grace")
    change_name(world, "Bed planner")

    told = world.thread()[-1]
    assert f"<@{world.around.ids['ada']}> changed this request." in told
    assert f"The approval of <@{world.around.ids['grace']}> counts no more" in told
    assert "Register “Bed planner”" in world.card().reads
    assert f"Version 2 of {request_id}" in world.card().reads


def test_voided_approval_counts_no_more(world: World) -> None:
    """After a change it takes the whole quorum again."""
    world.use_policy(quorum=2)
    world.ask()
    world.approve("grace")
    change_name(world, "Bed planner")
    world.approve("katherine")
    after_one = len(world.entra.applications)
    world.approve("grace")

    assert after_one == 0
    assert [made["displayName"] for made in world.entra.snapshot()["applications"]].count("Bed planner") == 1


def test_old_card(world: World) -> None:
    """A click on a card that was drawn before the change is refused, for Approve and for Deny."""
    world.ask()
    stale = world.card().now
    change_name(world, "Bed planner")
    grace = world.around.person("grace")
    approved = grace.click(stale, "approve", stale=True)
    denied = grace.click(stale, "deny", stale=True)

    for outcome in (approved, denied):
        assert "was changed by its requester after this message was drawn" in " ".join(outcome.texts)
    assert grace.modal is None
    assert requests_of(world)[0].state is RequestState.PENDING


def test_faulty_change(world: World) -> None:
    """A change is checked like the first submission, and what does not hold changes nothing."""
    world.ask()
    click_own(world, "change")
    ada = world.around.person("ada")
    ada.type("reply_urls", "http://ward.contoso.example")
    outcome = ada.submit()

    assert list(outcome.errors) == ["reply_urls"]
    assert (requests_of(world)[0].version, requests_of(world)[0].form.reply_urls) == (1, (REPLY_URL,))


def test_change_after_the_decision(world: World) -> None:
    """A change that is sent after the approval is refused with what happened, and what was typed stays readable."""
    world.ask()
    click_own(world, "change")
    ada = world.around.person("ada")
    ada.type("display_name", "Too late")
    world.approve()
    outcome = ada.submit()

    assert "was approved by" in " ".join(outcome.errors.values())
    assert ada.modal is not None
    assert "Too late" in str(ada.modal.typed)
    assert requests_of(world)[0].form.display_name == NAME


def test_two_changes_at_once(world: World) -> None:
    """Of two change forms of one version the first that is sent counts; the second is told, and changes nothing."""
    world.ask()
    click_own(world, "change")
    ada = world.around.person("ada")
    ada.type("display_name", "First")
    first = ada.submit()
    second = crafted(world, first, lambda payload: _retype(payload, "Second"))

    assert first.closed
    assert "was changed a moment ago" in str(second.json)
    assert (requests_of(world)[0].version, requests_of(world)[0].form.display_name) == (2, "First")


def _retype(payload: dict[str, Any], name: str) -> None:
    payload["view"]["state"]["values"]["display_name"]["value"]["value"] = name


@pytest.mark.parametrize("button", ["change", "withdraw"])
def test_somebody_else(world: World, button: str) -> None:
    """Only the requester can change or withdraw, whoever crafts the click; a co-owner cannot either."""
    world.ask(co_owners=("alan",))
    ada = world.around.person("ada")
    grace = world.around.person("grace")
    approving = grace.click(world.card(), "deny")
    own = ada.dm[0]
    action = next(e for b in own.blocks if b["type"] == "actions" for e in b["elements"] if e["action_id"] == button)
    answers = []
    for name in ("alan", "grace", "gus"):
        since = len(grace.ephemerals())
        crafted(world, approving, _press(world, action, name))
        answers.append(" ".join(message.reads for message in grace.ephemerals()[since:]))

    assert all("Only the person who made this request" in answer for answer in answers[:2])
    assert "guest" in answers[2]
    assert requests_of(world)[0].state is RequestState.PENDING


def _press(world: World, element: dict[str, Any], name: str) -> Callable[[dict[str, Any]], object]:
    def change(payload: dict[str, Any]) -> None:
        as_person(world, name)(payload)
        payload["actions"][0].update(action_id=element["action_id"], value=element["value"])

    return change


def test_somebody_elses_form(world: World) -> None:
    """A change form that somebody else submits changes nothing."""
    world.ask()
    click_own(world, "change")
    sent = world.around.person("ada").submit()
    answer = crafted(world, sent, as_person(world, "alan"))

    assert "Only the person who made this request" in str(answer.json)
    assert requests_of(world)[0].version == 2


def test_withdrawn(world: World) -> None:
    """After a withdrawal nothing can be pressed any more: not in the message, not on the card."""
    world.ask()
    stale = world.card().now
    click_own(world, "withdraw")
    world.settle()
    late = world.around.person("grace").click(stale, "approve", stale=True)
    again = click_own(world, "withdraw")
    world.settle()

    assert buttons(world.around.person("ada")) == []
    assert "actions" not in [block["type"] for block in world.card().blocks]
    assert "was withdrawn by" in " ".join(late.texts)
    assert "was withdrawn by" in " ".join(again.texts)
    assert [text for text in world.thread() if "Withdrawn by" in text] == world.thread()
    assert world.entra.applications == ()


def test_withdrawn_half_way(world: World) -> None:
    """A request with one of two approvals can still be withdrawn."""
    world.use_policy(quorum=2)
    world.ask()
    world.approve("grace")
    click_own(world, "withdraw")
    world.settle()
    late = world.around.person("katherine").click(world.card(), "approve", stale=True)

    assert "was withdrawn by" in " ".join(late.texts)
    assert requests_of(world)[0].state is RequestState.WITHDRAWN


def test_changed_in_one_message(world: World) -> None:
    """However often a request is changed, requester and approvers have one message about it each."""
    world.ask()
    for name in ("One", "Two", "Three"):
        change_name(world, name)
    cards = [m for m in world.around.person("grace").messages(world.around.channel) if not m.is_reply]

    assert len(world.around.person("ada").dm) == len(cards) == 1
    assert "Your request for “Three”" in world.around.person("ada").dm[0].reads


def test_change_begins_the_wait_anew(world: World) -> None:
    """The time after which a request lapses counts from its last change."""
    world.ask()
    world.advance(days=6)
    change_name(world, "Bed planner")
    world.advance(days=6)
    still = requests_of(world)[0].state
    world.advance(days=2)

    assert still is RequestState.PENDING
    assert requests_of(world)[0].state is RequestState.LAPSED
