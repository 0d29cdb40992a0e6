"""Which requests of Slack's had an effect already, so that a second copy of one has none, on whichever instance.

The row of a delivery is written by the transaction of its effect, as that transaction's first statement. So there is
a row exactly when there was an effect: a copy that comes because the first was never handled (its process died, and a
proxy tried the next one) is handled, and of two copies at the same moment one waits for the other's commit and then
changes nothing. It also costs nothing before a form is opened, for which Slack leaves three seconds.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime

from bot.errors import AlreadyDelivered
from bot.identifiers import short_name
from storage import codec
from storage.database import Database


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One request that is being handled: what it is known by, and who handles it."""

    key: str
    handled_by: str
    now: datetime


_in_hand: ContextVar[Delivery | None] = ContextVar("delivery", default=None)


@contextmanager
def handling(key: str, now: datetime) -> Iterator[None]:
    """Let the transactions inside be the effect of the delivery that is known by `key`."""
    token = _in_hand.set(Delivery(key=key, handled_by=short_name("handling"), now=now))
    try:
        yield
    finally:
        _in_hand.reset(token)


class Deliveries:
    """The table of deliveries that had an effect."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def had_effect(self, key: str) -> bool:
        """Say whether a delivery had an effect; one that had none yet may have it a moment later."""
        return self._db.one("SELECT key FROM deliveries WHERE key = :key", key=key) is not None

    def claim_in_hand(self) -> None:
        """Bind the running transaction to the delivery in hand, if there is one. Raises AlreadyDelivered."""
        delivery = _in_hand.get()
        if delivery is None:
            return
        won = self._db.run(
            "INSERT INTO deliveries (key, handled_by, first_seen) VALUES (:key, :handled_by, :now)"
            " ON CONFLICT DO NOTHING",
            key=delivery.key,
            handled_by=delivery.handled_by,
            now=codec.to_text(delivery.now),
        )
        if not won and not self._is_ours(delivery):
            raise AlreadyDelivered("This request of Slack's was handled before; its copy changes nothing.")

    def _is_ours(self, delivery: Delivery) -> bool:
        row = self._db.one("SELECT handled_by FROM deliveries WHERE key = :key", key=delivery.key)
        return row is not None and row["handled_by"] == delivery.handled_by

    def forget(self, before: datetime) -> int:
        """Forget deliveries that were first seen before a moment; return how many."""
        return self._db.run("DELETE FROM deliveries WHERE first_seen < :before", before=codec.to_text(before))

    def any_before(self, moment: datetime) -> bool:
        """Say whether there is anything to forget."""
        row = self._db.one("SELECT MIN(first_seen) AS oldest FROM deliveries")
        return row is not None and row["oldest"] is not None and codec.to_moment(row["oldest"]) < moment
