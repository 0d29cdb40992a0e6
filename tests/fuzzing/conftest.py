"""A world in which much has happened, so that there is much to get at."""

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.engines import ENGINES
from tests.fuzzing.listening import everything_logged
from tests.journeys.world import World
from tests.sandbox.slack.records import Message
from tests.sandbox.stage import Stage

METRICS_TOKEN = "0123456789abcdef" * 2


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged while the test runs."""
    with everything_logged() as stream:
        yield stream


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """The real bot, in whose database one request of each kind stands; on SQLite unless a test names engines."""
    with ENGINES[getattr(request, "param", "sqlite")](tmp_path) as address:
        made = World(folder=tmp_path, database_url=address, more={"metrics_token": METRICS_TOKEN})
        _rotate(made)
        _deny_and_change(made)
        made.ask(display_name="Fulfilled and waiting")
        made.approve()
        made.ask(display_name="Pending")
        _look_around(made)
        yield made
        made.stop()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[World]:
    """A world in which a link waits for Ada, whose page asks its viewer to sign in with Slack."""
    made = World(folder=tmp_path, sign_in=True)
    made.ask()
    made.approve()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The bot in a process of its own, as the operator runs it."""
    made = Stage(folder=tmp_path_factory.mktemp("stage"))
    yield made
    made.stop()


def _rotate(world: World) -> None:
    """A secret is seen, put off, rotated, sent again, seen, and said not to have been seen."""
    ada = world.around.person("ada")
    world.ask(display_name="Rotated")
    world.approve()
    world.secret()
    world.advance(days=121)
    ada.choose_in_message(_newest(world, "Rotate now"), "snooze", world.clock.now().date() + timedelta(days=20))
    ada.click(_newest(world, "Rotate now"), "rotate")
    world.settle()
    ada.click(world.link_message(), "renew_link")
    world.settle()
    world.secret()
    ada.click(_newest(world, "I did not see it"), "not_seen")
    world.settle()


def _deny_and_change(world: World) -> None:
    ada, grace = world.around.person("ada"), world.around.person("grace")
    world.ask(display_name="Denied")
    grace.click(world.card(), "deny")
    grace.type("reason", "Not for this.")
    assert grace.submit().closed
    world.ask(display_name="Withdrawn")
    ada.click(_newest(world, "Withdraw"), "change")
    ada.type("justification", "For something else.")
    assert ada.submit().closed
    world.settle()
    ada.click(_newest(world, "Withdraw"), "withdraw")
    world.settle()


def _look_around(world: World) -> None:
    ada = world.around.person("ada")
    ada.command("/register-app", "status REQ-00000000")
    ada.command("/register-app", "list")
    shown = ada.ephemerals()[-1]
    for button in ("rotate_application", "take_link"):
        if button in str(shown.blocks):
            ada.click(shown, button)
    world.settle()


def _newest(world: World, words: str) -> Message:
    return next(message for message in reversed(world.around.person("ada").dm) if words in str(message.blocks))
