"""From slash command to secret in hand, and the turns that the way can take."""

from datetime import timedelta

import pytest

from bot.lifecycle import RequestState
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.world import NAME, World

pytestmark = BOTH_ENGINES


def test_the_whole_way(world: World) -> None:
    """Asked for, approved, made, shown once: one application, one service principal, one secret."""
    request_id = world.ask()
    world.approve()
    secret = world.secret()

    request = world.bot.store.requests.get(request_id)
    made = world.entra.applications[0]
    assert request is not None
    assert request.state is RequestState.FULFILLED
    assert (len(world.entra.applications), len(world.entra.service_principals)) == (1, 1)
    assert [secret[:3]] == [found.hint for found in world.entra.secrets(made.id)]


def test_double_submission(world: World) -> None:
    """The same form submitted twice is one request."""
    world.around.person("ada").command("/register-app")
    world.fill()
    first = world.around.person("ada").submit()
    assert first.delivery is not None
    world.slack.deliver(first.delivery.raw)
    world.settle()

    assert len(world.bot.store.requests.of_person(world.around.ids["ada"], limit=9)) == 1
    assert len([m for m in world.around.person("grace").messages(world.around.channel) if not m.thread_ts]) == 1


@pytest.mark.parametrize(("person", "word"), [("gus", "guest"), ("stan", "another organisation")])
def test_outsiders(world: World, person: str, word: str) -> None:
    """Guests and strangers are told why they cannot use it, and a crafted submission of theirs makes nothing."""
    outcome = world.around.person(person).command("/register-app")
    world.slack.wait_until(lambda: outcome.modal is not None and word in outcome.modal.reads)

    assert outcome.modal is not None
    assert word in outcome.modal.reads
    assert world.bot.store.requests.of_person(world.around.ids[person], limit=1) == []


def test_own_request(world: World) -> None:
    """An approver who asked for it cannot approve it."""
    world.ask("grace")
    outcome = world.around.person("grace").click(world.card(), "approve")

    assert "another approver has to decide" in " ".join(outcome.texts)


def test_approvers_are_checked_at_the_click(world: World) -> None:
    """Somebody who was taken off the list after the card was drawn cannot approve."""
    world.ask()
    world.slack.set_group(world.around.group, members=[world.around.ids["katherine"]])
    outcome = world.around.person("grace").click(world.card(), "approve")

    assert "Only the configured approvers" in " ".join(outcome.texts)
    assert world.entra.applications == ()


def test_denial(world: World) -> None:
    """A denial asks for a reason, and the requester and the thread read it."""
    world.ask()
    grace = world.around.person("grace")
    grace.click(world.card(), "deny")
    grace.type("reason", "Use the staging tenant first.")
    grace.submit()
    world.settle()

    assert "Use the staging tenant first." in world.around.person("ada").dm[0].reads
    assert "Use the staging tenant first." in world.thread()[-1]
    assert "actions" not in [block["type"] for block in world.card().blocks]


def test_a_late_click(world: World) -> None:
    """Who presses after the decision is told what happened and when."""
    world.ask()
    stale = world.card()
    world.approve()
    outcome = world.around.person("katherine").click(stale, "approve", stale=True)

    assert "was approved by" in " ".join(outcome.texts)


def test_quorum(world: World) -> None:
    """With a quorum of two the card shows who agreed and how many are missing; the second approves."""
    world.use_policy(quorum=2)
    world.ask()
    world.approve("grace")
    waiting = world.card().reads
    world.approve("katherine")

    assert f"Approved by <@{world.around.ids['grace']}>; 1 of 2 approvals missing." in waiting
    assert len(world.entra.applications) == 1


def test_change_voids_approvals(world: World) -> None:
    """A change re-opens the filled form, voids the approval given, says so, and kills the old card's buttons."""
    world.use_policy(quorum=2)
    world.ask()
    world.approve("grace")
    stale = world.card().versions[-1]
    ada = world.around.person("ada")
    ada.click(ada.dm[0], "change")
    assert ada.modal is not None
    ada.type("display_name", "Ward dashboard two")
    assert ada.submit().closed
    world.settle()
    outcome = world.around.person("katherine").click(stale, "approve", stale=True)

    assert "counts no more" in world.thread()[-1]
    assert "was changed by its requester" in " ".join(outcome.texts)
    assert "2 of 2 approvals missing" in world.card().reads
    assert len(ada.dm) == 1


def test_withdrawal(world: World) -> None:
    """A requester withdraws a pending request; nothing is made and the thread says so."""
    world.ask()
    ada = world.around.person("ada")
    ada.click(ada.dm[0], "withdraw")
    world.settle()

    assert "Withdrawn by" in world.thread()[-1]
    assert "You withdrew this request" in ada.dm[0].reads


