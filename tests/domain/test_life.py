"""How long a secret lives: the first as approved, its successors as long as the one before."""

from datetime import date, timedelta

import pytest

from bot.life import first_life, next_life
from bot.model import SecretTerm
from bot.policy import Policy
from tests.domain import nouns
from tests.domain.nouns import NOW

LAST_DAY = SecretTerm(last_day=date(2026, 12, 24))


def test_the_first_ends_on_its_day() -> None:
    """A first secret ends on the day that was approved, whenever it is made, and cannot be made after it."""
    life = first_life(LAST_DAY)

    assert life.ends_at(NOW).isoformat() == "2026-12-24T23:59:59+00:00"
    assert not life.is_over(life.ends_at(NOW) - timedelta(seconds=1))
    assert life.is_over(life.ends_at(NOW))


@pytest.mark.parametrize(
    ("lived", "lives", "told"),
    [
        (timedelta(hours=4), timedelta(days=1), 1),
        (timedelta(days=31, hours=15), timedelta(days=31, hours=15), 31),
        (timedelta(days=365), timedelta(days=365), 365),
        (timedelta(days=400), timedelta(days=365), 365),
    ],
)
def test_the_next_lives_as_long(lived: timedelta, lives: timedelta, told: int) -> None:
    """After a fixed day a successor lives as long as the secret before it, from a day to the policy's longest."""
    life = next_life(LAST_DAY, nouns.credential(ends_at=NOW + lived), Policy())
    later = NOW + timedelta(days=1000)

    assert life.ends_at(later) == later + lives
    assert life.term == SecretTerm(days=told)
    assert not life.is_over(later)


def test_days_are_taken_as_they_stand() -> None:
    """A term in days is that of every successor, to the second, but no longer than the policy allows by then."""
    before = nouns.credential(ends_at=NOW + timedelta(days=180) - timedelta(seconds=2))

    assert next_life(SecretTerm(days=180), before, Policy()).ends_at(NOW) == NOW + timedelta(days=180)
    assert next_life(SecretTerm(days=180), before, Policy(longest_secret_days=90)).term == SecretTerm(days=90)
