"""What Slack refused as too soon holds for everybody, by method and channel, and for no longer than it said."""

from datetime import timedelta

from storage import Store
from storage.pace import EDIT, EVERY, POST
from tests.domain.nouns import NOW
from tests.storage.races import RACERS, race

SECOND = timedelta(seconds=1)
UNTIL = NOW + 30 * SECOND
PACED = NOW + 90 * SECOND


def limit(store: Store, channel: str = "C1", method: str = POST) -> None:
    """Let Slack refuse a method in a channel for thirty seconds."""
    store.pace.limit(method, channel, until=UNTIL, paced_until=PACED, now=NOW)


def turn(store: Store, channel: str = "C1", method: str = POST, seconds: float = 0) -> float | None:
    """Ask for the turn so many seconds from now; None when it is had, or else in how many seconds to ask again."""
    now = NOW + timedelta(seconds=seconds)
    wait_until = store.pace.take_turn(method, channel, now=now, next_turn=now + SECOND)
    return None if wait_until is None else (wait_until - now).total_seconds()


def test_nothing_is_limited(store: Store) -> None:
    """While Slack refused nothing everybody has a turn at once."""
    assert [turn(store), turn(store)] == [None, None]


def test_one_channel(store: Store) -> None:
    """A method that was refused in a channel waits there; other methods and other channels do not."""
    limit(store)

    assert turn(store, seconds=29) == 1
    assert [turn(store, "C2"), turn(store, method=EDIT)] == [None, None]


def test_one_at_a_time(store: Store) -> None:
    """After the wait a channel takes one a second, whoever asks, until that is forgotten."""
    limit(store)

    assert race(lambda _: turn(store, seconds=30)).count(None) == 1
    assert [turn(store, seconds=31), turn(store, seconds=31)] == [None, 1]
    assert [turn(store, seconds=90) for _ in range(RACERS)] == [None] * RACERS


def test_the_whole_workspace(store: Store) -> None:
    """When a second channel is refused at the same time, every channel waits."""
    limit(store)
    one = turn(store, "C3")
    limit(store, "C2")

    assert (one, turn(store, "C3"), turn(store, "C3", method=EDIT)) == (None, 30, None)
    assert turn(store, "C3", seconds=30) is None


def test_a_shorter_wait(store: Store) -> None:
    """A later refusal with a shorter wait takes nothing from the longer one."""
    limit(store)
    store.pace.limit(POST, "C1", until=NOW + SECOND, paced_until=NOW + 2 * SECOND, now=NOW)

    assert turn(store, seconds=2) == 28


def test_forgotten(store: Store) -> None:
    """What is over is deleted with the next refusal."""
    limit(store, EVERY)
    later = PACED + SECOND
    store.pace.limit(POST, "C9", until=later, paced_until=later, now=later)

    assert [row["channel"] for row in store.database.all("SELECT channel FROM pace")] == ["C9"]
