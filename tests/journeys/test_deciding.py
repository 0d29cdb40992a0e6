"""Deciding: only approvers, never on their own, once; whoever comes late is told what happened."""

from functools import partial
from typing import Any

import pytest

from bot.lifecycle import RequestState
from tests.journeys.crafting import as_person, crafted, delivered
from tests.journeys.test_asking import requests_of
from tests.journeys.world import World
from tests.sandbox.slack import faults
from tests.sandbox.slack.outcomes import ClickOutcome, Outcome

UNAVAILABLE = "Slack did not answer me in time. Nothing was changed; please try once more."


def press(world: World, person: str, button: str = "approve") -> ClickOutcome:
    """Press a button that stood on the card at some time."""
    return world.around.person(person).click(world.card(), button, stale=True)


def deny(world: World, person: str, reason: str) -> Any:
    """Press Deny and send a reason."""
    press(world, person, "deny")
    world.around.person(person).type("reason", reason)
    outcome = world.around.person(person).submit()
    world.settle()
    return outcome


def said(outcome: Outcome) -> str:
    """What the person who pressed was told, to themselves alone."""
    return " ".join(outcome.texts)


def card_buttons(world: World) -> list[str]:
    """The buttons on the card as it stands."""
    return [e["action_id"] for block in world.card().blocks if block["type"] == "actions" for e in block["elements"]]


def events(world: World) -> list[str]:
    """What the audit says, in order."""
    return [row["event"] for row in world.bot.store.audit.rows()]


def test_approved(world: World) -> None:
    """A decided card says who and when and has no buttons; the outcome is in the thread too."""
    world.ask()
    world.approve()
    grace = f"<@{world.around.ids['grace']}>"

    assert card_buttons(world) == []
    assert f"Approved by {grace}." in world.card().reads
    assert f"<!date^{int(world.clock.now().timestamp())}" in world.card().reads
    assert f"Approved by {grace}. It is being made in Entra." in world.thread()[0]
    assert "Made in Entra: client ID" in world.thread()[1]


def test_denied(world: World) -> None:
    """A denied card says who, when and why; so do the thread and the requester's message, and nothing is made."""
    world.ask()
    deny(world, "grace", "Use *staging* first <!channel>.")
    grace = f"<@{world.around.ids['grace']}>"
    words = "Use \N{ASTERISK OPERATOR}staging\N{ASTERISK OPERATOR} first &lt;!channel&gt;."

    assert card_buttons(world) == []
    assert f"*Denied* by {grace}, <!date^{int(world.clock.now().timestamp())}" in world.card().reads
    assert f"Denied by {grace}: {words}" in world.thread()[-1]
    assert f"Denied by {grace}: {words}" in world.around.person("ada").dm[0].reads
    assert world.entra.applications == ()


@pytest.mark.parametrize("blank", ["", "   ", "\n\n"])
def test_reason_is_required(world: World, blank: str) -> None:
    """A denial without a reason is not accepted, and a crafted one neither; the modal stays."""
    world.ask()
    press(world, "grace", "deny")
    grace = world.around.person("grace")
    grace.type("reason", blank)
    outcome = grace.submit(crafted=True)

    assert outcome.errors == {"reason": "Say why; the requester reads it."}
    assert not outcome.closed
    assert requests_of(world)[0].state is RequestState.PENDING


def test_denial_survives_a_failure(world: World) -> None:
    """When Slack cannot tell who denies, the modal stays with the reason, and the next press denies."""
    world.ask()
    press(world, "grace", "deny")
    grace = world.around.person("grace")
    grace.type("reason", "Use the staging tenant first.")
    world.slack.trouble.add(faults.down("usergroups.users.list"))
    first = grace.submit()

    assert first.errors == {"reason": UNAVAILABLE}
    assert grace.submit().closed
    assert requests_of(world)[0].settled_reason == "Use the staging tenant first."


@pytest.mark.parametrize("person", ["ada", "alan"])
def test_not_an_approver(world: World, person: str) -> None:
    """Somebody in the channel who is no approver can neither approve nor deny."""
    world.ask("katherine")
    world.slack.change_channel(world.around.channel, members=[*world.around.ids.values(), world.slack.bot_user_id])
    approved = press(world, person)
    deny(world, person, "Because.")
    view = world.around.person(person).modal

    assert "Only the configured approvers may decide" in said(approved)
    assert view is not None
    assert "Only the configured approvers may decide" in view.reads
    assert requests_of(world, "katherine")[0].state is RequestState.PENDING


def test_list_is_asked_at_each_click(world: World) -> None:
    """An approver who has just decided and is then taken off the group decides nothing more, from that moment on."""
    world.ask()
    world.approve()
    world.ask(display_name="Bed planner")
    world.slack.set_group(world.around.group, members=[world.around.ids["katherine"]])
    approved = press(world, "grace")
    deny(world, "grace", "Because.")
    world.slack.set_group(world.around.group, members=[world.around.ids["grace"]])

    assert "Only the configured approvers" in said(approved)
    assert requests_of(world)[0].state is RequestState.PENDING
    assert said(press(world, "grace")) == ""
    assert requests_of(world)[0].state is RequestState.APPROVED


