"""How fast Slack takes calls: what it refused as too soon is a row, so that every instance waits and none asks."""

from datetime import datetime, timedelta

from storage import codec
from storage.database import Database, Row

POST = "chat.postMessage"
EDIT = "chat.update"
EVERY = "*"

SECOND = timedelta(seconds=1)
# Slack, "Rate limits": a workspace takes some hundreds of messages a minute, and of the busiest other methods that are
# used here fifty; a channel takes one message a second. From the first the pace is found by halving.
FIRST_A_SECOND = {POST: 8}
# So long a pace that was found is known, though nothing is held to it any more: the next refusal begins from it.
REMEMBERED = timedelta(minutes=10)


class Pace:
    """The table of methods and channels that Slack limited."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def limit(self, method: str, channel: str, *, until: datetime, paced_until: datetime, now: datetime) -> None:
        """Hold a method in a channel until a moment, and let it go at a pace until a later one.

        Where another channel of the same method is being limited too, or all are paced already, it is the workspace
        that is, and all are held.
        """
        with self._db.transaction():
            self._db.run(
                "DELETE FROM pace WHERE paced_until < :before AND not_before < :before",
                before=codec.to_text(now - REMEMBERED),
            )
            if channel != EVERY:
                self._hold(method, channel, until, paced_until, a_second=1)
            if channel == EVERY or self._others_are_limited(method, channel, now):
                self._hold(method, EVERY, until, paced_until, a_second=self._found(method, now))

    def _hold(self, method: str, channel: str, until: datetime, paced_until: datetime, *, a_second: int) -> None:
        self._db.run(
            "INSERT INTO pace (method, channel, not_before, limited_until, paced_until, a_second)"
            " VALUES (:method, :channel, :until, :until, :paced_until, :a_second)"
            " ON CONFLICT (method, channel) DO UPDATE SET"
            " not_before = CASE WHEN excluded.not_before > pace.not_before"
            " THEN excluded.not_before ELSE pace.not_before END,"
            " limited_until = excluded.limited_until, paced_until = excluded.paced_until,"
            " a_second = excluded.a_second",
            method=method,
            channel=channel,
            until=codec.to_text(until),
            paced_until=codec.to_text(paced_until),
            a_second=a_second,
        )

    def _others_are_limited(self, method: str, channel: str, now: datetime) -> bool:
        row = self._db.one(
            "SELECT channel FROM pace WHERE method = :method AND channel <> :channel"
            " AND (limited_until > :now OR (channel = :every AND paced_until > :now))",
            method=method,
            channel=channel,
            every=EVERY,
            now=codec.to_text(now),
        )
        return row is not None

    def _found(self, method: str, now: datetime) -> int:
        """Return the pace to try next: half of one that was just kept and refused all the same."""
        rows = self._rows(method, EVERY)
        if not rows:
            return FIRST_A_SECOND.get(method, 1)
        known, moment = int(rows[0]["a_second"]), codec.to_text(now)
        was_kept = rows[0]["limited_until"] <= moment < rows[0]["paced_until"]
        return max(known // 2, 1) if was_kept else known

    def take_turn(self, method: str, channel: str, *, now: datetime) -> datetime | None:
        """Take the turn to call a method in a channel; None when it is had, or else when to ask again.

        Where Slack limited nothing lately everybody has a turn, and this is one plain read.
        """
        rows = self._rows(method, channel, EVERY)
        held = [moment for row in rows if (moment := codec.to_moment(row["not_before"])) > now]
        if held:
            return max(held)
        paced = [row for row in rows if codec.to_moment(row["paced_until"]) > now]
        return None if all(self._take(method, row, now) for row in paced) else now + SECOND

    def held_until(self, method: str, *, now: datetime) -> datetime | None:
        """Return until when Slack refuses a method everywhere; None when it does not."""
        held = [moment for row in self._rows(method, EVERY) if (moment := codec.to_moment(row["not_before"])) > now]
        return max(held, default=None)

    def _rows(self, method: str, *channels: str) -> list[Row]:
        return self._db.all(
            "SELECT channel, not_before, limited_until, paced_until, a_second FROM pace"
            " WHERE method = :method AND channel IN (:first, :last)",
            method=method,
            first=channels[0],
            last=channels[-1],
        )

    def _take(self, method: str, row: Row, now: datetime) -> bool:
        """Take one of the turns of a second; False when somebody else was faster."""
        gap = SECOND / row["a_second"]
        # All turns of the second that is over may be had at once, since whoever sends looks about once a second.
        next_turn = max(codec.to_moment(row["not_before"]), now - SECOND + gap) + gap
        return bool(
            self._db.run(
                "UPDATE pace SET not_before = :next_turn"
                " WHERE method = :method AND channel = :channel AND not_before = :seen",
                next_turn=codec.to_text(next_turn),
                method=method,
                channel=row["channel"],
                seen=row["not_before"],
            )
        )
