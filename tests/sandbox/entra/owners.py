"""/applications/{id}/owners (Microsoft Graph, "List owners", "Add owner", "Remove owner")."""

import re
from typing import Any, Final

from tests.sandbox.entra import permissions
from tests.sandbox.entra.addressing import ONE_APPLICATION, the_application
from tests.sandbox.entra.asks import Ask, Route
from tests.sandbox.entra.replies import METADATA, Reply, bad_request, invalid_value, missing
from tests.sandbox.entra.service_principals import render
from tests.sandbox.entra.tenant import Tenant

_REFERENCE: Final = re.compile(
    r"(?P<root>https?://[^/]+)/(?:v1\.0|beta)/(?:directoryObjects|users|servicePrincipals)/(?P<id>[0-9a-fA-F-]{36})"
)
#: With the caller; Terraform's azuread provider sends no more and adds the rest one by one.
_MOST_AT_CREATE: Final = 20


def bound_owners(tenant: Tenant, references: Any, *, root: str) -> list[str]:
    """The object ids in `owners@odata.bind`; the caller is not among them unless it names itself."""
    if not isinstance(references, list) or len(references) > _MOST_AT_CREATE:
        raise invalid_value("owners")
    found = [_object_id(tenant, reference, root) for reference in references]
    if len(set(found)) != len(found):
        raise _already()
    return found


def _object_id(tenant: Tenant, reference: Any, root: str) -> str:
    match = _REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    if match is None or match["root"] not in {root, "https://graph.microsoft.com"}:
        raise invalid_value("owners")
    object_id = match["id"].lower()
    principal = tenant.all_service_principals.get(object_id)
    if object_id not in tenant.people and (principal is None or principal.deleted_at is not None):
        raise missing(object_id)
    return object_id


def _already() -> Exception:
    return bad_request(
        "One or more added object references already exist for the following modified properties: 'owners'."
    )


def read(tenant: Tenant, ask: Ask) -> Reply:
    """GET: people and service principals; of people only the ids when the caller may not read users."""
    application = the_application(tenant, ask)
    readable = permissions.may_read_users(ask.caller.roles)
    owners = [_shown(tenant, owner, readable=readable) for owner in application.owners]
    return Reply(status=200, body={"@odata.context": f"{METADATA}#directoryObjects", "value": owners})


def _shown(tenant: Tenant, object_id: str, *, readable: bool) -> dict[str, Any]:
    person = tenant.people.get(object_id)
    if person is not None:
        body = person.body() if readable else {"id": object_id}
        return {"@odata.type": "#microsoft.graph.user", **body}
    principal = tenant.all_service_principals[object_id]
    return {"@odata.type": "#microsoft.graph.servicePrincipal", **render(tenant, principal)}


def add(tenant: Tenant, ask: Ask) -> Reply:
    """POST $ref of one more owner."""
    application = the_application(tenant, ask)
    if set(ask.body) != {"@odata.id"}:
        raise bad_request("The request body must contain the '@odata.id' annotation of the reference.")
    owner = _object_id(tenant, ask.body["@odata.id"], ask.root)
    if owner in application.owners:
        raise _already()
    application.owners.append(owner)
    return Reply(status=204)


def remove(tenant: Tenant, ask: Ask) -> Reply:
    """DELETE $ref of an owner."""
    application = the_application(tenant, ask)
    ask.caller.must_manage(application, "Directory.ReadWrite.All")
    owner = ask.names["owner"]
    if owner not in application.owners:
        raise missing(owner)
    application.owners.remove(owner)
    return Reply(status=204)


ROUTES: Final = (
    Route(method="GET", path=f"{ONE_APPLICATION}/owners", needs=permissions.READ_APPLICATIONS, answer=read),
    Route(method="POST", path=rf"{ONE_APPLICATION}/owners/\$ref", needs=permissions.ADD_OWNER, answer=add),
    Route(
        method="DELETE",
        path=rf"{ONE_APPLICATION}/owners/(?P<owner>[^/]+)/\$ref",
        needs=permissions.REMOVE_OWNER,
        answer=remove,
    ),
)
