"""What Slack refused as too soon holds for everybody, by method and channel, and for no longer than it said."""

from datetime import timedelta

from storage import Store
from storage.pace import EDIT, EVERY, POST, REMEMBERED
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
    wait_until = store.pace.take_turn(method, channel, now=now)
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
    """When a second channel is refused at the same time, every channel waits, and then goes on at a pace."""
    limit(store)
    one = turn(store, "C3")
    limit(store, "C2")

    assert (one, turn(store, "C3"), turn(store, "C3", method=EDIT)) == (None, 30, None)
    assert [turn(store, f"C{n}", seconds=31) for n in range(10, 20)] == [None] * 8 + [0.125] * 2


def everywhere(store: Store, seconds: float) -> int:
    """Let Slack refuse a post in the whole workspace for a second; how many may be posted in the second after that."""
    now = NOW + seconds * SECOND
    until = now + SECOND
    store.pace.limit(POST, EVERY, until=until, paced_until=until + 60 * SECOND, now=now)
    return [turn(store, f"C{n}", seconds=seconds + 2) for n in range(20)].count(None)


def test_the_workspace_is_refused_again(store: Store) -> None:
    """Each refusal at a pace halves it, down to one a second; a pace is known for a while after nobody keeps to it."""
    halved = [everywhere(store, seconds) for seconds in (0, 3, 6, 9, 12)]
    over = [turn(store, f"C{n}", seconds=80) for n in range(20)].count(None)
    later = everywhere(store, 200)
    after = everywhere(store, 300 + REMEMBERED.total_seconds())

    assert (halved, over, later, after) == ([8, 4, 2, 1, 1], 20, 1, 8)


def test_two_refusals_of_one_moment(store: Store) -> None:
    """A refusal that comes while all are held already says nothing of the pace."""
    first = NOW + SECOND
    for _ in range(3):
        store.pace.limit(POST, EVERY, until=first, paced_until=first + 60 * SECOND, now=NOW)

    assert [turn(store, f"C{n}", seconds=2) for n in range(20)].count(None) == 8


def test_one_channel_while_all_are_paced(store: Store) -> None:
    """While all channels keep to a pace, the refusal of one is the workspace's, and the pace is halved."""
    everywhere(store, 0)
    store.pace.limit(POST, "C1", until=NOW + 5 * SECOND, paced_until=PACED, now=NOW + 4 * SECOND)

    assert turn(store, "C2", seconds=4) == 1
    assert [turn(store, f"C{n}", seconds=6) for n in range(10, 20)].count(None) == 4


def test_other_methods_are_slower(store: Store) -> None:
    """Any other method that was refused everywhere goes on at one call a second."""
    limit(store, EVERY, EDIT)

    assert [turn(store, f"C{n}", EDIT, seconds=30) for n in range(3)] == [None, 1, 1]


def test_both_turns(store: Store) -> None:
    """A channel that was refused keeps to its own pace also where the workspace's would allow more."""
    limit(store)
    limit(store, "C2")

    assert [turn(store, channel, seconds=31) for channel in ("C1", "C1", "C2", "C3")] == [None, 1, None, None]


def test_until_when_all_are_held(store: Store) -> None:
    """A method that is refused everywhere is held until then; one that is refused in a channel alone is not."""
    limit(store, "C1", "users.info")
    limit(store, EVERY, "views.open")
    held = [store.pace.held_until(method, now=NOW) for method in ("users.info", "views.open", EDIT)]

    assert held == [None, UNTIL, None]
    assert store.pace.held_until("views.open", now=UNTIL) is None


def test_a_shorter_wait(store: Store) -> None:
    """A later refusal with a shorter wait takes nothing from the longer one."""
    limit(store)
    store.pace.limit(POST, "C1", until=NOW + SECOND, paced_until=NOW + 2 * SECOND, now=NOW)

    assert turn(store, seconds=2) == 28


def test_forgotten(store: Store) -> None:
    """What is over is deleted some minutes later, with the next refusal."""
    limit(store, EVERY)
    for later in (PACED + REMEMBERED, PACED + REMEMBERED + SECOND):
        store.pace.limit(POST, "C9", until=later, paced_until=later, now=later)
        kept = [row["channel"] for row in store.database.all("SELECT channel FROM pace ORDER BY channel")]
        assert kept == ([EVERY, "C9"] if later == PACED + REMEMBERED else ["C9"])
