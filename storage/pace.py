"""How fast Slack takes messages: what it refused as too soon is a row, so that every instance waits and none asks."""

from datetime import datetime

from storage import codec
from storage.database import Database

POST = "chat.postMessage"
EDIT = "chat.update"
EVERY = "*"


class Pace:
    """The table of methods and channels that Slack limited."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def limit(self, method: str, channel: str, *, until: datetime, paced_until: datetime, now: datetime) -> None:
        """Hold a method in a channel until a moment, and let it go one at a time until a later one.

        Where another channel of the same method is being limited too, it is the workspace that is, and all are held.
        """
        with self._db.transaction():
            self._db.run("DELETE FROM pace WHERE paced_until < :now AND not_before < :now", now=codec.to_text(now))
            self._hold(method, channel, until, paced_until)
            if self._others_are_limited(method, channel, now):
                self._hold(method, EVERY, until, until)

    def _hold(self, method: str, channel: str, until: datetime, paced_until: datetime) -> None:
        self._db.run(
            "INSERT INTO pace (method, channel, not_before, limited_until, paced_until)"
            " VALUES (:method, :channel, :until, :until, :paced_until) ON CONFLICT (method, channel) DO UPDATE SET"
            " not_before = CASE WHEN excluded.not_before > pace.not_before"
            " THEN excluded.not_before ELSE pace.not_before END,"
            " limited_until = excluded.limited_until, paced_until = excluded.paced_until",
            method=method,
            channel=channel,
            until=codec.to_text(until),
            paced_until=codec.to_text(paced_until),
        )

    def _others_are_limited(self, method: str, channel: str, now: datetime) -> bool:
        row = self._db.one(
            "SELECT channel FROM pace WHERE method = :method AND channel <> :channel AND limited_until > :now",
            method=method,
            channel=channel,
            now=codec.to_text(now),
        )
        return row is not None

    def take_turn(self, method: str, channel: str, *, now: datetime, next_turn: datetime) -> datetime | None:
        """Take the turn to call a method in a channel; None when it is had, or else when to ask again.

        Where Slack limited nothing lately everybody has a turn, and this is one plain read.
        """
        rows = self._db.all(
            "SELECT channel, not_before, paced_until FROM pace"
            " WHERE method = :method AND channel IN (:channel, :every)",
            method=method,
            channel=channel,
            every=EVERY,
        )
        held = [moment for row in rows if (moment := codec.to_moment(row["not_before"])) > now]
        if held:
            return max(held)
        if any(row["channel"] == channel and codec.to_moment(row["paced_until"]) > now for row in rows):
            return None if self._take(method, channel, now, next_turn) else next_turn
        return None

    def _take(self, method: str, channel: str, now: datetime, next_turn: datetime) -> bool:
        return bool(
            self._db.run(
                "UPDATE pace SET not_before = :next_turn"
                " WHERE method = :method AND channel = :channel AND not_before <= :now",
                next_turn=codec.to_text(next_turn),
                method=method,
                channel=channel,
                now=codec.to_text(now),
            )
        )
