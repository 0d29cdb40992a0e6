"""The sliding window: exact, bounded, and forgiving to a clock that was wrong."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.throttle import Throttle
from tests.web.desk import NOON, Clock


def throttle(clock: Clock, *, times: int = 3, keys: int = 100) -> Throttle:
    """A throttle of a few times a minute."""
    return Throttle(times=times, seconds=60, keys=keys, clock=clock)


@given(pauses=st.lists(st.floats(min_value=0, max_value=90), max_size=60), times=st.integers(1, 5))
def test_no_minute_holds_more_than_allowed(pauses: list[float], times: int) -> None:
    """Whatever the rhythm, no minute of admitted asks holds more than the limit."""
    clock = Clock()
    tested = throttle(clock, times=times)
    admitted = []
    for pause in pauses:
        clock.pass_seconds(pause)
        if not tested.admit("a"):
            admitted.append(clock.now)

    for first, after in zip(admitted, admitted[times:], strict=False):
        assert after - first >= timedelta(seconds=60)


@given(pauses=st.lists(st.floats(min_value=0, max_value=30), min_size=4, max_size=40))
def test_the_wait_that_is_told_is_enough(pauses: list[float]) -> None:
    """Who waits as long as was told is admitted."""
    clock = Clock()
    tested = throttle(clock)
    for pause in pauses:
        clock.pass_seconds(pause)
        clock.pass_seconds(tested.admit("a"))

        assert tested.wait("a") == 0 or tested.admit("a") > 0


def test_wait_is_whole_seconds_and_counts_nothing() -> None:
    """Asking how long it takes is free, and rounds up."""
    clock = Clock()
    tested = throttle(clock)
    for _ in range(3):
        tested.admit("a")
    clock.pass_seconds(0.5)

    assert [tested.wait("a") for _ in range(3)] == [60, 60, 60]


def test_refused_asks_do_not_prolong() -> None:
    """Knocking all the time does not push the end of the wait away."""
    clock = Clock()
    tested = throttle(clock)
    for _ in range(30):
        tested.admit("a")
        clock.pass_seconds(1)
    clock.pass_seconds(30)

    assert tested.admit("a") == 0


def test_keys_are_apart() -> None:
    """One key's asks say nothing of another's."""
    tested = throttle(Clock())
    for _ in range(5):
        tested.admit("a")

    assert (tested.wait("a") > 0, 0) == (True, tested.wait("b"))


def test_memory_is_bounded_and_the_oldest_goes() -> None:
    """However many keys come, only the latest are remembered."""
    tested = throttle(Clock(), times=1, keys=10)
    for number in range(1000):
        tested.admit(str(number))

    assert (len(tested), tested.wait("989"), tested.wait("999")) == (10, 0, 60)


def test_clock_set_back_locks_nobody_out() -> None:
    """When the clock is set back an hour, the count starts anew instead of lasting the hour."""
    clock = Clock()
    tested = throttle(clock, times=1)
    tested.admit("a")
    clock.now = NOON - timedelta(hours=1)

    assert [tested.admit("a"), tested.admit("a")] == [0, 60]
