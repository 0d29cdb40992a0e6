"""What a tenant holds, as plain JSON for a page that shows it; never a secret's text."""

from typing import Any

from tests.sandbox.entra.records import Application, ServicePrincipal, whole_seconds
from tests.sandbox.entra.tenant import Tenant


def picture(tenant: Tenant) -> dict[str, Any]:
    """Applications live and deleted with their owners, scopes and secrets' dates; service principals; people.

    `grants` are the delegated permission grants: nobody has consented to anything here.
    """
    with tenant.lock:
        return {
            "tenantId": tenant.tenant_id,
            "applications": [_application(tenant, found) for found in tenant.applications],
            "deleted": [_application(tenant, found) for found in tenant.deleted],
            "servicePrincipals": [_service_principal(found) for found in tenant.service_principals],
            "grants": [],
            "people": [person.body() for person in tenant.people.values()],
        }


def _application(tenant: Tenant, application: Application) -> dict[str, Any]:
    principal = tenant.find_service_principal(application.app_id)
    gone = application.deleted_at
    return {
        "id": application.id,
        "appId": application.app_id,
        "displayName": application.display_name,
        "uniqueName": application.unique_name,
        "signInAudience": application.body["signInAudience"],
        "tags": list(application.tags),
        "notes": application.body["notes"],
        "createdDateTime": whole_seconds(application.created_at),
        "deletedDateTime": whole_seconds(gone) if gone else None,
        "redirectUris": list(application.reply_urls),
        "scopes": [_scope(tenant, *key) for key in application.scope_ids],
        "servicePrincipalId": principal.id if principal else None,
        "owners": [{"id": owner, "displayName": _name(tenant, owner)} for owner in application.owners],
        "passwordCredentials": [
            {name: value for name, value in password.body().items() if name != "secretText"}
            for password in application.passwords
        ],
    }


def _service_principal(principal: ServicePrincipal) -> dict[str, Any]:
    return {
        "id": principal.id,
        "appId": principal.app_id,
        "displayName": principal.display_name,
        "createdDateTime": whole_seconds(principal.created_at),
    }


def _name(tenant: Tenant, object_id: str) -> str:
    person = tenant.people.get(object_id)
    if person is not None:
        return person.name
    principal = tenant.all_service_principals.get(object_id)
    return principal.display_name if principal else "(gone)"


def _scope(tenant: Tenant, app_id: str, scope_id: str) -> dict[str, str | None]:
    """A scope with the names that people know it by; null for what the tenant does not know."""
    principal = tenant.find_service_principal(app_id)
    scopes = principal.body["oauth2PermissionScopes"] if principal else []
    value = next((str(scope["value"]) for scope in scopes if scope["id"] == scope_id), None)
    return {"id": scope_id, "value": value, "resource": principal.display_name if principal else None}
