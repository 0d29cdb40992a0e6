"""Between columns and nouns: times as UTC text of one width, documents as JSON text."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from bot.lifecycle import CredentialState, LinkStage, RequestState
from bot.model import Scope, SecretTerm, aware
from bot.records import Application, AppRequest, Credential, Failure, Link, Note, Outgoing, Owner, RequestForm
from storage.database import Row

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"


def to_text(moment: datetime) -> str:
    """Return a moment as text that sorts like the moment."""
    return aware(moment).strftime(_TIME)


def optional_text(moment: datetime | None) -> str | None:
    """Return a moment as text, or None."""
    return None if moment is None else to_text(moment)


def to_moment(text: str) -> datetime:
    """Return the moment that `to_text` wrote."""
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def optional_moment(text: str | None) -> datetime | None:
    """Return the moment that `optional_text` wrote."""
    return None if text is None else to_moment(text)


def owner_json(owner: Owner) -> str:
    """Return an owner as JSON."""
    return json.dumps(vars(owner), sort_keys=True)


def owners_json(owners: Sequence[Owner]) -> str:
    """Return owners as JSON."""
    return json.dumps([vars(owner) for owner in owners], sort_keys=True)


def owners(text: str) -> tuple[Owner, ...]:
    """Return the owners that `owners_json` wrote."""
    return tuple(Owner(**entry) for entry in json.loads(text))


def form_json(form: RequestForm) -> str:
    """Return a form as JSON."""
    last_day = form.term.last_day
    document = {
        **vars(form),
        "scopes": [vars(scope) for scope in form.scopes],
        "co_owners": [vars(owner) for owner in form.co_owners],
        "term": {"days": form.term.days, "last_day": last_day.isoformat() if last_day else None},
    }
    return json.dumps(document, sort_keys=True)


def form(text: str) -> RequestForm:
    """Return the form that `form_json` wrote."""
    document: dict[str, Any] = json.loads(text)
    term = document["term"]
    return RequestForm(
        **{
            **document,
            "reply_urls": tuple(document["reply_urls"]),
            "scopes": tuple(Scope(**entry) for entry in document["scopes"]),
            "co_owners": tuple(Owner(**entry) for entry in document["co_owners"]),
            "term": SecretTerm(
                days=term["days"],
                last_day=date.fromisoformat(term["last_day"]) if term["last_day"] else None,
            ),
        }
    )


def app_request(row: Row) -> AppRequest:
    """Return the request that a row holds."""
    return AppRequest(
        id=row["id"],
        form_id=row["form_id"],
        state=RequestState(row["state"]),
        version=row["version"],
        requester=Owner(**json.loads(row["requester"])),
        form=form(row["form"]),
        submitted_at=to_moment(row["submitted_at"]),
        state_since=to_moment(row["state_since"]),
        settled_by=row["settled_by"],
        settled_reason=row["settled_reason"],
        name_is_taken=None if row["name_is_taken"] is None else bool(row["name_is_taken"]),
        assessed=bool(row["assessed"]),
        failure=Failure(**json.loads(row["failure"])) if row["failure"] else None,
        attempts=row["attempts"],
        create_tried=row["create_tried_at"] is not None,
        not_owners=tuple(json.loads(row["not_owners"])),
        stuck_since=optional_moment(row["stuck_since"]),
    )


def application(row: Row) -> Application:
    """Return the application that a row holds."""
    return Application(
        id=row["id"],
        request_id=row["request_id"],
        display_name=row["display_name"],
        object_id=row["object_id"],
        app_id=row["app_id"],
        service_principal_id=row["service_principal_id"],
        form=form(row["form"]),
        owners=owners(row["owners"]),
        created_at=to_moment(row["created_at"]),
        wanted=bool(row["wanted"]),
        disowned_at=optional_moment(row["disowned_at"]),
        removal_refused_at=optional_moment(row["removal_refused_at"]),
    )


def link(row: Row) -> Link:
    """Return the link that a row holds."""
    return Link(
        id=row["id"],
        application_id=row["application_id"],
        recipient_id=row["recipient_id"],
        stage=LinkStage(row["stage"]),
        issued_at=to_moment(row["issued_at"]),
        expires_at=to_moment(row["expires_at"]),
        armed_until=optional_moment(row["armed_until"]),
        lease_until=optional_moment(row["lease_until"]),
        attempts=row["attempts"],
        viewed_at=optional_moment(row["viewed_at"]),
        viewed_from=row["viewed_from"],
        key_id=row["key_id"],
        rotates_key_id=row["rotates_key_id"],
    )


def credential(row: Row) -> Credential:
    """Return the credential that a row holds."""
    return Credential(
        key_id=row["key_id"],
        application_id=row["application_id"],
        link_id=row["link_id"],
        state=CredentialState(row["state"]),
        description=row["description"],
        hint=row["hint"],
        starts_at=to_moment(row["starts_at"]),
        ends_at=to_moment(row["ends_at"]),
        remove_at=optional_moment(row["remove_at"]),
        disowned_at=optional_moment(row["disowned_at"]),
        removal_refused_at=optional_moment(row["removal_refused_at"]),
        snoozed_until=optional_moment(row["snoozed_until"]),
        accepted=None if row["accepted"] is None else bool(row["accepted"]),
        accepted_at=optional_moment(row["accepted_at"]),
    )


def note_json(note: Note | None) -> str | None:
    """Return a note as JSON, or None."""
    if note is None:
        return None
    return json.dumps({"kind": note.kind, "facts": dict(note.facts)}, sort_keys=True)


def outgoing(row: Row) -> Outgoing:
    """Return the outbox entry that a row holds."""
    return Outgoing(
        id=row["id"],
        kind=row["kind"],
        subject=row["subject"],
        recipient=row["recipient"],
        note=Note(**json.loads(row["note"])) if row["note"] else None,
        attempts=row["attempts"],
        first_tried_at=optional_moment(row["first_tried_at"]),
        created_at=to_moment(row["created_at"]),
        lease=row["lease"] or "",
    )
