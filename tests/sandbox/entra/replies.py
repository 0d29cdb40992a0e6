"""Answers and refusals in Graph's own words (Microsoft Graph, "Error responses and resource types").

How well each text is known: the envelope, the 404 and the 403 are recorded. Quoted from reports are those of a taken
value, of a service principal that exists or has no application, of an unsupported filter, of policy, quota and too many
secrets, of a value that is required or does not hold, and of an expired token. Of the others no copy was found: unknown
and read-only properties, malformed ids, bodies, queries and tokens, wrong methods. Their status is what to expect;
their words are only likely, so nothing should match them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

METADATA: Final = "https://graph.microsoft.com/v1.0/$metadata"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One true answer; `units` is what it costs of the throttling budget ("Throttling limits")."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    units: int = 1


class GraphRefusal(Exception):
    """Graph says no."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}
        super().__init__(f"{status} {code}: {message}")

    def as_json(self, moment: datetime, request_id: str, client_request_id: str) -> dict[str, Any]:
        """The error envelope."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [dict(detail) for detail in self.details]
        error["innerError"] = {
            "date": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return {"error": error}


def bad_request(message: str, *, code: str = "Request_BadRequest") -> GraphRefusal:
    """What is asked does not hold."""
    return GraphRefusal(400, code, message)


def invalid_value(name: str, resource: str = "Application") -> GraphRefusal:
    """One property's value does not hold."""
    return bad_request(f"Invalid value specified for property '{name}' of resource '{resource}'.")


def invalid_property(name: str) -> GraphRefusal:
    """There is no such property."""
    return bad_request(f"Invalid property '{name}'.")


def required(name: str, resource: str = "Application") -> GraphRefusal:
    """A property that must be there is not."""
    return bad_request(f"A value is required for property '{name}' of resource '{resource}'.")


def read_only(name: str) -> GraphRefusal:
    """A property that only Entra sets."""
    return bad_request(f"Property '{name}' is read-only and cannot be set.")


def conflict(name: str) -> GraphRefusal:
    """Another object has the value: 400 and not 409, as reported for uniqueName and identifierUris."""
    message = f"Another object with the same value for property {name} already exists."
    return GraphRefusal(
        400,
        "Request_BadRequest",
        message,
        details=[{"code": "ObjectConflict", "message": message, "target": name}],
    )


def missing(object_id: str) -> GraphRefusal:
    """There is no such object, or not yet."""
    return GraphRefusal(
        404,
        "Request_ResourceNotFound",
        f"Resource '{object_id}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied() -> GraphRefusal:
    """The caller's permissions do not reach."""
    return GraphRefusal(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def no_backing_application(app_id: str) -> GraphRefusal:
    """A service principal of an application that this part of Entra does not know."""
    message = f"The appId '{app_id}' of the service principal does not reference a valid application object."
    return GraphRefusal(
        400,
        "Request_BadRequest",
        message,
        details=[{"code": "NoBackingApplicationObject", "message": message, "target": "appId"}],
    )


def backing_application_elsewhere() -> GraphRefusal:
    """The same under OwnedBy, in the misleading words that Microsoft uses; the missing `be` is theirs."""
    return GraphRefusal(
        403,
        "Authorization_RequestDenied",
        "When using this permission, the backing application of the service principal being created must in the "
        "local tenant",
    )


def service_principal_exists(app_id: str) -> GraphRefusal:
    """An application has one service principal in a tenant, and this one has it."""
    message = (
        "The service principal cannot be created, updated, or restored because the service principal name "
        f"{app_id} is already in use."
    )
    return GraphRefusal(
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        message,
        details=[{"code": "ObjectConflict", "message": message, "target": "servicePrincipalNames"}],
    )


def unauthenticated(message: str) -> GraphRefusal:
    """The bearer is not accepted."""
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", '
        'client_id="00000003-0000-0000-c000-000000000000"'
    )
    return GraphRefusal(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": challenge})
