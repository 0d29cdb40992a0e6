"""What the tests of the handlers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import SQLITE, open_store
from tests.domain.nouns import NOW
from tests.handlers.post_room import PostRoom
from tests.sandbox.slack import Slack
from tests.sandbox.timepiece import HeldClock


@pytest.fixture
def room(tmp_path: Path) -> Iterator[PostRoom]:
    """A post room of one's own."""
    clock = HeldClock(NOW)
    store = open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    with Slack(clock.now) as slack:
        yield PostRoom(slack=slack, store=store, clock=clock)
    store.close()
