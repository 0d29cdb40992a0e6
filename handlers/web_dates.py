"""Moments, days and terms in English words, the same on every machine whatever its locale."""

from datetime import date, datetime
from typing import Final

from bot.model import SecretTerm, aware

_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_DAYS_OF_A_MONTH: Final = 30.44
_SHORT: Final = 45


def day_in_words(day: date) -> str:
    """Return a day such as `5 March 2027`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def moment_in_words(moment: datetime) -> str:
    """Return a moment such as `5 March 2027, 14:03 UTC`."""
    moment = aware(moment)
    return f"{day_in_words(moment)}, {moment:%H:%M} UTC"


def iso(moment: datetime) -> str:
    """Return a moment such as `2027-03-05T14:03:00Z`, which a browser's Date reads."""
    return f"{aware(moment):%Y-%m-%dT%H:%M:%SZ}"


def term_in_words(term: SecretTerm) -> str:
    """Return how long the secret will live, for a person who has not seen it yet."""
    if term.last_day is not None:
        return f"Until {day_in_words(term.last_day)} ({term.last_day.isoformat()})"
    days = term.days or 0
    if days == 1:
        return "1 day from the moment it is shown"
    months = round(days / _DAYS_OF_A_MONTH)
    about = f" (about {months} months)" if days > _SHORT else ""
    return f"{days} days{about} from the moment it is shown"
