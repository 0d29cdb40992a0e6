"""The courier's claim on an entry of the outbox: kept while it works, and asked for before each effect.

Whoever was slow finds out here that its claim ran out: somebody else may be sending the entry by now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.records import Outgoing
from storage import Store

LEASE = timedelta(seconds=60)


class LeaseLost(Exception):
    """The claim of an entry ran out before it was sent."""


class Leases:
    """Holds on to the entries that were claimed."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._now = clock

    def must_hold(self, entry: Outgoing) -> None:
        """Find out before an effect whether the claim holds. Raises LeaseLost."""
        if not self._store.outbox.is_held(entry, now=self._now()):
            raise LeaseLost

    def keep(self, entry: Outgoing) -> None:
        """Hold an entry for longer: many calls of Slack's may take longer than one lease. Raises LeaseLost."""
        now = self._now()
        if not self._store.outbox.keep(entry, now=now, until=now + LEASE):
            raise LeaseLost

    def begin_anew(self, entry: Outgoing) -> None:
        """Record that no earlier try of an entry was carried out. Raises LeaseLost."""
        if not self._store.outbox.begin_anew(entry, now=self._now()):
            raise LeaseLost
