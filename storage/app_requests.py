"""Requests: every transition is one conditional statement that says who won."""

from datetime import datetime

from bot.lifecycle import REQUESTS, RequestEvent, RequestState
from bot.records import AppRequest, RequestForm
from storage import codec
from storage.claims import claim_next
from storage.database import Database
from storage.transitions import source_states


class AppRequests:
    """The table of requests, and the approvals given to them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, request: AppRequest) -> bool:
        """Keep a new request; False when this form was submitted before."""
        return bool(
            self._db.run(
                "INSERT INTO app_requests (id, form_id, state, version, requester_id, requester, display_name,"
                " form, submitted_at, changed_at, state_since) VALUES (:id, :form_id, :state, :version,"
                " :requester_id, :requester, :display_name, :form, :now, :now, :now)"
                " ON CONFLICT DO NOTHING",
                id=request.id,
                form_id=request.form_id,
                state=request.state.value,
                version=request.version,
                requester_id=request.requester.person_id,
                requester=codec.owner_json(request.requester),
                display_name=request.form.display_name,
                form=codec.form_json(request.form),
                now=codec.to_text(request.submitted_at),
            )
        )

    def get(self, request_id: str) -> AppRequest | None:
        """Return one request."""
        row = self._db.one("SELECT * FROM app_requests WHERE id = :id", id=request_id)
        return codec.app_request(row) if row else None

    def by_form(self, form_id: str) -> AppRequest | None:
        """Return the request that a form became."""
        row = self._db.one("SELECT * FROM app_requests WHERE form_id = :form_id", form_id=form_id)
        return codec.app_request(row) if row else None

    def of_person(self, person_id: str, limit: int) -> list[AppRequest]:
        """Return a person's own requests, newest first."""
        rows = self._db.all(
            "SELECT * FROM app_requests WHERE requester_id = :person_id ORDER BY submitted_at DESC LIMIT :limit",
            person_id=person_id,
            limit=limit,
        )
        return [codec.app_request(row) for row in rows]

    def move(
        self,
        request_id: str,
        event: RequestEvent,
        *,
        now: datetime,
        version: int | None = None,
        by: str | None = None,
        reason: str | None = None,
    ) -> bool:
        """Carry out `event`; False when the request was not (or no longer) where it may happen."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET state = :target, state_since = :now, lease = NULL, lease_until = NULL,"
                " try_at = NULL, attempts = 0, stuck_since = NULL, slow_told = 0,"
                " settled_by = COALESCE(:by, settled_by), settled_reason = COALESCE(:reason, settled_reason)"
                " WHERE id = :id AND (CAST(:version AS INTEGER) IS NULL OR version = :version)"
                f" AND state IN ({source_states(REQUESTS, event)})",
                target=REQUESTS.target(event).value,
                now=codec.to_text(now),
                by=by,
                reason=reason,
                id=request_id,
                version=version,
            )
        )

    def change(self, request_id: str, version: int, form: RequestForm, *, now: datetime) -> bool:
        """Replace what was asked for and begin a new version; False when it is no longer pending at `version`."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET form = :form, display_name = :display_name, version = version + 1,"
                " changed_at = :now, reminded_at = NULL, assessed = 0, name_is_taken = NULL,"
                " lease = NULL, lease_until = NULL"
                " WHERE id = :id AND version = :version"
                f" AND state IN ({source_states(REQUESTS, RequestEvent.CHANGE)})",
                form=codec.form_json(form),
                display_name=form.display_name,
                now=codec.to_text(now),
                id=request_id,
                version=version,
            )
        )

    def agree(self, request_id: str, version: int, approver_id: str, *, now: datetime) -> bool:
        """Record one approver's yes to one version; False when it stood already, or when that is not pending now."""
        return bool(
            self._db.run(
                "INSERT INTO approvals (request_id, version, approver_id, approved_at)"
                " SELECT id, version, :approver_id, :now FROM app_requests WHERE id = :request_id"
                f" AND version = :version AND state IN ({source_states(REQUESTS, RequestEvent.APPROVE)})"
                " ON CONFLICT DO NOTHING",
                request_id=request_id,
                version=version,
                approver_id=approver_id,
                now=codec.to_text(now),
            )
        )

    def approvers_of(self, request_id: str, version: int) -> tuple[str, ...]:
        """Return who approved this version, in order."""
        rows = self._db.all(
            "SELECT approver_id FROM approvals WHERE request_id = :request_id AND version = :version"
            " ORDER BY approved_at, approver_id",
            request_id=request_id,
            version=version,
        )
        return tuple(row["approver_id"] for row in rows)

    def claim_assessment(self, lease: str, *, now: datetime, until: datetime) -> AppRequest | None:
        """Claim the oldest pending request whose surroundings in Entra were not looked at yet.

        The lease is that of the request itself: a change or a decision ends it.
        """
        row = claim_next(
            self._db,
            "SELECT id FROM app_requests WHERE state = :pending AND assessed = 0"
            " AND (lease_until IS NULL OR lease_until <= :now) ORDER BY changed_at LIMIT 1",
            "UPDATE app_requests SET lease = :lease, lease_until = :until WHERE id = :id",
            "SELECT * FROM app_requests WHERE id = :id",
            pending=RequestState.PENDING.value,
            lease=lease,
            until=codec.to_text(until),
            now=codec.to_text(now),
        )
        return codec.app_request(row) if row else None

    def assess(self, request_id: str, version: int, *, name_is_taken: bool | None) -> bool:
        """Record what Entra says of the display name (None: it could not be asked)."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET assessed = 1, name_is_taken = :taken"
                " WHERE id = :id AND version = :version AND assessed = 0",
                taken=None if name_is_taken is None else int(name_is_taken),
                id=request_id,
                version=version,
            )
        )

    def waiting_since(self, request_id: str) -> datetime | None:
        """Return since when a request stands as it is: since it was submitted, or changed last."""
        row = self._db.one("SELECT changed_at FROM app_requests WHERE id = :id", id=request_id)
        return codec.to_moment(row["changed_at"]) if row else None

    def next_unreminded(self, since: datetime) -> AppRequest | None:
        """Return the oldest pending request, unchanged since a moment, of which the approvers were not reminded."""
        return self._pending("reminded_at IS NULL AND changed_at <= :since", since)

    def mark_reminded(self, request_id: str, *, now: datetime) -> bool:
        """Claim the one reminder to the approvers."""
        return bool(
            self._db.run(
                "UPDATE app_requests SET reminded_at = :now WHERE id = :id AND reminded_at IS NULL"
                " AND state = :pending",
                now=codec.to_text(now),
                id=request_id,
                pending=RequestState.PENDING.value,
            )
        )

    def next_pending(self, since: datetime) -> AppRequest | None:
        """Return the oldest pending request that is unchanged since a moment."""
        return self._pending("changed_at <= :since", since)

    def _pending(self, condition: str, since: datetime) -> AppRequest | None:
        row = self._db.one(
            f"SELECT * FROM app_requests WHERE state = 'pending' AND {condition} ORDER BY changed_at LIMIT 1",
            since=codec.to_text(since),
        )
        return codec.app_request(row) if row else None
