"""The ladder of reminders: pure rules, for any steps and any length of life."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.lifecycle import CredentialState
from bot.policy import Policy
from bot.reminders import AFTERWARDS_DAYS, days_until, due_step, ladder, last_good
from tests.domain import nouns
from tests.domain.nouns import NOW

STEPS = Policy().reminder_days
ANY_STEPS = st.lists(st.integers(0, 400), min_size=1, max_size=8)
LIVES = st.integers(0, 800)


@given(ANY_STEPS, LIVES)
def test_a_ladder_goes_down(steps: Sequence[int], life: int) -> None:
    """Each step of a ladder is nearer to the end than the one before, and none is after it."""
    made = ladder(steps, life)

    assert sorted(set(made), reverse=True) == list(made)
    assert made[-1] >= 0


@given(ANY_STEPS, LIVES)
def test_a_ladder_lies_in_the_last_third(steps: Sequence[int], life: int) -> None:
    """No reminder comes before two thirds of the life are over, nor earlier than the policy's first step."""
    made = ladder(steps, life)

    assert made[0] <= max(steps)
    assert made[0] <= life / 3 + 0.5


@given(ANY_STEPS, LIVES)
def test_the_last_day_is_the_last_step(steps: Sequence[int], life: int) -> None:
    """Where the policy speaks on the day itself, so does the ladder of every secret, however short."""
    made = ladder([*steps, 0], life)

    assert made[-1] == 0


@given(ANY_STEPS, LIVES, LIVES)
def test_a_shorter_life_has_no_higher_step(steps: Sequence[int], life: int, more: int) -> None:
    """A secret that lives less is reminded of no earlier, and never more often than the policy has steps."""
    short, long = ladder(steps, life), ladder(steps, life + more)

    assert short[0] <= long[0]
    assert len(short) <= len(set(steps))


@given(ANY_STEPS, st.integers(1, 400))
def test_a_long_life_has_the_whole_ladder(steps: Sequence[int], more: int) -> None:
    """A secret that lives three times the highest step or longer has every step as it is."""
    assert sorted(set(steps), reverse=True) == list(ladder(steps, 3 * max(steps) + more))


@pytest.mark.parametrize(
    ("life", "expected"),
    [
        (365, (60, 30, 14, 7, 3, 1, 0)),
        (180, (60, 30, 14, 7, 3, 1, 0)),
        (90, (30, 15, 7, 4, 2, 0)),
        (30, (10, 5, 2, 1, 0)),
        (1, (0,)),
        (0, (0,)),
    ],
)
def test_ladders_by_hand(life: int, expected: tuple[int, ...]) -> None:
    """The default ladder shrinks in proportion for secrets of less than 180 days."""
    assert expected == ladder(STEPS, life)


@given(ANY_STEPS, st.integers(-30, 500))
def test_the_step_that_is_due(steps: Sequence[int], left: int) -> None:
    """What is due is the lowest step that was crossed, down to a week after the end, then nothing."""
    found = due_step(steps, left)
    crossed = [step for step in steps if step >= left]

    if left < -AFTERWARDS_DAYS or not crossed:
        assert found is None
    else:
        assert found == min(crossed)


@given(ANY_STEPS, LIVES, st.sets(st.integers(-AFTERWARDS_DAYS, 800)))
def test_days_on_which_the_bot_was_down(steps: Sequence[int], life: int, down: set[int]) -> None:
    """Whatever days are missed, no step is said twice, each is nearer than the last, and the latest is never lost."""
    made, said = ladder(steps, life), list[int]()
    for left in range(life, -AFTERWARDS_DAYS - 1, -1):
        step = None if left in down else due_step(made, left)
        if step is not None and step not in said:
            said.append(step)
    awake = set(range(-AFTERWARDS_DAYS, made[-1] + 1)) - down

    assert sorted(set(said), reverse=True) == said
    assert (made[-1] in said) or not {left for left in awake if left <= life}


def test_days_are_those_of_the_calendar() -> None:
    """From late in the evening to early in the morning is one day, and within a day none."""
    evening, morning = NOW.replace(hour=23, minute=59), NOW.replace(hour=0, minute=1) + timedelta(days=1)

    assert (days_until(morning, evening), days_until(NOW, evening), days_until(evening, morning)) == (1, 0, -1)


def test_the_last_good_secret() -> None:
    """Of an application's secrets only the live one that ends last matters."""
    soon = nouns.credential(1, ends_at=NOW + timedelta(days=5))
    later = nouns.credential(2, ends_at=NOW + timedelta(days=50))
    retiring = nouns.credential(3, ends_at=NOW + timedelta(days=90), state=CredentialState.RETIRING)

    assert last_good([soon, later, retiring]) == later
    assert last_good([retiring]) is None
