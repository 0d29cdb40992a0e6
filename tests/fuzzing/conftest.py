"""A world in which much has happened, so that there is much to get at."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzzing.listening import everything_logged
from tests.journeys.world import World
from tests.sandbox.stage import Stage

METRICS_TOKEN = "0123456789abcdef" * 2


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged while the test runs."""
    with everything_logged() as stream:
        yield stream


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The real bot, in whose database one request of each kind stands."""
    made = World(folder=tmp_path, more={"metrics_token": METRICS_TOKEN})
    made.ask(display_name="Fulfilled and seen")
    made.approve()
    made.secret()
    made.ask(display_name="Fulfilled and waiting")
    made.approve()
    made.ask(display_name="Pending")
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The bot in a process of its own, as the operator runs it."""
    made = Stage(folder=tmp_path_factory.mktemp("stage"))
    yield made
    made.stop()
