"""Approved requests as work: who has it, when it is due again, and what one try leaves for the next to know."""

import json
from collections.abc import Sequence
from datetime import datetime

from bot.lifecycle import REQUESTS, RequestEvent
from bot.records import AppRequest, Failure
from storage import codec
from storage.claims import claim_next
from storage.database import Database
from storage.transitions import source_states


class ProvisioningQueue:
    """Approved requests as work: claimed with a lease, so that a dead process loses its claim."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def claim(self, lease: str, *, now: datetime, until: datetime) -> AppRequest | None:
        """Claim the oldest request that is due, approved or left behind by a process that died."""
        row = claim_next(
            self._db,
            f"SELECT id FROM app_requests WHERE state IN ({source_states(REQUESTS, RequestEvent.CLAIM)})"
            " AND (lease_until IS NULL OR lease_until <= :now) AND (try_at IS NULL OR try_at <= :now)"
            " ORDER BY state_since LIMIT 1",
            "UPDATE app_requests SET state = :target, lease = :lease, lease_until = :until WHERE id = :id",
            "SELECT * FROM app_requests WHERE id = :id",
            target=REQUESTS.target(RequestEvent.CLAIM).value,
            lease=lease,
            until=codec.to_text(until),
            now=codec.to_text(now),
        )
        return codec.app_request(row) if row else None

    def begin(self, request_id: str, lease: str) -> AppRequest | None:
        """Count a try that begins, and return the request as it is; None when the lease was lost.

        Joins the transaction in which it is written down that it begins: the claim waited for no turn to write.
        """
        counted = "UPDATE app_requests SET attempts = attempts + 1 WHERE id = :id AND lease = :lease"
        if not self._db.run(counted, id=request_id, lease=lease):
            return None
        row = self._db.one("SELECT * FROM app_requests WHERE id = :id", id=request_id)
        return codec.app_request(row) if row else None

    def renew(self, request_id: str, lease: str, *, until: datetime) -> bool:
        """Hold a claim longer, also one whose time is over and that nobody else took; False when somebody did."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET lease_until = :until WHERE id = :id AND lease = :lease",
                until=codec.to_text(until),
                id=request_id,
                lease=lease,
            )
        )

    def creating(
        self, request_id: str, lease: str, *, now: datetime, until: datetime, not_owners: Sequence[str]
    ) -> bool:
        """Mark that a creation is about to be tried, and for whom without a user, and hold the claim until a moment.

        False when the lease was lost.
        """
        return bool(
            self._db.run(
                "UPDATE app_requests SET create_tried_at = COALESCE(create_tried_at, :now), not_owners = :not_owners,"
                " lease_until = :until WHERE id = :id AND lease = :lease",
                now=codec.to_text(now),
                until=codec.to_text(until),
                not_owners=json.dumps(list(not_owners)),
                id=request_id,
                lease=lease,
            )
        )

    def tell_slow(self, request_id: str) -> bool:
        """Claim the one word of this stay in provisioning that Entra is slow."""
        return bool(
            self._db.run("UPDATE app_requests SET slow_told = 1 WHERE id = :id AND slow_told = 0", id=request_id)
        )

    def put_back(self, request_id: str, lease: str, *, try_at: datetime, stuck_since: datetime | None = None) -> bool:
        """Give a claimed request back, to be tried again at `try_at`; the first `stuck_since` of a stay is kept."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET lease = NULL, lease_until = NULL, try_at = :try_at,"
                " stuck_since = COALESCE(stuck_since, :stuck_since) WHERE id = :id AND lease = :lease",
                try_at=codec.to_text(try_at),
                stuck_since=codec.optional_text(stuck_since),
                id=request_id,
                lease=lease,
            )
        )

    def settle(
        self, request_id: str, lease: str, event: RequestEvent, *, now: datetime, failure: Failure | None = None
    ) -> bool:
        """Fulfil or fail a claimed request; False when the lease was lost to another worker."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET state = :target, state_since = :now, lease = NULL, lease_until = NULL,"
                " try_at = NULL, failure = :failure WHERE id = :id AND lease = :lease"
                f" AND state IN ({source_states(REQUESTS, event)})",
                target=REQUESTS.target(event).value,
                now=codec.to_text(now),
                failure=None if failure is None else json.dumps(vars(failure), sort_keys=True),
                id=request_id,
                lease=lease,
            )
        )
