"""Owners: who could not be made one in Entra is named, and a co-owner can get the link when the requester is gone."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.crafting import as_person, crafted
from tests.journeys.making import approved, events, let_time_pass
from tests.journeys.one_time_link import ended_message, secrets
from tests.journeys.world import START, World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL
from tests.sandbox.slack.filling import CannotDo
from tests.sandbox.slack.outcomes import ClickOutcome

SEND = "take_link"


def mention(world: World, name: str) -> str:
    """How a person is mentioned in Slack."""
    return f"<@{world.around.ids[name]}>"


def own_message(world: World) -> str:
    """What Ada's message about her request reads."""
    found: str = next(message.reads for message in world.around.person("ada").dm if "Your request for" in message.reads)
    return found


def done(world: World) -> str:
    """The reply in the thread that says what was made."""
    return next(text for text in world.thread() if "Made in Entra" in text)


def leave(world: World, name: str) -> None:
    """Let somebody leave the company: deactivated in Slack, and gone from Entra."""
    world.slack.change_person(world.around.ids[name], deactivated=True)
    world.entra.remove_person(world.entra.person_id(f"{name}@contoso.example"))


def take(world: World, name: str = "alan") -> ClickOutcome:
    """Have an owner list the applications and ask there for the link."""
    hands = world.around.person(name)
    listed = hands.command("/register-app", "list").ephemerals[0]
    outcome: ClickOutcome = hands.click(listed, SEND)
    world.settle()
    return outcome


def issued(world: World) -> list[Mapping[str, Any]]:
    """The audit's rows of links, who did what."""
    return [row for row in world.bot.store.audit.rows() if row["event"] in {"link:issue", "link:replace"}]


def refused(world: World, words: str) -> bool:
    """Whether a crafted press was answered so; the answer goes where the press that was copied stood, to Alan."""
    return any(words in message.reads for message in world.around.person("alan").ephemerals())


def no_mail_in_slack(world: World) -> None:
    """Slack shows no e-mail address of Alan's."""
    world.slack.change_person(world.around.ids["alan"], email="")


def no_user_in_entra(world: World) -> None:
    """Entra knows no user with Alan's e-mail address."""
    world.entra.remove_person(world.entra.person_id("alan@contoso.example"))


REASONS = [
    (no_mail_in_slack, "Slack shows me no e-mail address"),
    (no_user_in_entra, "Entra has no single user with the e-mail address"),
]


@pytest.mark.parametrize(("cause", "why"), REASONS)
def test_a_co_owner_who_cannot_own(world: World, cause: Any, why: str) -> None:
    """A co-owner without a user in Entra is named to approvers and requester, with the reason and what to do."""
    cause(world)
    approved(world, co_owners=("alan",))

    for text in (done(world), own_message(world)):
        assert f"{mention(world, 'alan')} could not be made an owner in Entra" in text
        assert why in text
        assert "Add them there by hand, under App registrations, Owners" in text
        assert mention(world, "ada") not in text.partition("could not be made")[0].rpartition("\n")[2]


def test_a_requester_who_cannot_own(world: World) -> None:
    """The same is said of the requester."""
    world.entra.remove_person(world.entra.person_id("ada@contoso.example"))
    approved(world)

    assert f"{mention(world, 'ada')} could not be made an owner in Entra" in done(world)
    assert f"{mention(world, 'ada')} could not be made an owner in Entra" in own_message(world)


def test_everybody_owns(world: World) -> None:
    """Where every owner was found nothing is said of it."""
    approved(world, co_owners=("alan",))

    assert "could not be made an owner" not in done(world) + own_message(world)


def test_who_cannot_own_survives_a_lost_answer(world: World) -> None:
    """Who could not be bound is told at the end, though the answer to the creation was lost and a try went by."""
    no_user_in_entra(world)
    world.entra.lag_seconds = 90
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    approved(world, co_owners=("alan",))
    let_time_pass(world)

    assert "application:adopt" in events(world)
    assert f"{mention(world, 'alan')} could not be made an owner in Entra" in done(world)


def test_the_requester_left(world: World) -> None:
    """A co-owner gets the link at once and the secret with it; the old link opens nothing, and the audit says who."""
    approved(world, co_owners=("alan",))
    old = world.press("ada")
    leave(world, "ada")
    outcome = take(world)
    secret = world.secret("alan")

    assert any("on its way to you" in text for text in outcome.texts)
    assert secret
    assert world.reveal(old).json()["state"] in {"replaced", "unknown"}
    assert [(row["event"], row["actor"]) for row in issued(world)] == [
        ("link:issue", "bot"),
        ("link:replace", world.around.ids["alan"]),
        ("link:issue", world.around.ids["alan"]),
    ]


