"""Every journey gets a world of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A small world with the real bot in it."""
    made = World(folder=tmp_path)
    yield made
    made.stop()


@pytest.fixture
def approved(world: World) -> World:
    """A world in which Ada has just been sent her link."""
    world.ask()
    world.approve()
    return world
