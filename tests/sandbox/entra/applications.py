"""/applications: create, read, list, change, delete (Microsoft Graph, "application resource type")."""

import copy
from dataclasses import replace
from typing import Any, Final

from tests.sandbox.entra import permissions
from tests.sandbox.entra.addressing import ONE_APPLICATION, by_name, the_application
from tests.sandbox.entra.application_rules import check, limits_of
from tests.sandbox.entra.asks import Ask, Route
from tests.sandbox.entra.filters import Filterable
from tests.sandbox.entra.listing import Collection, show_one, show_page
from tests.sandbox.entra.owners import bound_owners
from tests.sandbox.entra.passwords import inline_passwords
from tests.sandbox.entra.records import Application, blank, new_id, seven_digits, whole_seconds
from tests.sandbox.entra.replication import known, passwords_shown, put_off
from tests.sandbox.entra.replies import (
    METADATA,
    GraphRefusal,
    Reply,
    bad_request,
    conflict,
    missing,
    read_only,
    required,
)
from tests.sandbox.entra.tenant import Tenant

_EQUAL: Final = Filterable(by=frozenset({"eq"}))
_TEXT: Final = Filterable(by=frozenset({"eq", "startswith"}))
_ANY: Final = Filterable(by=frozenset({"any"}))
_FILTERABLE: Final = {
    "appId": _EQUAL,
    "displayName": _TEXT,
    "identifierUris": _ANY,
    "signInAudience": _EQUAL,
    "tags": _ANY,
}


def collection(tenant: Tenant) -> Collection[Application]:
    """How applications are listed; uniqueName and passwordCredentials cannot be filtered on."""
    return Collection(
        name="applications",
        resource="application",
        properties=tuple(blank("application")),
        filterable=_FILTERABLE,
        body=lambda application: application.body,
        render=render,
        known=lambda application: known(application, tenant.clock()),
        units=2,
    )


def render(application: Application) -> dict[str, Any]:
    """The application as reads show it: whole seconds, lists turned round, secrets without their text."""
    body = copy.deepcopy(application.body)
    body["deletedDateTime"] = whole_seconds(application.deleted_at) if application.deleted_at else None
    body["passwordCredentials"] = [password.body() for password in passwords_shown(application)]
    body["requiredResourceAccess"].reverse()
    for platform in ("web", "publicClient", "spa"):
        body[platform]["redirectUris"].reverse()
    return _with_settings(body)


def _with_settings(body: dict[str, Any]) -> dict[str, Any]:
    body["web"]["redirectUriSettings"] = [{"uri": uri, "index": None} for uri in body["web"]["redirectUris"]]
    return body


def read(tenant: Tenant, ask: Ask) -> Reply:
    """GET of one application."""
    return show_one(ask, collection(tenant), the_application(tenant, ask))


def read_page(tenant: Tenant, ask: Ask) -> Reply:
    """GET of the live applications: all of them, whoever owns them."""
    live = [found for found in tenant.all_applications.values() if found.deleted_at is None]
    return show_page(ask, collection(tenant), live)


def create(tenant: Tenant, ask: Ask) -> Reply:
    """POST of a new application, with owners and secrets when they are asked for."""
    body = dict(ask.body)
    owners = bound_owners(tenant, body.pop("owners@odata.bind", []), root=ask.root)
    passwords = body.pop("passwordCredentials", [])
    if "displayName" not in body:
        raise required("displayName")
    _check_new(tenant, body)
    application = Application(body=_new_body(tenant, body), created_at=tenant.clock(), owners=owners)
    texts = inline_passwords(tenant, application, passwords)
    put_off(application, tenant.clock(), tenant.lag, tenant.lag_seconds)
    tenant.all_applications[application.id] = application
    return _created(tenant, application, texts)


def _check_new(tenant: Tenant, body: dict[str, Any]) -> None:
    check(body, limits_of(body.get("signInAudience")))
    _check_reference(tenant, body)
    if "uniqueName" in body and tenant.refuse_unique_name:
        raise read_only("uniqueName")
    _check_unique(tenant, body, None)
    if tenant.quota is not None and _counted(tenant) >= tenant.quota:
        raise GraphRefusal(
            403,
            "Directory_QuotaExceeded",
            "The directory object quota limit for the Tenant has been exceeded. Please ask your administrator to "
            "increase the quota limit or delete objects to reduce the used quota.",
        )


