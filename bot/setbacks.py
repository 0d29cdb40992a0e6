"""What it means that Entra did not remove something: when it is tried again, and whether people are told.

What is refused is told at once, because only a person can mend it; an outage passes by itself, and is told only when it
lasts. Whoever is told is told once, and again when the removal went through after all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.errors import EntraError, EntraUnavailable

RETRY_UNAVAILABLE: Final = timedelta(minutes=15)
# What Entra refuses is not mended by asking often.
RETRY_REFUSED: Final = timedelta(hours=6)
TOLD_AFTER: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Setback:
    """One try of a removal that did not succeed."""

    try_at: datetime
    lasting: bool
    """Whether waiting alone does not mend it, so that people have to know."""


def setback(error: EntraError, *, since: datetime, now: datetime) -> Setback:
    """Judge a try that failed, of a removal that has been due since a moment."""
    passing = isinstance(error, EntraUnavailable)
    return Setback(
        try_at=now + (RETRY_UNAVAILABLE if passing else RETRY_REFUSED),
        lasting=not passing or now - since >= TOLD_AFTER,
    )
