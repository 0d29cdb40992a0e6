"""Client secrets that were minted here: ids, hints and dates, never a text."""

from datetime import datetime

from bot.lifecycle import CREDENTIALS, CredentialEvent
from bot.records import Credential
from storage import codec
from storage.database import Database
from storage.transitions import source_states


class Credentials:
    """The table of client secrets."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, credential: Credential) -> None:
        """Keep what addPassword answered, but for the text."""
        self._db.run(
            "INSERT INTO credentials (key_id, application_id, link_id, state, description, hint, starts_at,"
            " ends_at) VALUES (:key_id, :application_id, :link_id, :state, :description, :hint, :starts_at,"
            " :ends_at)",
            key_id=credential.key_id,
            application_id=credential.application_id,
            link_id=credential.link_id,
            state=credential.state.value,
            description=credential.description,
            hint=credential.hint,
            starts_at=codec.to_text(credential.starts_at),
            ends_at=codec.to_text(credential.ends_at),
        )

    def get(self, key_id: str) -> Credential | None:
        """Return one credential."""
        row = self._db.one("SELECT * FROM credentials WHERE key_id = :key_id", key_id=key_id)
        return codec.credential(row) if row else None

    def of_application(self, application_id: str) -> list[Credential]:
        """Return every credential of an application, the one that ends last first."""
        rows = self._db.all(
            "SELECT * FROM credentials WHERE application_id = :id ORDER BY ends_at DESC, starts_at DESC",
            id=application_id,
        )
        return [codec.credential(row) for row in rows]

    def live_ending_before(self, moment: datetime) -> list[Credential]:
        """Return live credentials of wanted applications that end before `moment`, the soonest first."""
        rows = self._db.all(
            "SELECT c.* FROM credentials c JOIN applications a ON a.id = c.application_id"
            " WHERE c.state = 'live' AND a.wanted = 1 AND c.ends_at <= :moment ORDER BY c.ends_at",
            moment=codec.to_text(moment),
        )
        return [codec.credential(row) for row in rows]

    def retire(self, key_id: str, event: CredentialEvent, *, remove_at: datetime) -> bool:
        """Let a credential retire; it is removed from Entra at `remove_at`."""
        text = codec.to_text(remove_at)
        return bool(
            self._db.run(
                "UPDATE credentials SET state = :target, remove_at = :remove_at, try_at = :remove_at"
                f" WHERE key_id = :key_id AND state IN ({source_states(CREDENTIALS, event)})",
                target=CREDENTIALS.target(event).value,
                remove_at=text,
                key_id=key_id,
            )
        )

    def unwarned_removals(self, before: datetime) -> list[Credential]:
        """Return retiring credentials that are removed before a moment and whose owners were not warned."""
        rows = self._db.all(
            "SELECT * FROM credentials WHERE state = 'retiring' AND warned_at IS NULL"
            " AND remove_at <= :before ORDER BY remove_at",
            before=codec.to_text(before),
        )
        return [codec.credential(row) for row in rows]

    def mark_warned(self, key_id: str, *, now: datetime) -> bool:
        """Claim the one warning before a removal."""
        return bool(
            self._db.run(
                "UPDATE credentials SET warned_at = :now WHERE key_id = :key_id AND warned_at IS NULL"
                " AND state = 'retiring'",
                now=codec.to_text(now),
                key_id=key_id,
            )
        )

    def to_remove(self, *, now: datetime) -> list[Credential]:
        """Return retiring credentials whose overlap is over and whose removal is due for a try."""
        rows = self._db.all(
            "SELECT * FROM credentials WHERE state = 'retiring' AND remove_at <= :now AND try_at <= :now"
            " ORDER BY try_at",
            now=codec.to_text(now),
        )
        return [codec.credential(row) for row in rows]

    def removed(self, key_id: str) -> bool:
        """Record a removal from Entra; False when it was recorded before."""
        return bool(
            self._db.run(
                "UPDATE credentials SET state = :target"
                f" WHERE key_id = :key_id AND state IN ({source_states(CREDENTIALS, CredentialEvent.REMOVE)})",
                target=CREDENTIALS.target(CredentialEvent.REMOVE).value,
                key_id=key_id,
            )
        )

    def try_removal_at(self, key_id: str, moment: datetime) -> None:
        """Put the next try of a removal off until `moment`."""
        self._db.run(
            "UPDATE credentials SET try_at = :moment WHERE key_id = :key_id",
            moment=codec.to_text(moment),
            key_id=key_id,
        )

    def snooze(self, key_id: str, until: datetime) -> bool:
        """Keep quiet about a live credential until `until`."""
        return bool(
            self._db.run(
                "UPDATE credentials SET snoozed_until = :until WHERE key_id = :key_id AND state = 'live'",
                until=codec.to_text(until),
                key_id=key_id,
            )
        )

    def record_proof(self, key_id: str, *, accepted: bool, now: datetime) -> bool:
        """Record whether Entra accepted the secret when it was tried out; the first word stands."""
        return bool(
            self._db.run(
                "UPDATE credentials SET accepted = :accepted, accepted_at = :now"
                " WHERE key_id = :key_id AND accepted IS NULL",
                accepted=int(accepted),
                now=codec.to_text(now),
                key_id=key_id,
            )
        )

    def unproven_since(self, moment: datetime) -> list[Credential]:
        """Return credentials made before `moment` of which nothing was said to prove or disprove them."""
        rows = self._db.all(
            "SELECT * FROM credentials WHERE accepted IS NULL AND starts_at <= :moment ORDER BY starts_at",
            moment=codec.to_text(moment),
        )
        return [codec.credential(row) for row in rows]
