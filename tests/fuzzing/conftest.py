"""A world in which much has happened, so that there is much to get at."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzzing.listening import everything_logged
from tests.journeys.world import World


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged while the test runs."""
    with everything_logged() as stream:
        yield stream


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """The real bot, in whose database one request of each kind stands."""
    made = World(folder=tmp_path)
    made.ask(display_name="Fulfilled and seen")
    made.approve()
    made.secret()
    made.ask(display_name="Fulfilled and waiting")
    made.approve()
    made.ask(display_name="Pending")
    yield made
    made.stop()
