"""The clock walks each round on time and can tell when one of them hangs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Semaphore

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
