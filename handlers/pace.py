"""How fast Slack is written to: what one instance is told to wait for, all wait for.

Slack takes about one message a second in a channel, short bursts aside, and some hundreds a minute in a workspace; the
other methods have tiers (Slack, "Rate limits"). Where the bursts end is not published, so a message is sent until
Slack says 429. From then on that method waits in that channel for as long as Slack said, and goes on at one a second
for a while: a queue of hundreds is worked off with a refusal a minute, not one a message.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError

from bot.records import Outgoing
from storage import Store

GAP = timedelta(seconds=1)
PACED_FOR = timedelta(seconds=60)
LIMITED = frozenset({"ratelimited", "rate_limited"})
TOO_MANY_REQUESTS = 429


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
        now = self._now()
        wait_until = self._store.pace.take_turn(method, entry.recipient, now=now, next_turn=now + GAP)
        if wait_until is not None:
            raise TooSoon(wait_until)

    def limited(self, entry: Outgoing, error: SlackApiError) -> datetime:
        """Record a 429 for every instance; return when to try again."""
        now, method = self._now(), str(error.response.api_url).rpartition("/")[2]
        until = now + timedelta(seconds=float(error.response.headers.get("Retry-After", 1)))
        self._store.pace.limit(method, entry.recipient, until=until, paced_until=until + PACED_FOR, now=now)
        return until