def _counted(tenant: Tenant) -> int:
    return sum(not found.seeded for found in tenant.all_applications.values())


def _check_reference(tenant: Tenant, body: dict[str, Any]) -> None:
    if tenant.require_service_management_reference and not body.get("serviceManagementReference"):
        raise bad_request(
            "ServiceManagementReference field is required for Create/Update, but is missing in the request"
        )


def _check_unique(tenant: Tenant, body: dict[str, Any], own: Application | None) -> None:
    """Deleted applications keep their uniqueName for as long as they can be restored."""
    for found in tenant.all_applications.values():
        if found is own:
            continue
        if body.get("uniqueName") is not None and found.unique_name == body["uniqueName"]:
            raise conflict("uniqueName")
        if set(body.get("identifierUris", ())) & set(found.body["identifierUris"]):
            raise conflict("identifierUris")


def _new_body(tenant: Tenant, given: dict[str, Any]) -> dict[str, Any]:
    body = blank("application")
    body.update(id=new_id(), appId=new_id(), createdDateTime=whole_seconds(tenant.clock()))
    if limits_of(given.get("signInAudience")).personal:
        body["api"]["requestedAccessTokenVersion"] = 2
    _merge(body, given)
    return body


def _merge(body: dict[str, Any], given: dict[str, Any]) -> None:
    """Lists are replaced whole; of an object only what is given changes."""
    for name, value in given.items():
        if isinstance(value, dict) and isinstance(body.get(name), dict):
            _merge(body[name], value)
        else:
            body[name] = copy.deepcopy(value)


def _created(tenant: Tenant, application: Application, texts: dict[str, str]) -> Reply:
    body = _with_settings(copy.deepcopy(application.body))
    body["createdDateTime"] = seven_digits(application.created_at)
    body["passwordCredentials"] = [password.body(texts[password.key_id]) for password in application.passwords]
    address = f"{tenant.tenant_id}/directoryObjects/{application.id}/Microsoft.DirectoryServices.Application"
    return Reply(
        status=201,
        body={"@odata.context": f"{METADATA}#applications/$entity", **body},
        headers={"location": f"https://graph.microsoft.com/v2/{address}"},
    )


def change(tenant: Tenant, ask: Ask) -> Reply:
    """PATCH of some properties; by uniqueName it also creates, when `Prefer: create-if-missing` says so."""
    if "unique_name" in ask.names and by_name(tenant, ask) is None:
        if ask.headers.get("prefer", "").casefold() != "create-if-missing":
            raise missing(ask.names["unique_name"])
        name = ask.names["unique_name"].replace("''", "'")
        return create(tenant, replace(ask, body={**ask.body, "uniqueName": name}))
    application = the_application(tenant, ask)
    ask.caller.must_manage(application)
    check(ask.body, limits_of(ask.body.get("signInAudience", application.body["signInAudience"])))
    _check_reference(tenant, {**application.body, **ask.body})
    if (
        application.unique_name is not None
        and ask.body.get("uniqueName", application.unique_name) != application.unique_name
    ):
        raise read_only("uniqueName")
    _check_unique(tenant, ask.body, application)
    _merge(application.body, ask.body)
    return Reply(status=204)


def delete(tenant: Tenant, ask: Ask) -> Reply:
    """DELETE, which can be undone for 30 days; the service principal goes with it."""
    application = the_application(tenant, ask)
    ask.caller.must_manage(application)
    application.deleted_at = tenant.clock()
    principal = tenant.find_service_principal(application.app_id)
    if principal is not None:
        principal.deleted_at = application.deleted_at
    put_off(application, tenant.clock(), tenant.lag, tenant.lag_seconds)
    return Reply(status=204)


ROUTES: Final = (
    Route(method="GET", path="applications", needs=permissions.READ_APPLICATIONS, answer=read_page),
    Route(method="POST", path="applications", needs=permissions.CREATE_APPLICATION, answer=create),
    Route(method="GET", path=ONE_APPLICATION, needs=permissions.READ_APPLICATIONS, answer=read),
    Route(method="PATCH", path=ONE_APPLICATION, needs=permissions.WRITE_APPLICATION, answer=change),
    Route(method="DELETE", path=ONE_APPLICATION, needs=permissions.WRITE_APPLICATION, answer=delete),
)