def test_waiting_and_lapsing(world: World) -> None:
    """A request that waits is recalled once, then lapses, and both sides are told each time."""
    world.ask()
    world.advance(hours=25)
    world.advance(hours=1)
    recalled = [text for text in world.thread() if "still waiting" in text]
    world.advance(days=7)

    assert len(recalled) == 1
    assert "Nobody decided in time" in world.thread()[-1]
    assert any("so it ended" in message.reads for message in world.around.person("ada").dm)


def test_only_the_recipient_arms(world: World) -> None:
    """A link that somebody else has mints nothing, and nothing of it is used up."""
    world.ask()
    world.approve()
    message = world.link_message()
    stolen = str(message.blocks).partition("secret#")[2][:43]

    assert "secret" not in world.reveal(stolen).json()
    assert world.secret()


def test_arming_ends(world: World) -> None:
    """Ten minutes after the press in Slack the page says to press again."""
    world.ask()
    world.approve()
    token = world.press()
    world.advance(minutes=11)

    assert world.post("look", token).json()["state"] == "not_armed"


def test_expiry(world: World) -> None:
    """A link that nobody opened ends, its message says so without the link, and a new one can be had from it."""
    world.ask()
    world.approve()
    token = world.press()
    world.advance(hours=25)
    ada = world.around.person("ada")
    ended = ada.dm[-1]
    state = world.post("look", token).json()["state"]
    ada.click(ended, "renew_link")
    world.settle()

    assert state == "expired"
    assert "secret#" not in str(ended.blocks)
    assert world.secret()


def test_not_seen(world: World) -> None:
    """“I did not see it” removes that secret at once and sends a link to another; pressed twice it is one."""
    world.ask()
    world.approve()
    lost = world.secret()
    world.bot.background.shutdown(wait=True)
    world.restart()
    world.settle()
    ada = world.around.person("ada")
    shown = ada.dm[-1]
    ada.click(shown, "not_seen")
    ada.click(shown, "not_seen", stale=True)
    world.settle()
    found = world.secret()

    assert lost != found
    assert [found[:3]] == [secret.hint for secret in world.entra.secrets(world.entra.applications[0].id)]


def test_reminders_and_rotation(world: World) -> None:
    """Owners are reminded once a step; the rotated secret overlaps, is warned of, removed, and told of."""
    world.ask(co_owners=("alan",))
    world.approve()
    world.secret()
    world.advance(days=120)
    world.restart()
    world.advance(days=1)
    reminders = {name: [m for m in world.around.person(name).dm if "ends in" in m.text] for name in ("ada", "alan")}
    world.around.person("alan").click(reminders["alan"][0], "rotate")
    world.settle()
    world.secret("alan")
    both = len(world.entra.secrets(world.entra.applications[0].id))
    world.advance(days=6, hours=1)
    warned = [m.reads for m in world.around.person("ada").dm if "is removed from Entra on" in m.reads]
    world.advance(days=1)

    assert {name: len(found) for name, found in reminders.items()} == {"ada": 1, "alan": 1}
    assert both == 2
    assert len(warned) == 1
    assert len(world.entra.secrets(world.entra.applications[0].id)) == 1
    assert any("was removed from Entra" in m.reads for m in world.around.person("ada").dm)


def test_snooze(world: World) -> None:
    """A snoozed reminder is quiet until the day chosen, comes on that day, and cannot be put off to the last three."""
    world.ask()
    world.approve()
    world.secret()
    world.advance(days=121)
    ada = world.around.person("ada")
    reminder = next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks))
    end = (world.clock.now() + timedelta(days=59)).date()
    refused = ada.choose_in_message(reminder, "snooze", end - timedelta(days=2))
    ada.choose_in_message(reminder, "snooze", end - timedelta(days=10))
    world.settle()
    quiet = reminder.reads
    before = len([m for m in ada.dm if "ends in" in m.text])
    world.advance(days=48)
    still = len([m for m in ada.dm if "ends in" in m.text])
    world.advance(days=1)
    for _ in range(2):
        world.advance(hours=1)

    assert refused is not None
    assert "3 days before the secret ends" in " ".join(refused.texts)
    assert "Quiet until" in quiet
    assert still == before
    assert [m.text for m in ada.dm if "ends in" in m.text][before:] == [
        f"The client secret of “{NAME}” ends in 10 days."
    ]
    assert "Quiet until" not in ada.dm[-1].reads
