"""What is still to be said: queued in the transaction that decided it, sent at least once, recorded when sent.

Each message that waits has its place in the queue, behind all that waited when it was put: there is one writer at a
time, so the database says who was first, and no clock.
"""

from datetime import datetime

from bot.records import Note, Outgoing, Posted
from storage import codec
from storage.database import Database
from storage.pace import EDIT, EVERY, POST


class Outbox:
    """The queue of messages, and where the messages that are redrawn stand in Slack."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(  # noqa: PLR0913 - the columns of a row
        self,
        entry_id: str,
        kind: str,
        subject: str,
        recipient: str,
        *,
        note: Note | None = None,
        slot: str | None = None,
        now: datetime,
    ) -> None:
        """Queue one message; `slot` names the message that it edits, where that stands already."""
        self._db.run(
            "INSERT INTO outbox (id, kind, subject, recipient, note, slot, state, created_at, available_at, place)"
            " VALUES (:id, :kind, :subject, :recipient, :note, :slot, 'queued', :now, :now,"
            " (SELECT COALESCE(MAX(place), 0) + 1 FROM outbox WHERE state = 'queued'))",
            id=entry_id,
            kind=kind,
            subject=subject,
            recipient=recipient,
            note=codec.note_json(note),
            slot=slot,
            now=codec.to_text(now),
        )

    def claim(self, lease: str, *, now: datetime, until: datetime) -> Outgoing | None:
        """Claim the oldest message that is due, or that a process died over.

        What is said of one thing to one recipient goes in order: the later waits until the earlier is sent or given
        up. So a message is never drawn anew while it is not known whether it was posted at all. What Slack would refuse
        as too soon, by the method that it needs and its recipient, is passed over until its time.
        """
        # An idle poll takes no lock.
        if self._candidate(now) is None:
            return None
        with self._db.claiming():
            entry_id = self._candidate(now, self._db.skip_locked)
            if entry_id is None or not self._take(entry_id, lease, now=now, until=until):
                return None
            row = self._db.one("SELECT * FROM outbox WHERE id = :id", id=entry_id)
        return codec.outgoing(row) if row else None

    def _candidate(self, now: datetime, locking: str = "") -> str | None:
        row = self._db.one(
            "SELECT id FROM outbox AS entry WHERE state = 'queued' AND available_at <= :now"
            " AND (lease_until IS NULL OR lease_until <= :now)"
            " AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.subject = entry.subject"
            " AND earlier.kind = entry.kind AND earlier.state = 'queued' AND earlier.recipient = entry.recipient"
            " AND earlier.place < entry.place) AND NOT EXISTS (SELECT 1 FROM pace WHERE pace.not_before > :now"
            " AND pace.channel IN (entry.recipient, :every) AND pace.method = CASE WHEN EXISTS (SELECT 1"
            " FROM messages WHERE messages.slot = entry.slot) THEN :edit ELSE :post END)"
            f" ORDER BY place LIMIT 1{locking}",
            now=codec.to_text(now),
            every=EVERY,
            edit=EDIT,
            post=POST,
        )
        return row["id"] if row else None

    def _take(self, entry_id: str, lease: str, *, now: datetime, until: datetime) -> bool:
        return bool(
            self._db.run(
                "UPDATE outbox SET lease = :lease, lease_until = :until, attempts = attempts + 1,"
                " first_tried_at = COALESCE(first_tried_at, :now) WHERE id = :id AND state = 'queued'"
                " AND (lease_until IS NULL OR lease_until <= :now)",
                lease=lease,
                until=codec.to_text(until),
                now=codec.to_text(now),
                id=entry_id,
            )
        )

    def is_overtaken(self, entry: Outgoing) -> bool:
        """Say whether a later entry draws the same message anew: then this one need not."""
        row = self._db.one(
            "SELECT id FROM outbox WHERE state = 'queued' AND kind = :kind AND subject = :subject"
            " AND recipient = :recipient AND place > (SELECT place FROM outbox WHERE id = :id) LIMIT 1",
            kind=entry.kind,
            subject=entry.subject,
            recipient=entry.recipient,
            id=entry.id,
        )
        return row is not None

    def is_held(self, entry: Outgoing, *, now: datetime) -> bool:
        """Say whether a claim still holds: nobody else can have the message, and nobody can take it at once."""
        row = self._db.one(
            "SELECT id FROM outbox WHERE id = :id AND lease = :lease AND lease_until > :now",
            id=entry.id,
            lease=entry.lease,
            now=codec.to_text(now),
        )
        return row is not None

    def keep(self, entry: Outgoing, *, now: datetime, until: datetime) -> bool:
        """Hold a claimed message until a later moment; False when the claim does not hold any more."""
        return bool(
            self._db.run(
                "UPDATE outbox SET lease_until = :until WHERE id = :id AND lease = :lease AND lease_until > :now",
                until=codec.to_text(until),
                id=entry.id,
                lease=entry.lease,
                now=codec.to_text(now),
            )
        )

    def begin_anew(self, entry: Outgoing, *, now: datetime) -> bool:
        """Record that no try before this moment can have reached Slack; False when the claim does not hold any more."""
        return bool(
            self._db.run(
                "UPDATE outbox SET first_tried_at = :now WHERE id = :id AND lease = :lease AND lease_until > :now",
                id=entry.id,
                lease=entry.lease,
                now=codec.to_text(now),
            )
        )

    def posted_ts(self, entry_id: str) -> str | None:
        """Return under which ts a message was recorded as sent; None before that."""
        row = self._db.one("SELECT posted_ts FROM outbox WHERE id = :id", id=entry_id)
        return row["posted_ts"] if row else None

    def sent(self, entry: Outgoing, *, now: datetime, posted_ts: str | None = None) -> bool:
        """Record that a claimed message was sent, and where it stands."""
        return self._settle(entry, "sent", now=now, error=None, posted_ts=posted_ts)

    def undeliverable(self, entry: Outgoing, error: str, *, now: datetime) -> bool:
        """Record that a claimed message cannot be sent at all."""
        return self._settle(entry, "undeliverable", now=now, error=error)

    def _settle(
        self, entry: Outgoing, state: str, *, now: datetime, error: str | None, posted_ts: str | None = None
    ) -> bool:
        return bool(
            self._db.run(
                "UPDATE outbox SET state = :state, sent_at = :now, lease = NULL, lease_until = NULL,"
                " last_error = :error, posted_ts = :posted_ts WHERE id = :id AND lease = :lease",
                posted_ts=posted_ts,
                state=state,
                now=codec.to_text(now),
                error=error,
                id=entry.id,
                lease=entry.lease,
            )
        )

    def put_back(
        self, entry: Outgoing, error: str, *, available_at: datetime, tried: bool = True, counted: bool = True
    ) -> bool:
        """Give a claimed message back for later.

        `tried=False` when nothing can have reached Slack; `counted=False` when it was no attempt at all, only too soon.
        """
        return bool(
            self._db.run(
                "UPDATE outbox SET lease = NULL, lease_until = NULL, available_at = :available_at,"
                " last_error = :error, attempts = attempts - :uncounted,"
                " first_tried_at = CASE WHEN :tried = 1 THEN first_tried_at ELSE NULL END"
                " WHERE id = :id AND lease = :lease",
                available_at=codec.to_text(available_at),
                error=error,
                tried=int(tried),
                uncounted=int(not counted),
                id=entry.id,
                lease=entry.lease,
            )
        )

    def oldest_waiting(self) -> datetime | None:
        """Return since when the oldest unsent message waits."""
        row = self._db.one("SELECT created_at FROM outbox WHERE state = 'queued' ORDER BY place LIMIT 1")
        return codec.to_moment(row["created_at"]) if row else None

    def posted(self, slot: str) -> Posted | None:
        """Return where the message of a slot stands."""
        row = self._db.one("SELECT channel, ts FROM messages WHERE slot = :slot", slot=slot)
        return Posted(channel=row["channel"], ts=row["ts"]) if row else None

    def remember(self, slot: str, posted: Posted) -> None:
        """Record where the message of a slot stands now."""
        self._db.run(
            "INSERT INTO messages (slot, channel, ts) VALUES (:slot, :channel, :ts)"
            " ON CONFLICT (slot) DO UPDATE SET channel = excluded.channel, ts = excluded.ts",
            slot=slot,
            channel=posted.channel,
            ts=posted.ts,
        )