def test_the_requester_left_before_the_link(world: World) -> None:
    """Where the link could not be delivered the approvers read that another owner can get one, and how."""
    world.ask(co_owners=("alan",))
    leave(world, "ada")
    world.approve()
    told = " ".join(world.thread())
    take(world)

    assert "Any other owner can get one with `/register-app list`" in told
    assert world.secret("alan")


def test_the_link_ran_out(world: World) -> None:
    """After the link's time a co-owner can get another."""
    approved(world, co_owners=("alan",))
    world.advance(hours=25)
    take(world)

    assert world.secret("alan")


def test_nobody_saw_the_first_secret(world: World) -> None:
    """After a first secret that nobody saw, a co-owner's link is to one that ends on the day that was approved."""
    day = (START + timedelta(days=40)).date()
    world.ask(co_owners=("alan",), duration="custom", last_day=day)
    world.approve()
    world.secret("ada")
    ada = world.around.person("ada")
    ada.click(ended_message(world, "I did not see it"), "not_seen")
    world.advance(hours=25)
    take(world)

    assert world.secret("alan")
    assert [password.ends_at.date() for password in secrets(world)] == [day]


def test_the_requester_is_still_there(world: World) -> None:
    """A requester whose link a co-owner took is told who did, in words and on the old message."""
    approved(world, co_owners=("alan",))
    old = world.link_message("ada")
    take(world)
    texts = [message.reads for message in world.around.person("ada").dm]

    assert any(f"{mention(world, 'alan')} asked for the link" in text for text in texts)
    assert "A newer link took the place of this one" in next(
        message.reads for message in world.around.person("ada").dm if message.ts == old.ts
    )


def test_only_owners_get_the_link(world: World) -> None:
    """Somebody who does not own the application gets no link, whatever their client sends."""
    approved(world, co_owners=("alan",))
    outcome = take(world)
    before = issued(world)
    crafted(world, outcome, as_person(world, "katherine"))
    world.settle()

    assert issued(world) == before
    assert refused(world, "Only an owner of the application can do this.")


def test_the_secret_was_shown_meanwhile(world: World) -> None:
    """A list that is older than the first look begins no second secret: its button says to rotate."""
    approved(world, co_owners=("alan",))
    alan = world.around.person("alan")
    listed = alan.command("/register-app", "list").ephemerals[0]
    world.secret("ada")
    outcome = alan.click(listed, SEND)
    world.settle()

    assert any("was shown already" in text for text in outcome.texts)
    assert len(issued(world)) == 1


def test_an_old_link_makes_no_second_secret(world: World) -> None:
    """A requester whose link ran out, and whose co-owner saw the secret since, is told to rotate instead."""
    approved(world, co_owners=("alan",))
    world.advance(hours=25)
    expired = world.around.person("ada").dm[-1]
    take(world)
    world.secret("alan")
    outcome = world.around.person("ada").click(expired, "renew_link")
    world.settle()

    assert any("was shown already" in text for text in outcome.texts)
    assert len(world.entra.secrets(world.entra.applications[0].id)) == 1


def test_no_link_before_its_time(world: World) -> None:
    """While the application is still being made the list offers no link, and a crafted press gets none."""
    approved(world, co_owners=("alan",))
    done_before = take(world)
    world.entra.trouble.add(faults.unavailable(CREATE_SERVICE_PRINCIPAL, times=1_000))
    approved(world, display_name="Bed planner", co_owners=("alan",))
    owned = world.bot.store.applications.of_owner(world.around.ids["alan"])
    young = next(application for application in owned if application.display_name == "Bed planner")
    before = issued(world)
    crafted(world, done_before, lambda payload: payload["actions"][0].update(value=young.id))
    world.clock.advance(timedelta(minutes=1))
    world.entra.trouble.clear()
    let_time_pass(world)

    assert len(issued(world)) == len(before) + 1
    assert refused(world, "still being made")


def test_no_button_while_it_is_made(world: World) -> None:
    """The list of an application that is still being made has no such button."""
    world.entra.trouble.add(faults.unavailable(CREATE_SERVICE_PRINCIPAL, times=1_000))
    approved(world, co_owners=("alan",))

    with pytest.raises(CannotDo):
        take(world)
