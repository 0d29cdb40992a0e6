"""Applications that this bot made in Entra."""

from datetime import datetime

from bot.records import Application
from storage import codec
from storage.claims import claim_next
from storage.database import Database


class Applications:
    """The table of applications. One that is not wanted any more stays until it is gone from Entra."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, application: Application) -> bool:
        """Keep an application as soon as Entra has named it; False when it is known."""
        return bool(
            self._db.run(
                "INSERT INTO applications (id, request_id, display_name, object_id, app_id,"
                " service_principal_id, form, owners, created_at) VALUES (:id, :request_id, :display_name,"
                " :object_id, :app_id, :service_principal_id, :form, :owners, :created_at)"
                " ON CONFLICT DO NOTHING",
                id=application.id,
                request_id=application.request_id,
                display_name=application.display_name,
                object_id=application.object_id,
                app_id=application.app_id,
                service_principal_id=application.service_principal_id,
                form=codec.form_json(application.form),
                owners=codec.owners_json(application.owners),
                created_at=codec.to_text(application.created_at),
            )
        )

    def get(self, application_id: str) -> Application | None:
        """Return one application by our id."""
        row = self._db.one("SELECT * FROM applications WHERE id = :id", id=application_id)
        return codec.application(row) if row else None

    def of_request(self, request_id: str) -> Application | None:
        """Return the wanted application of a request."""
        row = self._db.one(
            "SELECT * FROM applications WHERE request_id = :request_id AND wanted = 1 AND removed_at IS NULL",
            request_id=request_id,
        )
        return codec.application(row) if row else None

    def is_known(self, object_id: str) -> bool:
        """Say whether an application of Entra's was ever written down here, be it removed since."""
        return self._db.one("SELECT id FROM applications WHERE object_id = :object_id", object_id=object_id) is not None

    def of_owner(self, person_id: str) -> list[Application]:
        """Return the applications that a person owns, newest first."""
        rows = self._db.all(
            "SELECT * FROM applications WHERE wanted = 1 AND owners LIKE :needle ORDER BY created_at DESC",
            needle=f'%"person_id": "{person_id}"%',
        )
        # The pattern only narrows the search: what it found by accident, such as by a wildcard, is left out here.
        found = [codec.application(row) for row in rows]
        return [entry for entry in found if any(owner.person_id == person_id for owner in entry.owners)]

    def by_end(self) -> list[tuple[Application, datetime | None]]:
        """Return what there is in Entra with the end of its last good secret, the soonest first, those without last."""
        rows = self._db.all(
            "SELECT a.*, lasts.ends_at AS ends_at FROM applications a LEFT JOIN"
            " (SELECT application_id, MAX(ends_at) AS ends_at FROM credentials WHERE state = 'live'"
            " GROUP BY application_id) AS lasts ON lasts.application_id = a.id"
            " WHERE a.wanted = 1 AND a.removed_at IS NULL"
            " ORDER BY CASE WHEN lasts.ends_at IS NULL THEN 1 ELSE 0 END, lasts.ends_at, a.created_at, a.id"
        )
        return [(codec.application(row), codec.optional_moment(row["ends_at"])) for row in rows]

    def set_service_principal(self, application_id: str, service_principal_id: str) -> bool:
        """Record the service principal's object id."""
        return bool(
            self._db.run(
                "UPDATE applications SET service_principal_id = :sp WHERE id = :id",
                sp=service_principal_id,
                id=application_id,
            )
        )

    def disown(self, application_id: str, *, now: datetime) -> bool:
        """Mark an application as not wanted: it is to be removed from Entra."""
        return bool(
            self._db.run(
                "UPDATE applications SET wanted = 0, disowned_at = :now, try_at = :now WHERE id = :id AND wanted = 1",
                now=codec.to_text(now),
                id=application_id,
            )
        )

    def unwanted_of(self, request_id: str) -> list[Application]:
        """Return what one request made and is still to be removed from Entra, due for a try or not."""
        rows = self._db.all(
            "SELECT * FROM applications WHERE request_id = :request_id AND wanted = 0 AND removed_at IS NULL"
            " ORDER BY try_at",
            request_id=request_id,
        )
        return [codec.application(row) for row in rows]

    def claim_removal(self, *, now: datetime, until: datetime) -> Application | None:
        """Claim one try of the next removal of what is not wanted any more."""
        row = claim_next(
            self._db,
            "SELECT id FROM applications WHERE wanted = 0 AND removed_at IS NULL AND try_at <= :now"
            " ORDER BY try_at LIMIT 1",
            "UPDATE applications SET try_at = :until WHERE id = :id",
            "SELECT * FROM applications WHERE id = :id",
            until=codec.to_text(until),
            now=codec.to_text(now),
        )
        return codec.application(row) if row else None

    def removal_refused(self, application_id: str, *, now: datetime) -> bool:
        """Claim the one word about a removal that does not succeed."""
        return bool(
            self._db.run(
                "UPDATE applications SET removal_refused_at = :now"
                " WHERE id = :id AND wanted = 0 AND removed_at IS NULL AND removal_refused_at IS NULL",
                now=codec.to_text(now),
                id=application_id,
            )
        )

    def removed(self, application_id: str, *, now: datetime) -> bool:
        """Record that an unwanted application is gone; False when that was recorded before."""
        return bool(
            self._db.run(
                "UPDATE applications SET removed_at = :now WHERE id = :id AND wanted = 0 AND removed_at IS NULL",
                now=codec.to_text(now),
                id=application_id,
            )
        )

    def try_removal_at(self, application_id: str, moment: datetime) -> None:
        """Put the next try of a removal off until `moment`."""
        self._db.run(
            "UPDATE applications SET try_at = :moment WHERE id = :id",
            moment=codec.to_text(moment),
            id=application_id,
        )
