"""Reminders: a step of the ladder is claimed by its row, so that it is said once whatever restarts."""

from datetime import datetime

from storage import codec
from storage.database import Database


class Reminders:
    """The table of reminders given."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(self, reminder_id: str, key_id: str, step: int, *, now: datetime) -> bool:
        """Claim one step (days before the end) of one credential; False when it was claimed before."""
        return bool(
            self._db.run(
                "INSERT INTO reminders (id, key_id, step, claimed_at) VALUES (:id, :key_id, :step, :now)"
                " ON CONFLICT DO NOTHING",
                id=reminder_id,
                key_id=key_id,
                step=step,
                now=codec.to_text(now),
            )
        )

    def is_claimed(self, key_id: str, step: int) -> bool:
        """Say whether a step of a credential was claimed; one that was not may be claimed a moment later."""
        row = self._db.one("SELECT id FROM reminders WHERE key_id = :key_id AND step = :step", key_id=key_id, step=step)
        return row is not None

    def key_of(self, reminder_id: str) -> str | None:
        """Return the credential that a reminder is about."""
        row = self._db.one("SELECT key_id FROM reminders WHERE id = :id", id=reminder_id)
        return row["key_id"] if row else None

    def latest(self, key_id: str) -> str | None:
        """Return the newest reminder about a credential."""
        row = self._db.one(
            "SELECT id FROM reminders WHERE key_id = :key_id ORDER BY claimed_at DESC, step LIMIT 1",
            key_id=key_id,
        )
        return row["id"] if row else None