def test_own_request(world: World) -> None:
    """An approver can neither approve nor deny a request of their own."""
    world.ask("grace")
    approved = press(world, "grace")
    deny(world, "grace", "Because.")
    view = world.around.person("grace").modal

    assert "This is your own request" in said(approved)
    assert view is not None
    assert "This is your own request" in view.reads


def test_co_owned_request(world: World) -> None:
    """An approver who is to own the application cannot approve it; another one can."""
    world.ask(co_owners=("grace",))
    refused = press(world, "grace")

    assert "You are to own this application" in said(refused)
    assert said(press(world, "katherine")) == ""
    assert requests_of(world)[0].state is RequestState.APPROVED


@pytest.mark.parametrize("button", ["approve", "deny"])
def test_late_click(world: World, button: str) -> None:
    """Who presses Approve or Deny after the decision is told who decided and when, and nothing changes."""
    world.ask()
    world.approve()
    told = said(press(world, "katherine", button))

    assert world.around.person("katherine").modal is None
    assert f"was approved by <@{world.around.ids['grace']}>" in told
    assert "23 November 2026" in told
    assert requests_of(world)[0].state is RequestState.FULFILLED


def test_second_click(world: World) -> None:
    """The same approver's second press is told what happened, and one application stands."""
    world.ask()
    first = said(press(world, "grace"))
    second = said(press(world, "grace"))
    world.settle()

    assert first == ""
    assert f"was approved by <@{world.around.ids['grace']}>" in second
    assert len(world.entra.applications) == 1


def test_click_after_lapse(world: World) -> None:
    """Who presses after a request lapsed is told that nobody decided in time."""
    world.ask()
    world.advance(days=8)

    assert "because nobody decided in time" in said(press(world, "grace"))
    assert world.entra.applications == ()


def test_redelivered_click(world: World) -> None:
    """A click that Slack delivers again, even after a restart, changes nothing and is answered well."""
    world.ask()
    first = press(world, "grace")
    world.restart()
    again = world.slack.deliver(delivered(first).raw)
    world.settle()
    third = world.slack.deliver(delivered(first).raw)

    assert [again.status, third.status] == [200, 200]
    assert len(world.entra.applications) == 1
    assert events(world).count("request:approve") == 1


def test_old_click_replayed(world: World) -> None:
    """A captured click that is replayed after Slack's five minutes is not let in."""
    world.ask()
    outcome = world.around.person("grace").forging(timestamp=1_000_000_000).click(world.card(), "approve")

    assert outcome.status == 401
    assert requests_of(world)[0].state is RequestState.PENDING


def test_forged_click(world: World) -> None:
    """A click that Slack did not sign is not let in."""
    world.ask()
    outcome = world.around.person("grace").forging(signature="bad").click(world.card(), "approve")

    assert outcome.status == 401
    assert requests_of(world)[0].state is RequestState.PENDING


@pytest.mark.parametrize("method", ["users.info", "usergroups.users.list"])
def test_slack_down(world: World, method: str) -> None:
    """When Slack does not tell who presses, nothing is decided, the approver is told, and the next press decides."""
    world.ask()
    world.approve()
    world.ask(display_name="Bed planner")
    world.slack.trouble.add(faults.down(method))
    failed = press(world, "grace")
    state = requests_of(world)[0].state

    assert said(failed) == UNAVAILABLE
    assert state is RequestState.PENDING
    assert said(press(world, "grace")) == ""
    assert requests_of(world)[0].state is RequestState.APPROVED


def test_throttled_at_the_click(world: World) -> None:
    """A 429 to the question who approves decides nothing either."""
    world.ask()
    world.slack.trouble.add(faults.rate_limited("usergroups.users.list"))

    assert said(press(world, "grace")) == UNAVAILABLE
    assert requests_of(world)[0].state is RequestState.PENDING


def test_deactivated_approver(world: World) -> None:
    """An approver whose account was deactivated since decides nothing, though the group still names them."""
    world.ask()
    world.approve()
    world.ask(display_name="Bed planner")
    world.slack.change_person(world.around.ids["grace"], deactivated=True)

    assert "Your Slack account is deactivated." in said(press(world, "grace"))
    assert requests_of(world)[0].state is RequestState.PENDING


def test_guest_approver(world: World) -> None:
    """A guest decides nothing, though the group names them."""
    world.ask()
    click = world.around.person("grace").click(world.card(), "deny")
    world.slack.set_group(world.around.group, members=[world.around.ids["gus"]])
    crafted(world, click, partial(_approving, world))
    told = world.around.person("grace").ephemerals()[-1].reads

    assert "You are a guest in this workspace." in told
    assert requests_of(world)[0].state is RequestState.PENDING


def _approving(world: World, payload: dict[str, Any]) -> None:
    as_person(world, "gus")(payload)
    payload["actions"][0]["action_id"] = "approve"


def _approve(payload: dict[str, Any], value: str) -> None:
    payload["actions"][0].update(action_id="approve", value=value)


def test_crafted_request(world: World) -> None:
    """A crafted button of a request that does not exist is answered in words, and so is a senseless one."""
    world.ask()
    click = world.around.person("grace").click(world.card(), "deny")
    answers = []
    for value in ("REQ-00000000:1", "nonsense"):
        crafted(world, click, partial(_approve, value=value))
        answers.append(world.around.person("grace").ephemerals()[-1].reads)

    assert "There is no request REQ-00000000." in answers[0]
    assert "I do not know what this stands for any more." in answers[1]
