"""How fast Slack is called: what one instance is told to wait for, all wait for.

Slack takes about one message a second in a channel, short bursts aside, and some hundreds a minute in a workspace; the
other methods have tiers, for the workspace as a whole (Slack, "Rate limits"). Where the bursts end is not published,
so a message is sent until Slack says 429. From then on that method waits, a post in that channel and anything else
everywhere, for as long as Slack said, and then keeps to a pace for a minute: one a second in a channel; in a workspace
half as many with each refusal, until there is none. So a queue of hundreds costs some refusals to find the pace, and
then one or two a minute, not one a message.
"""

import logging
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

from slack_sdk.errors import SlackApiError

from bot.errors import StorageUnavailable
from bot.records import Outgoing
from storage import Store
from storage.pace import EVERY, POST

log = logging.getLogger(__name__)

PACED_FOR = timedelta(seconds=60)
LIMITED = frozenset({"ratelimited", "rate_limited"})
TOO_MANY_REQUESTS = 429
# Whatever Retry-After says, Slack is asked again after so many seconds; and not before one.
LONGEST_PAUSE = 60.0
SHORTEST_PAUSE = 1.0


class TooSoon(Exception):
    """A call was not made, because Slack would refuse it before this moment."""

    why = "waits for its turn"

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


def is_limit(error: SlackApiError) -> bool:
    """Say whether Slack refused a call because there were too many."""
    return error.response.status_code == TOO_MANY_REQUESTS or error.response.get("error") in LIMITED


class Pace:
    """Waits for its turn, and learns when that is."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._now = clock

    def take_turn(self, method: str, entry: Outgoing) -> None:
        """Take the turn to call a method for an entry of the outbox. Raises TooSoon."""
        wait_until = self._store.pace.take_turn(method, _channel(method, entry), now=self._now())
        if wait_until is not None:
            raise TooSoon(wait_until)

    def limited(self, entry: Outgoing, error: SlackApiError) -> datetime:
        """Record a 429 for every instance; return when to try again."""
        method = str(error.response.api_url).rpartition("/")[2]
        now = self._now()
        until = now + pause(error, now)
        self._store.pace.limit(method, _channel(method, entry), until=until, paced_until=until + PACED_FOR, now=now)
        return until


class Limits:
    """Which methods Slack refuses in the whole workspace just now, for calls that a person waits for.

    Those are not put off: while a method is refused, whoever needs it is told so at once, on every instance.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._now = clock

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        # Bolt copies its client, with all that hangs on it, for each request; there is still one table.
        return self

    def is_held(self, method: str) -> bool:
        """Say whether a call would be refused; while nobody can tell, it is tried."""
        try:
            return self._store.pace.held_until(method, now=self._now()) is not None
        except StorageUnavailable:
            return False

    def learn(self, method: str, error: SlackApiError) -> None:
        """Record a 429 for every instance."""
        now = self._now()
        until = now + pause(error, now)
        try:
            self._store.pace.limit(method, EVERY, until=until, paced_until=until, now=now)
        except StorageUnavailable as unavailable:
            log.warning("That Slack limits %s cannot be written down: %s", method, unavailable)


def _channel(method: str, entry: Outgoing) -> str:
    """Return where a method is limited: posts in each channel, all else in the workspace (Slack, "Rate limits")."""
    return entry.recipient if method == POST else EVERY


def pause(error: SlackApiError, now: datetime) -> timedelta:
    """Return how long Slack asks to wait: in seconds, or until a date (RFC 9110, 10.2.3); a second if in neither."""
    asked = _seconds(str(error.response.headers.get("Retry-After", "")), now)
    return timedelta(seconds=min(max(asked, SHORTEST_PAUSE), LONGEST_PAUSE))


def _seconds(text: str, now: datetime) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = _seconds_until(text, now)
    return SHORTEST_PAUSE if math.isnan(seconds) else seconds


def _seconds_until(text: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return SHORTEST_PAUSE
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
