"""Ids, timestamps and short-lived tickets: everything in Slack that is made from a counter and a clock."""

import itertools
import secrets
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def wall_clock() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Mint:
    """Makes ids that look like Slack's and timestamps that are unique and rise, also while the clock stands."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = itertools.count(1)
        self._last = 0

    def id(self, letter: str) -> str:
        """An id such as `U000000001C`."""
        number, digits = next(self._numbers), ""
        while number:
            number, digit = divmod(number, 36)
            digits = _DIGITS[digit] + digits
        return f"{letter}{digits:0>10}"

    def ts(self) -> str:
        """A message's timestamp: seconds since 1970 with six places, later than every one before."""
        moment = self._clock()
        self._last = max(int(moment.timestamp()) * 1_000_000 + moment.microsecond, self._last + 1)
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def block_id(self) -> str:
        """A block id or action id as Slack makes them up."""
        return secrets.token_urlsafe(4)[:5]

    def ticket(self) -> str:
        """Something that cannot be guessed."""
        return secrets.token_hex(16)

    def hash(self) -> str:
        """A view's hash: seconds and eight characters."""
        return f"{int(self._clock().timestamp())}.{secrets.token_hex(4)}"
