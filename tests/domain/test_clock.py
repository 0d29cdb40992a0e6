"""The clock walks each round on time and can tell when one of them hangs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Lock, Semaphore

import pytest

from bot.clock import Clock, Round


@dataclass
class Hands:
    """What a test holds: the time in seconds, and a piece of work that begins and does not end until it is let go."""

    seconds: float = 0.0
    begun: Event = field(default_factory=Event)
    let_go: Event = field(default_factory=Event)

    def work(self) -> bool:
        """Begin and wait."""
        self.begun.set()
        assert self.let_go.wait(10)
        return False

    def monotonic(self) -> float:
        """The time in seconds."""
        return self.seconds


@pytest.fixture
def hands() -> Iterator[Hands]:
    """Whatever a test holds is let go of at its end."""
    made = Hands()
    yield made
    made.let_go.set()


def test_a_round_that_hangs_is_named(hands: Hands) -> None:
    """A round whose one piece of work takes longer than it may is named; before that none is."""
    clock = Clock((Round(name="messages", work=hands.work, seconds=1),), monotonic=hands.monotonic)
    clock.start()
    assert hands.begun.wait(10)
    early = clock.hanging(60.0)
    hands.seconds = 61.0
    late = clock.hanging(60.0)
    hands.let_go.set()
    clock.stop()

    assert (early, late) == ((), ("messages",))


def test_a_round_that_is_seldom_walked_does_not_hang(hands: Hands) -> None:
    """A round is given three times its own pause, and a daily round is not judged at all."""
    hands.let_go.set()
    rounds = (Round(name="hourly", work=hands.work, seconds=3600), Round(name="daily", work=bool, daily_at="08:00"))
    clock = Clock(rounds, monotonic=hands.monotonic)
    clock.start()
    assert hands.begun.wait(10)
    hands.seconds = 3 * 3600.0
    in_time = clock.hanging(60.0)
    hands.seconds += 1
    late = clock.hanging(60.0)
    clock.stop()

    assert (in_time, late) == ((), ("hourly",))


def test_a_clock_that_was_never_started_hangs_nowhere(hands: Hands) -> None:
    """A process that only serves the web walks no rounds, and nothing is wrong with that."""
    clock = Clock((Round(name="messages", work=hands.work, seconds=1),), monotonic=hands.monotonic)
    hands.seconds = 10_000.0

    assert clock.hanging(60.0) == ()


def test_the_computers_clock_is_set_back() -> None:
    """A round does not wait for as long as the clock was set back, but is walked at the next look."""
    walks, set_back = Semaphore(0), Event()

    def walk() -> bool:
        walks.release()
        return False

    def now() -> datetime:
        return datetime.now(UTC) - timedelta(hours=set_back.is_set())

    clock = Clock((Round(name="hourly", work=walk, seconds=3600),), now=now, look_seconds=0.01)
    clock.start()
    at_the_start = walks.acquire(timeout=10)
    set_back.set()
    afterwards = walks.acquire(timeout=10)
    clock.stop()

    assert (at_the_start, afterwards) == (True, True)


def test_a_clock_that_goes_right() -> None:
    """As long as the clock goes right no round is walked before its time, and a daily one waits for its hour."""
    walks: list[str] = []
    walked = Semaphore(0)

    def walk(name: str) -> None:
        walks.append(name)
        walked.release()

    rounds = (
        Round(name="hourly", work=lambda: walk("hourly"), seconds=3600),
        Round(name="daily", work=lambda: walk("daily"), daily_at="08:00"),
    )
    clock = Clock(rounds, look_seconds=3600)
    clock.start()
    at_the_start = [walked.acquire(timeout=10) for _ in rounds]
    for _ in range(3):
        clock.mend()
    clock.stop()

    assert at_the_start == [True, True]
    assert sorted(walks) == ["daily", "hourly"]


def test_work_wakes_the_work_that_follows() -> None:
    """What one round made is found by the round that follows from it at once, though each looks once an hour."""
    looked, found = Event(), Event()
    made: list[str] = []

    def make() -> bool:
        assert looked.wait(10)
        made.append("a message")
        return len(made) == 1

    def look() -> bool:
        looked.set()
        if made:
            found.set()
        return False

    rounds = (
        Round(name="provisioning", work=make, seconds=3600),
        Round(name="messages", work=look, seconds=3600, follows=True),
    )
    clock = Clock(rounds)
    clock.start()
    at_once = found.wait(10)
    clock.stop()

    assert at_once


def test_a_call_is_not_lost_to_a_walk_that_goes_on() -> None:
    """A round that is woken while it is walked is walked once more, after that, however often it was woken."""
    begun, let_go, inside = Semaphore(0), Semaphore(0), Lock()
    overlaps: list[bool] = []

    def work() -> bool:
        overlaps.append(not inside.acquire(blocking=False))
        begun.release()
        assert let_go.acquire(timeout=10)
        inside.release()
        return False

    clock = Clock((Round(name="messages", work=work, seconds=3600, follows=True),))
    clock.start()
    assert begun.acquire(timeout=10)
    for _ in range(3):
        clock.wake()
    let_go.release()
    once_more = begun.acquire(timeout=10)
    let_go.release()
    clock.stop()

    assert once_more
    assert overlaps == [False, False]


def test_nothing_wakes_what_does_not_follow() -> None:
    """A round that found nothing to do wakes nobody, and nobody wakes a round that does not follow from other work."""
    walks: list[str] = []
    walked = Semaphore(0)

    def walk(name: str) -> None:
        walks.append(name)
        walked.release()

    def look(name: str, *, follows: bool) -> Round:
        return Round(name=name, work=lambda: walk(name), seconds=3600, follows=follows)

    clock = Clock(
        (look("messages", follows=True), look("provisioning", follows=True), look("catalogue", follows=False))
    )
    clock.start()
    at_the_start = [walked.acquire(timeout=10) for _ in range(3)]
    clock.wake()
    woken = [walked.acquire(timeout=10) for _ in range(2)]
    clock.stop()

    assert at_the_start + woken == [True] * 5
    assert sorted(walks) == ["catalogue", "messages", "messages", "provisioning", "provisioning"]


def test_a_clock_that_has_stopped_walks_no_more(hands: Hands) -> None:
    """The end waits for the piece of work in hand and begins no other, whoever calls meanwhile."""
    walks: list[int] = []

    def work() -> bool:
        walks.append(len(walks))
        return hands.work() or True

    clock = Clock((Round(name="messages", work=work, seconds=3600, follows=True),))
    clock.start()
    assert hands.begun.wait(10)
    with ThreadPoolExecutor() as pool:
        stopping = pool.submit(clock.stop)
        assert clock._ending.wait(10)
        clock.wake()
        early = stopping.done()
        hands.let_go.set()
        stopping.result(10)
    clock.wake()

    assert not early
    assert walks == [0]
