"""Client secrets that were minted here: ids, hints and dates, never a text."""

from datetime import datetime, timedelta

from bot.lifecycle import CREDENTIALS, CredentialEvent
from bot.records import Credential
from storage import codec
from storage.claims import claim_next
from storage.database import Database
from storage.transitions import source_states

# The overlap is over, the time of the next try has come, and the owners were warned in time or hold nothing.
_REMOVABLE = (
    "state = 'retiring' AND remove_at <= :now AND try_at <= :now"
    " AND (disowned_at IS NOT NULL OR warned_at <= :warned_by)"
)


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

    def live_ending(self, *, after: tuple[datetime, str], before: datetime, limit: int) -> list[Credential]:
        """Return live credentials of wanted applications that end before a moment, the soonest first, so many.

        `after` is the end and the key id of the last one of the page before this one.
        """
        rows = self._db.all(
            "SELECT c.* FROM credentials c JOIN applications a ON a.id = c.application_id"
            " WHERE c.state = 'live' AND a.wanted = 1 AND c.ends_at <= :before AND c.ends_at >= :after"
            " AND (c.ends_at > :after OR c.key_id > :key_id) ORDER BY c.ends_at, c.key_id LIMIT :limit",
            before=codec.to_text(before),
            after=codec.to_text(after[0]),
            key_id=after[1],
            limit=limit,
        )
        return [codec.credential(row) for row in rows]

    def retire(self, key_id: str, event: CredentialEvent, *, remove_at: datetime) -> bool:
        """Let a credential retire; it is removed from Entra at `remove_at`, at once when nobody holds it."""
        return bool(
            self._db.run(
                "UPDATE credentials SET state = :target, remove_at = :remove_at, try_at = :remove_at,"
                " disowned_at = CASE WHEN :disowned = 1 THEN :remove_at ELSE disowned_at END"
                f" WHERE key_id = :key_id AND state IN ({source_states(CREDENTIALS, event)})",
                target=CREDENTIALS.target(event).value,
                remove_at=codec.to_text(remove_at),
                disowned=int(event is CredentialEvent.DISOWN),
                key_id=key_id,
            )
        )

    def restore(self, key_id: str) -> bool:
        """Put a retiring credential back into use; False when its removal has begun, or nobody holds it."""
        return bool(
            self._db.run(
                "UPDATE credentials SET state = :target, remove_at = NULL, try_at = NULL, warned_at = NULL"
                f" WHERE key_id = :key_id AND state IN ({source_states(CREDENTIALS, CredentialEvent.RESTORE)})"
                " AND removal_tries = 0 AND disowned_at IS NULL",
                target=CREDENTIALS.target(CredentialEvent.RESTORE).value,
                key_id=key_id,
            )
        )

    def next_unwarned_removal(self, before: datetime) -> Credential | None:
        """Return the next retiring credential that is removed before a moment and whose owners were not warned."""
        row = self._db.one(
            "SELECT * FROM credentials WHERE state = 'retiring' AND warned_at IS NULL AND disowned_at IS NULL"
            " AND remove_at <= :before ORDER BY remove_at LIMIT 1",
            before=codec.to_text(before),
        )
        return codec.credential(row) if row else None

    def warn(self, key_id: str, *, now: datetime, least: timedelta) -> bool:
        """Claim the one warning before a removal, and move the removal so that `least` lies between them."""
        return bool(
            self._db.run(
                "UPDATE credentials SET warned_at = :now,"
                " remove_at = CASE WHEN remove_at < :earliest THEN :earliest ELSE remove_at END,"
                " try_at = CASE WHEN try_at < :earliest THEN :earliest ELSE try_at END"
                " WHERE key_id = :key_id AND warned_at IS NULL AND disowned_at IS NULL AND state = 'retiring'",
                now=codec.to_text(now),
                earliest=codec.to_text(now + least),
                key_id=key_id,
            )
        )

    def claim_removal(self, *, now: datetime, until: datetime, warned_by: datetime) -> Credential | None:
        """Claim one try of the next removal that is due: warned of by then, or held by nobody.

        From the first try on, the credential cannot go back into use.
        """
        row = claim_next(
            self._db,
            f"SELECT key_id AS id FROM credentials WHERE {_REMOVABLE} ORDER BY try_at LIMIT 1",
            "UPDATE credentials SET try_at = :until, removal_tries = removal_tries + 1 WHERE key_id = :id",
            "SELECT * FROM credentials WHERE key_id = :id",
            until=codec.to_text(until),
            now=codec.to_text(now),
            warned_by=codec.to_text(warned_by),
        )
        return codec.credential(row) if row else None

    def removal_refused(self, key_id: str, *, now: datetime) -> bool:
        """Claim the one word about a removal that does not succeed."""
        return bool(
            self._db.run(
                "UPDATE credentials SET removal_refused_at = :now"
                " WHERE key_id = :key_id AND removal_refused_at IS NULL AND state = 'retiring'",
                now=codec.to_text(now),
                key_id=key_id,
            )
        )

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
        """Record whether Entra accepted the secret when it was tried out; "accepted" is the last word."""
        return bool(
            self._db.run(
                "UPDATE credentials SET accepted = :accepted, accepted_at = :now"
                " WHERE key_id = :key_id AND (accepted IS NULL OR (accepted = 0 AND :accepted = 1))",
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
