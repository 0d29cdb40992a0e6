"""/servicePrincipals: create, read, list (Microsoft Graph, "servicePrincipal resource type")."""

from typing import Any, Final

from tests.sandbox.entra import permissions
from tests.sandbox.entra.addressing import ONE_SERVICE_PRINCIPAL, the_service_principal
from tests.sandbox.entra.application_rules import GUID
from tests.sandbox.entra.asks import Ask, Route
from tests.sandbox.entra.filters import Filterable
from tests.sandbox.entra.listing import Collection, show_one, show_page
from tests.sandbox.entra.records import Application, ServicePrincipal, blank, new_id, whole_seconds
from tests.sandbox.entra.replication import known, put_off
from tests.sandbox.entra.replies import (
    METADATA,
    GraphRefusal,
    Reply,
    backing_application_elsewhere,
    invalid_property,
    invalid_value,
    no_backing_application,
    required,
    service_principal_exists,
)
from tests.sandbox.entra.tenant import Tenant

_SETTABLE: Final = frozenset({"appId", "accountEnabled", "appRoleAssignmentRequired"})
_FILTERABLE: Final = {
    "appId": Filterable(by=frozenset({"eq"})),
    "displayName": Filterable(by=frozenset({"eq", "startswith"})),
    "servicePrincipalNames": Filterable(by=frozenset({"any"})),
    "appOwnerOrganizationId": Filterable(by=frozenset({"eq"}), kind="guid", advanced=True),
    "tags": Filterable(by=frozenset({"any"})),
}


def collection(tenant: Tenant) -> Collection[ServicePrincipal]:
    """How service principals are listed."""
    return Collection(
        name="servicePrincipals",
        resource="servicePrincipal",
        properties=tuple(blank("servicePrincipal")),
        filterable=_FILTERABLE,
        body=lambda principal: render(tenant, principal),
        render=lambda principal: render(tenant, principal),
        known=lambda principal: known(principal, tenant.clock()),
    )


def render(tenant: Tenant, principal: ServicePrincipal) -> dict[str, Any]:
    """The service principal with what it takes from its application."""
    application = tenant.find_application(principal.app_id)
    return {**principal.body, **({} if application is None else _taken_from(application.body))}


def _taken_from(its: dict[str, Any]) -> dict[str, Any]:
    return {
        "appDisplayName": its["displayName"],
        "appDescription": its["description"],
        "displayName": its["displayName"],
        "homepage": its["web"]["homePageUrl"],
        "logoutUrl": its["web"]["logoutUrl"],
        "replyUrls": its["web"]["redirectUris"],
        "servicePrincipalNames": [*its["identifierUris"], its["appId"]],
        "signInAudience": its["signInAudience"],
        "tags": its["tags"],
        "oauth2PermissionScopes": its["api"]["oauth2PermissionScopes"],
    }


def read(tenant: Tenant, ask: Ask) -> Reply:
    """GET of one service principal."""
    return show_one(ask, collection(tenant), the_service_principal(tenant, ask))


def read_page(tenant: Tenant, ask: Ask) -> Reply:
    """GET of the live service principals."""
    live = [found for found in tenant.all_service_principals.values() if found.deleted_at is None]
    return show_page(ask, collection(tenant), live)


def create(tenant: Tenant, ask: Ask) -> Reply:
    """POST of the service principal of an application that is in this tenant."""
    for name in ask.body:
        if name not in _SETTABLE:
            raise invalid_property(name)
    app_id = ask.body.get("appId")
    if app_id is None:
        raise required("appId", "ServicePrincipal")
    if not isinstance(app_id, str) or not GUID.fullmatch(app_id):
        raise invalid_value("appId", "ServicePrincipal")
    if tenant.find_service_principal(app_id) is not None:
        raise service_principal_exists(app_id)
    application = tenant.find_application(app_id)
    _must_be_known(tenant, ask, application, app_id)
    principal = ServicePrincipal(body=_new_body(tenant, ask.body), created_at=tenant.clock())
    put_off(principal, tenant.clock(), tenant.lag, tenant.lag_seconds)
    tenant.all_service_principals[principal.id] = principal
    return _created(tenant, principal)


def _must_be_known(tenant: Tenant, ask: Ask, application: Application | None, app_id: str) -> None:
    """A young application is denied in one of the two ways in turn; one that is not there according to permission."""
    if application is None:
        strong = ask.caller.roles & {"Application.ReadWrite.All", "Directory.ReadWrite.All"}
        raise no_backing_application(app_id) if strong else backing_application_elsewhere()
    if not known(application, tenant.clock()):
        raise _too_young(application)


def _too_young(application: Application) -> GraphRefusal:
    if application.denials_left % 2 == 0:
        return backing_application_elsewhere()
    return no_backing_application(application.app_id)


def _new_body(tenant: Tenant, given: dict[str, Any]) -> dict[str, Any]:
    body = blank("servicePrincipal")
    body.update(
        given,
        id=new_id(),
        appOwnerOrganizationId=tenant.tenant_id,
        createdDateTime=whole_seconds(tenant.clock()),
    )
    return body


def _created(tenant: Tenant, principal: ServicePrincipal) -> Reply:
    address = f"{tenant.tenant_id}/directoryObjects/{principal.id}/Microsoft.DirectoryServices.ServicePrincipal"
    return Reply(
        status=201,
        body={"@odata.context": f"{METADATA}#servicePrincipals/$entity", **render(tenant, principal)},
        headers={"location": f"https://graph.microsoft.com/v2/{address}"},
    )


ROUTES: Final = (
    Route(method="GET", path="servicePrincipals", needs=permissions.READ_APPLICATIONS, answer=read_page),
    Route(method="POST", path="servicePrincipals", needs=permissions.CREATE_SERVICE_PRINCIPAL, answer=create),
    Route(method="GET", path=ONE_SERVICE_PRINCIPAL, needs=permissions.READ_APPLICATIONS, answer=read),
)
