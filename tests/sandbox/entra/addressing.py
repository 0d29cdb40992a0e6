"""Which application or service principal a path means (Microsoft Graph, "alternate key" of each resource type)."""

from typing import Final

from tests.sandbox.entra.application_rules import GUID
from tests.sandbox.entra.asks import Ask
from tests.sandbox.entra.records import Application, ServicePrincipal
from tests.sandbox.entra.replication import known
from tests.sandbox.entra.replies import bad_request, invalid_value, missing
from tests.sandbox.entra.tenant import Tenant

ID: Final = r"/(?P<id>[^/()$]+)"
_APP_ID: Final = r"\(appId='(?P<app_id>(?:[^']|'')*)'\)"
_UNIQUE_NAME: Final = r"\(uniqueName='(?P<unique_name>(?:[^']|'')*)'\)"

#: An application by object id, client id or uniqueName; a service principal by object id or client id.
ONE_APPLICATION: Final = rf"applications(?:{ID}|{_APP_ID}|{_UNIQUE_NAME})"
ONE_SERVICE_PRINCIPAL: Final = rf"servicePrincipals(?:{ID}|{_APP_ID})"


def the_application(tenant: Tenant, ask: Ask) -> Application:
    """The live application that the path names; raises a 404 for none, and for one that is too young."""
    found = by_name(tenant, ask)
    if found is None or not known(found, tenant.clock()):
        raise missing(_said(ask))
    return found


def by_name(tenant: Tenant, ask: Ask) -> Application | None:
    """The live application that the path names, however young; raises a 400 for a name that cannot be one."""
    if "unique_name" in ask.names:
        return _with_unique_name(tenant, ask.names["unique_name"].replace("''", "'"))
    if "app_id" in ask.names:
        _must_be_client_id(ask, "Application")
        return tenant.find_application(ask.names["app_id"])
    found = tenant.all_applications.get(object_id(ask))
    return found if found is not None and found.deleted_at is None else None


def the_service_principal(tenant: Tenant, ask: Ask) -> ServicePrincipal:
    """The live service principal that the path names; raises as `the_application` does."""
    if "app_id" in ask.names:
        _must_be_client_id(ask, "ServicePrincipal")
        found = tenant.find_service_principal(ask.names["app_id"])
    else:
        found = tenant.all_service_principals.get(object_id(ask))
    if found is None or found.deleted_at is not None or not known(found, tenant.clock()):
        raise missing(_said(ask))
    return found


def object_id(ask: Ask) -> str:
    """The object id in the path; raises a 400 for a text that cannot be one."""
    text = ask.names["id"]
    if not GUID.fullmatch(text):
        raise bad_request(f"Invalid object identifier '{text}'.")
    return text.lower()


def _must_be_client_id(ask: Ask, resource: str) -> None:
    if not GUID.fullmatch(ask.names["app_id"]):
        raise invalid_value("appId", resource)


def _with_unique_name(tenant: Tenant, name: str) -> Application | None:
    live = (found for found in tenant.all_applications.values() if found.deleted_at is None)
    return next((found for found in live if found.unique_name == name), None)


def _said(ask: Ask) -> str:
    return next(iter(ask.names.values()))
