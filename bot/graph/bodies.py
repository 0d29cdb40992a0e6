"""Graph's JSON to the nouns of bot/model.py and back.

Source: Microsoft Graph v1.0, "application resource type" and "passwordCredential resource type".
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from bot.model import ApplicationDraft, EntraApplication, PasswordCredential, Scope, aware

#: The properties that `application_from` reads.
APPLICATION_FIELDS: Final = "id,appId,displayName,tags,passwordCredentials"

#: Stands in for a moment that Graph leaves null: such a credential has always been valid, or always will be.
_ALWAYS: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER: Final = datetime(9999, 12, 31, tzinfo=UTC)


def application_from(body: Mapping[str, Any]) -> EntraApplication:
    """Read an application object. Raises ValueError, among others, for what is none."""
    return EntraApplication(
        object_id=name_in(body, "id"),
        app_id=name_in(body, "appId"),
        display_name=body.get("displayName") or "",
        tags=tuple(body.get("tags") or ()),
        secrets=passwords_from(body),
    )


def passwords_from(body: Mapping[str, Any]) -> tuple[PasswordCredential, ...]:
    """Read the client secrets that an application object lists; one that says nothing of them does not say none."""
    return tuple(password_from(password) for password in body["passwordCredentials"] or ())


def password_from(body: Mapping[str, Any]) -> PasswordCredential:
    """Read one passwordCredential, and never its text."""
    return PasswordCredential(
        key_id=name_in(body, "keyId"),
        display_name=body.get("displayName") or "",
        hint=body.get("hint") or "",
        starts_at=_moment(body.get("startDateTime"), _ALWAYS),
        ends_at=_moment(body.get("endDateTime"), _NEVER),
    )


def name_in(body: Mapping[str, Any], property_name: str) -> str:
    """Read an id. Raises ValueError when it is none."""
    name = body[property_name]
    if not isinstance(name, str) or not name:
        raise ValueError(f"{property_name} is no name")
    return name


def draft_body(draft: ApplicationDraft, root: str) -> dict[str, Any]:
    """Return the body of POST /applications; what the draft does not say is not sent."""
    body: dict[str, Any] = {
        "displayName": draft.display_name,
        "signInAudience": draft.audience,
        "web": {"redirectUris": list(draft.reply_urls)},
        "requiredResourceAccess": _required_access(draft.scopes),
    }
    said = {
        "tags": list(draft.tags),
        "notes": draft.notes,
        "serviceManagementReference": draft.service_management_reference,
        "uniqueName": draft.unique_name,
        "owners@odata.bind": [f"{root}/v1.0/directoryObjects/{owner}" for owner in draft.owner_ids],
    }
    return body | {name: value for name, value in said.items() if value}


def graph_time(moment: datetime) -> str:
    """Write a moment as Graph asks for it: UTC, whole seconds, `Z`."""
    return aware(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def _required_access(scopes: tuple[Scope, ...]) -> list[dict[str, Any]]:
    """One entry for each resource, in the order in which the draft names them."""
    by_resource: dict[str, list[dict[str, str]]] = {}
    for scope in scopes:
        by_resource.setdefault(scope.resource_app_id, []).append({"id": scope.id, "type": "Scope"})
    return [{"resourceAppId": app_id, "resourceAccess": access} for app_id, access in by_resource.items()]


def _moment(text: str | None, absent: datetime) -> datetime:
    """Read a moment; Graph writes up to seven digits of a second at a create and none later."""
    return aware(datetime.fromisoformat(text)) if text else absent
