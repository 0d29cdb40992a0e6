"""A secret that was asked for until a fixed day: what its successors live, and what is said once the day has passed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.one_time_link import ended_message, newest_link, secrets, state
from tests.journeys.world import START, World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import CREATE_APPLICATION

LAST_DAY = (START + timedelta(days=40)).date()
LIFE = timedelta(days=40, hours=14, minutes=59, seconds=59)


@pytest.fixture
def until_a_day(world: World) -> World:
    """A world in which Ada has just been sent the link to a secret that ends on the second of January."""
    world.ask(duration="custom", last_day=LAST_DAY)
    world.approve()
    return world


def rotate(world: World) -> Any:
    """Press "Rotate now" in the newest reminder."""
    ada = world.around.person("ada")
    outcome = ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    return outcome


@pytest.mark.parametrize("days", [37, 45])
def test_a_successor_lives_as_long(until_a_day: World, days: int) -> None:
    """Rotated before or after its last day, the secret's successor lives as long as it did; message and page say so."""
    until_a_day.secret()
    until_a_day.advance(days=37)
    until_a_day.advance(days=days - 37)
    rotate(until_a_day)
    message = until_a_day.link_message().reads
    page = until_a_day.post("look", until_a_day.press()).text
    until_a_day.secret()

    assert secrets(until_a_day)[-1].ends_at == until_a_day.clock.now() + LIFE
    assert "lives 40 days from the moment it is shown" in message
    assert "40 days from the moment it is shown" in page
    assert str(LAST_DAY) not in page


def test_a_successor_keeps_to_the_policy(until_a_day: World) -> None:
    """A successor lives no longer than the policy allows by then."""
    until_a_day.secret()
    until_a_day.advance(days=37)
    until_a_day.use_policy(secret_days=(7,), default_secret_days=7, longest_secret_days=30)
    rotate(until_a_day)
    message = until_a_day.link_message().reads
    until_a_day.secret()

    assert secrets(until_a_day)[-1].ends_at == until_a_day.clock.now() + timedelta(days=30)
    assert "lives 30 days" in message


def test_a_first_link_after_the_last_day(world: World) -> None:
    """Once the last day has passed, a first link shows nothing, uses nothing up, and says to ask anew."""
    world.use_policy(link_hours=24 * 30)
    world.ask(duration="custom", last_day=(START + timedelta(days=2)).date())
    world.approve()
    world.advance(days=3)
    token = world.press()
    answers = [world.post("look", token), world.reveal(token)]

    assert [state(answer) for answer in answers] == ["past_its_day", "past_its_day"]
    for answer in answers:
        assert "25 November 2026" in answer.text
        assert "/register-app" in answer.text
        assert answer.json()["offer"] is None
    assert secrets(world) == ()
    assert world.entra.journal.calls("addPassword") == []
    assert newest_link(world).attempts == 0


def test_no_new_link_after_the_last_day(world: World) -> None:
    """Who asks for a new link after the last day is told that it is over, and is sent none."""
    world.ask(duration="custom", last_day=(START + timedelta(days=1)).date())
    world.approve()
    world.advance(days=2)
    links = len(world.around.person("ada").dm)
    outcome = world.around.person("ada").click(ended_message(world, "Nobody opened this link"), "renew_link")
    world.settle()

    assert "24 November 2026" in " ".join(outcome.texts)
    assert "`/register-app`" in " ".join(outcome.texts)
    assert len(world.around.person("ada").dm) == links


def test_a_lost_secret_whose_last_day_has_passed(world: World) -> None:
    """Who did not see a secret that has ended by now is told to ask anew, and is sent no link that shows nothing."""
    world.use_policy(link_hours=72)
    world.ask(duration="custom", last_day=(START + timedelta(days=1)).date())
    world.approve()
    world.secret()
    world.advance(days=2)
    outcome = world.around.person("ada").click(ended_message(world, "I did not see it"), "not_seen")
    world.settle()

    assert "24 November 2026" in " ".join(outcome.texts)
    assert world.bot.store.links.alive(world.bot.store.applications.of_owner(world.around.ids["ada"])[0].id) is None


def test_retry_after_the_last_day(world: World) -> None:
    """A failed request is not made again after its last day: the approver reads which day, and what can be done."""
    world.entra.trouble.add(faults.refused(CREATE_APPLICATION, 403, "Authorization_RequestDenied", "No.", times=9))
    world.ask(duration="custom", last_day=(START + timedelta(days=2)).date())
    world.approve()
    world.entra.trouble.clear()
    world.advance(days=3)
    outcome = world.around.person("grace").click(world.card(), "retry")
    world.settle()
    told = " ".join(outcome.texts)

    assert "2026-11-25" in told
    assert f"<@{world.around.ids['ada']}>" in told
    assert "Deny" not in told
    assert world.entra.applications == ()
