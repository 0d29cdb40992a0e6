"""Slack itself does not take what the bot wants to show."""

from collections.abc import Callable

import pytest

from bot.errors import SlackUnavailable
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.slack import faults
from tests.sandbox.trouble import Fault

BUSY = "Slack did not answer me in time. Nothing was changed; please try once more."
TROUBLE: list[Callable[[], Fault]] = [
    lambda: faults.rate_limited("views.open", 30),
    lambda: faults.down("views.open"),
    lambda: faults.unreachable("views.open"),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=["throttled", "down", "unreachable"])
def test_the_form(world: World, trouble: Callable[[], Fault]) -> None:
    """When Slack itself does not take the form, the person is told that it was Slack, and to try once more."""
    world.slack.trouble.add(trouble())
    said = world.around.person("ada").command("/register-app")

    assert BUSY in " ".join(said.texts)


@BOTH_ENGINES
def test_limited(world: World, twin: Twin) -> None:
    """What Slack limits is asked again by nobody, on no instance, before its time; people are told so at once."""
    world.ask()
    grace = world.around.person("grace")
    before = len(world.slack.journal.calls("users.info"))
    world.slack.trouble.add(faults.rate_limited("users.info", 30))
    told = grace.click(world.card(), "approve").texts
    with pytest.raises(SlackUnavailable):
        twin.bot.use_cases.people.fresh(world.around.ids["grace"])
    asked = len(world.slack.journal.calls("users.info")) - before
    world.advance(seconds=31)
    world.approve()

    assert told == (BUSY,)
    assert asked == 1
    assert world.secret()
