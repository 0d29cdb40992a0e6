"""Days, moments and terms in words."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.model import SecretTerm
from handlers.web_dates import day_in_words, iso, moment_in_words, term_in_words


def test_every_month_has_its_name() -> None:
    """The twelve months are named in English, in order."""
    names = [day_in_words(date(2027, month, 1)).split()[1][:3] for month in range(1, 13)]

    assert " ".join(names) == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"


def test_moments_are_told_in_utc() -> None:
    """A moment in another zone is told in UTC, in words and for the machine."""
    moment = datetime(2027, 3, 6, 1, 5, tzinfo=timezone(timedelta(hours=2)))

    assert (moment_in_words(moment), iso(moment)) == ("5 March 2027, 23:05 UTC", "2027-03-05T23:05:00Z")


def test_zoneless_moments_are_refused() -> None:
    """A datetime without a zone names no moment."""
    with pytest.raises(ValueError, match="no time zone"):
        moment_in_words(datetime(2027, 3, 6, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (SecretTerm(days=1), "1 day from the moment it is shown"),
        (SecretTerm(days=30), "30 days from the moment it is shown"),
        (SecretTerm(days=90), "90 days (about 3 months) from the moment it is shown"),
        (SecretTerm(days=365), "365 days (about 12 months) from the moment it is shown"),
        (SecretTerm(last_day=date(2026, 12, 31)), "Until 31 December 2026 (2026-12-31)"),
    ],
)
def test_term_in_words(term: SecretTerm, expected: str) -> None:
    """A term is told as a person would say it."""
    assert expected == term_in_words(term)
