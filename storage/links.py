"""One-time links: the claim is one conditional statement, and only a hash of the token is ever kept."""

from datetime import datetime

from bot.lifecycle import LINKS, LinkEvent
from bot.records import Link, Outgoing
from storage import codec
from storage.claims import claim_next
from storage.database import Database
from storage.transitions import source_states


class Links:
    """The table of one-time links."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, link: Link) -> bool:
        """Keep a new link; False when its application has a link alive already."""
        return bool(
            self._db.run(
                "INSERT INTO links (id, application_id, recipient_id, stage, issued_at, expires_at,"
                " rotates_key_id) VALUES (:id, :application_id, :recipient_id, :stage, :issued_at,"
                " :expires_at, :rotates_key_id) ON CONFLICT DO NOTHING",
                id=link.id,
                application_id=link.application_id,
                recipient_id=link.recipient_id,
                stage=link.stage.value,
                issued_at=codec.to_text(link.issued_at),
                expires_at=codec.to_text(link.expires_at),
                rotates_key_id=link.rotates_key_id,
            )
        )

    def get(self, link_id: str) -> Link | None:
        """Return one link."""
        row = self._db.one("SELECT * FROM links WHERE id = :id", id=link_id)
        return codec.link(row) if row else None

    def by_token_hash(self, token_hash: str) -> Link | None:
        """Return the link of a token; an unknown token costs one look at an index and no lock."""
        row = self._db.one("SELECT * FROM links WHERE token_hash = :hash", hash=token_hash)
        return codec.link(row) if row else None

    def alive(self, application_id: str) -> Link | None:
        """Return the link of an application that can still mint, if there is one."""
        row = self._db.one(
            "SELECT * FROM links WHERE application_id = :id AND stage IN ('open', 'minting')",
            id=application_id,
        )
        return codec.link(row) if row else None

    def put_token_hash(self, sending: Outgoing, token_hash: str, *, expires_at: datetime) -> bool:
        """Let a freshly made token open the link that is being sent, and no older one, until `expires_at` at least.

        False when the link is not open, or when somebody else has taken over the sending: that one's token is good.
        """
        return bool(
            self._db.run(
                "UPDATE links SET token_hash = :hash,"
                " expires_at = CASE WHEN expires_at < :expires_at THEN :expires_at ELSE expires_at END"
                " WHERE id = :id AND stage = 'open'"
                " AND EXISTS (SELECT 1 FROM outbox WHERE outbox.id = :entry AND outbox.lease = :lease)",
                hash=token_hash,
                expires_at=codec.to_text(expires_at),
                id=sending.subject,
                entry=sending.id,
                lease=sending.lease,
            )
        )

    def arm(self, link_id: str, *, now: datetime, until: datetime) -> bool:
        """Let the page mint until `until`; False when the link is not open or its time is over."""
        return bool(
            self._db.run(
                "UPDATE links SET armed_until = :until"
                " WHERE id = :id AND stage IN ('open', 'minting') AND expires_at > :now",
                until=codec.to_text(until),
                id=link_id,
                now=codec.to_text(now),
            )
        )

    def claim(self, link_id: str, lease: str, *, now: datetime, until: datetime, viewer_id: str | None = None) -> bool:
        """Claim the right to mint: of any number of simultaneous presses exactly one gets True.

        With `viewer_id`, the Slack user id of who is signed in, nobody but the link's recipient gets it.
        """
        theirs = "" if viewer_id is None else " AND recipient_id = :viewer_id"
        return bool(
            self._db.run(
                "UPDATE links SET stage = :target, lease = :lease, lease_until = :until, attempts = attempts + 1"
                f" WHERE id = :id AND stage IN ({source_states(LINKS, LinkEvent.CLAIM)})"
                " AND (lease_until IS NULL OR lease_until <= :now)"
                f" AND armed_until > :now AND expires_at > :now{theirs}",
                target=LINKS.target(LinkEvent.CLAIM).value,
                lease=lease,
                until=codec.to_text(until),
                id=link_id,
                now=codec.to_text(now),
                **({} if viewer_id is None else {"viewer_id": viewer_id}),
            )
        )

    def take_over(self, lease: str, *, now: datetime, until: datetime) -> Link | None:
        """Claim the next link that a dead process left behind while minting, whether or not anybody presses."""
        row = claim_next(
            self._db,
            "SELECT id FROM links WHERE stage = 'minting' AND lease_until <= :now ORDER BY lease_until LIMIT 1",
            "UPDATE links SET lease = :lease, lease_until = :until WHERE id = :id",
            "SELECT * FROM links WHERE id = :id",
            lease=lease,
            until=codec.to_text(until),
            now=codec.to_text(now),
        )
        return codec.link(row) if row else None

    def give_back(self, link_id: str, lease: str, *, expires_at: datetime) -> bool:
        """Give a claim back: the link is open again and lives at least until `expires_at`."""
        return bool(
            self._db.run(
                "UPDATE links SET stage = :target, lease = NULL, lease_until = NULL,"
                " expires_at = CASE WHEN expires_at < :expires_at THEN :expires_at ELSE expires_at END"
                f" WHERE id = :id AND lease = :lease AND stage IN ({source_states(LINKS, LinkEvent.GIVE_BACK)})",
                target=LINKS.target(LinkEvent.GIVE_BACK).value,
                expires_at=codec.to_text(expires_at),
                id=link_id,
                lease=lease,
            )
        )

    def record(self, link_id: str, lease: str, *, key_id: str, viewed_from: str, now: datetime) -> bool:
        """Record what was minted under this lease; False when the lease was lost, and the secret with it."""
        return bool(
            self._db.run(
                "UPDATE links SET stage = :target, lease = NULL, lease_until = NULL, key_id = :key_id,"
                " viewed_at = :now, viewed_from = :viewed_from"
                f" WHERE id = :id AND lease = :lease AND stage IN ({source_states(LINKS, LinkEvent.RECORD)})",
                target=LINKS.target(LinkEvent.RECORD).value,
                key_id=key_id,
                now=codec.to_text(now),
                viewed_from=viewed_from,
                id=link_id,
                lease=lease,
            )
        )

    def end(self, link_id: str, event: LinkEvent) -> bool:
        """Expire or replace a link; False when it is being pressed, was viewed, or ended before."""
        return bool(
            self._db.run(
                f"UPDATE links SET stage = :target WHERE id = :id AND stage IN ({source_states(LINKS, event)})",
                target=LINKS.target(event).value,
                id=link_id,
            )
        )

    def mark_seen(self, link_id: str, *, now: datetime) -> bool:
        """Record that the page said it had rendered the secret; False when it had said so before."""
        return bool(
            self._db.run(
                "UPDATE links SET seen_at = :now WHERE id = :id AND stage = 'viewed' AND seen_at IS NULL",
                now=codec.to_text(now),
                id=link_id,
            )
        )

    def next_past_its_time(self, *, now: datetime) -> Link | None:
        """Return the next open link whose time is over, but for those whose message waits still to be sent."""
        row = self._db.one(
            "SELECT * FROM links WHERE stage = 'open' AND expires_at <= :now"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.subject = links.id AND outbox.kind = 'link'"
            " AND outbox.state = 'queued') ORDER BY expires_at LIMIT 1",
            now=codec.to_text(now),
        )
        return codec.link(row) if row else None

    def sweep_later(self, link_id: str, *, at: datetime, times: int) -> None:
        """Have the tenant searched again for a secret of this link that nobody recorded."""
        self._db.run(
            "UPDATE links SET sweep_at = :at, sweeps_left = :times WHERE id = :id",
            at=codec.to_text(at),
            times=times,
            id=link_id,
        )

    def claim_sweep(self, *, now: datetime, until: datetime) -> tuple[Link, int] | None:
        """Claim the next search for what an ended link left; return the link, and how many searches of it are left.

        A link that can still be pressed is not searched for: its next claim looks first, and a search at that
        moment would take the secret that is just being made for an orphan.
        """
        row = claim_next(
            self._db,
            "SELECT id FROM links WHERE sweeps_left > 0 AND sweep_at <= :now"
            " AND stage IN ('viewed', 'expired', 'replaced') ORDER BY sweep_at LIMIT 1",
            "UPDATE links SET sweep_at = :until WHERE id = :id",
            "SELECT * FROM links WHERE id = :id",
            until=codec.to_text(until),
            now=codec.to_text(now),
        )
        return (codec.link(row), row["sweeps_left"]) if row else None

    def renew(self, link_id: str, lease: str, *, until: datetime) -> bool:
        """Hold a claim longer, also one whose time is over and that nobody else took; False when somebody did."""
        return bool(
            self._db.run(
                "UPDATE links SET lease_until = :until WHERE id = :id AND lease = :lease",
                until=codec.to_text(until),
                id=link_id,
                lease=lease,
            )
        )
