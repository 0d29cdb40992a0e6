"""Each process passes on what it counted; what cannot be passed on is kept for the next time."""

import copy
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import StorageUnavailable
from bot.pulse import Pulse, outcome_of
from storage import Store
from storage.sqlite import SqliteDatabase
from tests.domain.nouns import NOW

CALL = ("slack", "chat.postMessage", "ok")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (0, "unanswered"),
        (200, "ok"),
        (204, "ok"),
        (400, "refused"),
        (404, "missing"),
        (429, "throttled"),
        (500, "failed"),
        (503, "failed"),
    ],
)
def test_outcomes(status: int, outcome: str) -> None:
    """Every HTTP status is one of a few outcomes."""
    assert outcome_of(status) == outcome


def test_two_instances(store: Store) -> None:
    """What two instances counted is added up, each count once."""
    first, second = Pulse(store, lambda: NOW), Pulse(store, lambda: NOW + timedelta(minutes=1))
    for pulse in (first, second):
        pulse.count(*CALL)
        pulse.went_well("messages")
        pulse.beat()
        pulse.beat()

    assert store.figures.calls() == {CALL: 2}
    assert store.figures.round_runs() == {"messages": NOW + timedelta(minutes=1)}


def test_many_threads_and_copies(store: Store) -> None:
    """Counts from many threads are all there, also those that a copy was told: a copy is the same count."""
    pulse = Pulse(store, lambda: NOW)
    with ThreadPoolExecutor(8) as pool:
        for _ in range(400):
            pool.submit(copy.deepcopy(pulse).count, *CALL)
    pulse.beat()

    assert store.figures.calls() == {CALL: 400}


def test_while_the_database_is_away(tmp_path: Path) -> None:
    """A beat that fails keeps its counts, and the next one passes them on, with what came in between."""
    database = SqliteDatabase(tmp_path / "bot.sqlite3")
    store = Store(database=database)
    store.migrate(NOW)
    pulse = Pulse(store, lambda: NOW)
    pulse.count(*CALL)
    pulse.went_well("messages")
    database.close()
    database.path = tmp_path / "nowhere" / "bot.sqlite3"
    with pytest.raises(StorageUnavailable):
        pulse.beat()
    pulse.last_beat()
    database.path = tmp_path / "bot.sqlite3"
    pulse.count(*CALL)
    pulse.beat()

    assert store.figures.calls() == {CALL: 2}
    assert store.figures.round_runs() == {"messages": NOW}
    store.close()
