"""Users, deleted items, the default policy, grants (Microsoft Graph, "Get user", "directory: deletedItems")."""

from typing import Final

from tests.sandbox.entra import applications, permissions
from tests.sandbox.entra.addressing import object_id
from tests.sandbox.entra.application_rules import GUID
from tests.sandbox.entra.asks import Ask, Route
from tests.sandbox.entra.filters import Filterable
from tests.sandbox.entra.listing import Collection, show_one, show_page
from tests.sandbox.entra.policies import policy_body
from tests.sandbox.entra.records import Application, Person
from tests.sandbox.entra.replication import known
from tests.sandbox.entra.replies import METADATA, Reply, missing
from tests.sandbox.entra.tenant import Tenant

_TEXT: Final = Filterable(by=frozenset({"eq", "startswith"}))
_EQUAL: Final = Filterable(by=frozenset({"eq"}))
_PEOPLE: Final[Collection[Person]] = Collection(
    name="users",
    resource="user",
    properties=tuple(Person(id="", name="", mail=None, upn="").body()),
    filterable={"id": _EQUAL, "displayName": _TEXT, "mail": _TEXT, "userPrincipalName": _TEXT},
    body=lambda person: person.body(),
    render=lambda person: person.body(),
)


def read_person(tenant: Tenant, ask: Ask) -> Reply:
    """GET of one user by object id or user principal name."""
    said = ask.names["name"]
    for person in tenant.people.values():
        if said.casefold() in {person.id, person.upn.casefold()}:
            return show_one(ask, _PEOPLE, person)
    raise missing(said)


def read_people(tenant: Tenant, ask: Ask) -> Reply:
    """GET of users."""
    return show_page(ask, _PEOPLE, tenant.people.values())


def _deleted(tenant: Tenant, ask: Ask) -> Application:
    found = tenant.all_applications.get(object_id(ask))
    if found is None or found.deleted_at is None or not known(found, tenant.clock()):
        raise missing(ask.names["id"])
    return found


def read_deleted(tenant: Tenant, ask: Ask) -> Reply:
    """GET of the deleted applications."""
    gone = [found for found in tenant.all_applications.values() if found.deleted_at is not None]
    return show_page(ask, applications.collection(tenant), gone)


def read_one_deleted(tenant: Tenant, ask: Ask) -> Reply:
    """GET of one deleted application."""
    return show_one(ask, applications.collection(tenant), _deleted(tenant, ask))


def purge(tenant: Tenant, ask: Ask) -> Reply:
    """DELETE of a deleted application, for good; its uniqueName is free again."""
    found = _deleted(tenant, ask)
    ask.caller.must_manage(found)
    tenant.drop(found)
    return Reply(status=204)


def restore(tenant: Tenant, ask: Ask) -> Reply:
    """POST restore: the application is back, and its service principal with it."""
    found = _deleted(tenant, ask)
    ask.caller.must_manage(found)
    found.deleted_at = None
    for principal in tenant.all_service_principals.values():
        if principal.app_id == found.app_id:
            principal.deleted_at = None
    context = f"{METADATA}#directoryObjects/$entity"
    kind = "#microsoft.graph.application"
    return Reply(status=200, body={"@odata.context": context, "@odata.type": kind, **applications.render(found)})


def read_policy(tenant: Tenant, _: Ask) -> Reply:
    """GET of the default app management policy."""
    context = f"{METADATA}#policies/defaultAppManagementPolicy/$entity"
    return Reply(status=200, body={"@odata.context": context, **policy_body(tenant.policy)})


def read_grants(_: Tenant, __: Ask) -> Reply:
    """GET of the delegated permission grants; nobody has consented to anything here."""
    return Reply(status=200, body={"@odata.context": f"{METADATA}#oauth2PermissionGrants", "value": []})


_DELETED: Final = "directory/deletedItems"
_LIST_DELETED: Final = rf"{_DELETED}/microsoft\.graph\.application"
_ONE_DELETED: Final = rf"{_DELETED}/(?P<id>{GUID.pattern})"

ROUTES: Final = (
    Route(method="GET", path="users", needs=permissions.READ_USERS, answer=read_people),
    Route(method="GET", path=r"users/(?P<name>[^/$]+)", needs=permissions.READ_USERS, answer=read_person),
    Route(method="GET", path=_LIST_DELETED, needs=permissions.READ_APPLICATIONS, answer=read_deleted),
    Route(method="GET", path=_ONE_DELETED, needs=permissions.READ_APPLICATIONS, answer=read_one_deleted),
    Route(method="DELETE", path=_ONE_DELETED, needs=permissions.WRITE_APPLICATION, answer=purge),
    Route(
        method="POST",
        path=rf"{_ONE_DELETED}/restore",
        needs=permissions.WRITE_APPLICATION,
        answer=restore,
        bodiless=True,
    ),
    Route(
        method="GET",
        path="policies/defaultAppManagementPolicy",
        needs=permissions.READ_POLICY,
        answer=read_policy,
    ),
    Route(method="GET", path="oauth2PermissionGrants", needs=permissions.READ_GRANTS, answer=read_grants),
)
