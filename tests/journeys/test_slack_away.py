"""Slack itself does not take what the bot wants to show."""

from collections.abc import Callable

import pytest

from tests.journeys.world import World
from tests.sandbox.slack import faults
from tests.sandbox.trouble import Fault

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

    assert "Slack did not answer me in time. Nothing was changed; please try once more." in " ".join(said.texts)
