"""Every journey gets a world of its own."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import log
from tests.engines import ENGINES
from tests.journeys.twin import Twin
from tests.journeys.world import World

BOTH_ENGINES = pytest.mark.parametrize("world", sorted(ENGINES), indirect=True)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A small world with the real bot in it, on SQLite unless a test names engines."""
    with ENGINES[getattr(request, "param", "sqlite")](tmp_path) as address:
        made = World(folder=tmp_path, database_url=address)
        yield made
        made.stop()


@pytest.fixture
def approved(world: World) -> World:
    """A world in which Ada has just been sent her link."""
    world.ask()
    world.approve()
    return world


@pytest.fixture
def twin(world: World) -> Iterator[Twin]:
    """A second instance beside the world's own, over the same database."""
    made = Twin(world)
    yield made
    made.stop()


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[World]:
    """A world in which Ada has just been sent her link, and whose page asks its viewer to sign in with Slack."""
    made = World(folder=tmp_path, sign_in=True)
    made.ask()
    made.approve()
    yield made
    made.stop()


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged, by everybody, at the loudest level."""
    stream = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    handler = log.configure(stream, level="DEBUG", json=True)
    yield stream
    root.removeHandler(handler)
    for old in before:
        root.addHandler(old)
    root.setLevel(level)
    logging.captureWarnings(capture=False)
