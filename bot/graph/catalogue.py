"""The delegated scopes that a tenant has to offer, kept in memory so that typing in Slack is answered at once.

Source: Microsoft Graph v1.0, "servicePrincipal resource type" (oauth2PermissionScopes) and "Advanced query
capabilities on Microsoft Entra ID objects" (a filter on appOwnerOrganizationId).
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from bot.errors import EntraError, EntraMissing
from bot.graph import odata
from bot.graph.answers import understood
from bot.graph.client import Call, GraphClient, get
from bot.model import Resource, Scope

_log = logging.getLogger(__name__)

MICROSOFT_GRAPH: Final = "00000003-0000-0000-c000-000000000000"
#: From so many hits on, a search looks for each kind by itself.
_MANY: Final = 1000
_FIELDS: Final = "id,appId,displayName,servicePrincipalNames,oauth2PermissionScopes"


def load(client: GraphClient, tenant_id: str, extra_resource_app_ids: Sequence[str]) -> tuple[Resource, ...]:
    """Read the tenant's own APIs by name, then Microsoft Graph, then the extra ones; each only once.

    A resource that the tenant has never used has no service principal and is left out. Raises as GraphClient.call
    does, and ValueError when `tenant_id` is no GUID.
    """
    tenant = UUID(tenant_id)
    with understood():
        own = sorted(_own(client, tenant), key=lambda resource: (resource.name.casefold(), resource.app_id))
        known = {resource.app_id for resource in own}
        wanted = dict.fromkeys((MICROSOFT_GRAPH, *extra_resource_app_ids))
        others = (_read(client, app_id) for app_id in wanted if app_id not in known)
        return (*own, *(resource for resource in others if resource is not None))


def _own(client: GraphClient, tenant: UUID) -> Iterator[Resource]:
    query = {
        "$filter": f"appOwnerOrganizationId eq {tenant}",
        "$select": _FIELDS,
        "$count": "true",
        "$top": "100",
    }
    headers = {"ConsistencyLevel": "eventual"}
    for body in client.pages(Call(method="GET", template="/servicePrincipals", query=query, headers=headers)):
        resource = _resource(body, client.root, own=True)
        if resource.scopes:
            yield resource


def _read(client: GraphClient, app_id: str) -> Resource | None:
    try:
        body = client.call(get("/servicePrincipals(appId={app_id})", _FIELDS, app_id=odata.literal(app_id)))
    except EntraMissing:
        _log.info("This tenant has no service principal of the resource %s", app_id)
        return None
    return _resource(body, client.root, own=False)


def _resource(body: Mapping[str, Any], graph_root: str, *, own: bool) -> Resource:
    name = body.get("displayName") or body["appId"]
    uri = _uri(body.get("servicePrincipalNames") or (), graph_root)
    scopes = (_scope(scope, body["appId"], name, uri) for scope in body.get("oauth2PermissionScopes") or ())
    in_order = tuple(sorted(scopes, key=lambda scope: (scope.value.casefold(), scope.id)))
    return Resource(app_id=body["appId"], name=name, own=own, scopes=in_order)


def _uri(names: Iterable[str], graph_root: str) -> str:
    """Return the one application ID URI among the names of a service principal, or nothing where it is not clear.

    Microsoft Graph goes by the addresses of several clouds; there it is the one of the cloud that the bot works in.
    """
    uris = [name for name in names if "://" in name]
    if graph_root in uris:
        return graph_root
    return uris[0] if len(uris) == 1 else ""


def _scope(body: Mapping[str, Any], app_id: str, resource_name: str, resource_uri: str) -> Scope:
    value = body.get("value") or ""
    return Scope(
        resource_app_id=app_id,
        resource_name=resource_name,
        resource_uri=resource_uri,
        id=body["id"],
        value=value,
        title=body.get("adminConsentDisplayName") or body.get("userConsentDisplayName") or value,
        # A scope that does not say that users may consent is one for administrators.
        admin_consent=body.get("type") != "User",
        enabled=bool(body.get("isEnabled", True)),
    )


@dataclass(frozen=True, slots=True)
class _Entry:
    """One scope on offer, prepared for searching."""

    resource: Resource
    scope: Scope
    value: str
    text: str


@dataclass(frozen=True, kw_only=True)
class _Copy:
    """One reading of the tenant; it is replaced whole, so readers need no lock."""

    resources: tuple[Resource, ...] = ()
    loaded_at: datetime | None = None
    scopes: Mapping[str, Scope]
    offered: tuple[_Entry, ...] = ()
    by_value: Mapping[str, Sequence[_Entry]]

    def exactly(self, words: tuple[str, ...]) -> Iterator[_Entry]:
        """The scopes whose whole value is one of `words`, each once."""
        return (entry for word in dict.fromkeys(words) for entry in self.by_value.get(word, ()))


class Catalogue:
    """The last good reading of the catalogue; safe to use from any thread."""

    def __init__(self, load: Callable[[], tuple[Resource, ...]], clock: Callable[[], datetime]) -> None:
        self._load = load
        self._clock = clock
        self._one_at_a_time = threading.Lock()
        self._copy = _Copy(scopes={}, by_value={})

    @property
    def resources(self) -> tuple[Resource, ...]:
        """Every resource, the tenant's own first; empty before the first reading."""
        return self._copy.resources

    @property
    def loaded_at(self) -> datetime | None:
        """When the catalogue was last read; None before the first reading."""
        return self._copy.loaded_at

    def refresh(self) -> bool:
        """Read the catalogue anew. When Entra fails the last good copy stays, and the answer is False."""
        with self._one_at_a_time:
            try:
                resources = self._load()
            except EntraError as error:
                _log.warning("The catalogue was not refreshed: %s %s", error.status, error.code)
                return False
            self._copy = _copy(resources, self._clock())
        return True

    def find(self, key: str) -> Scope | None:
        """The scope of this `Scope.key`, a disabled one too; None when the tenant has none."""
        return self._copy.scopes.get(key)

    def search(self, text: str, limit: int = 100) -> list[tuple[Resource, list[Scope]]]:
        """The scopes on offer that hold every word of `text` in value, title or resource name, in any case.

        The tenant's own APIs come first, and within each the exact values, then those that begin with a word. An
        exact value is never crowded out by `limit`, which counts scopes.
        """
        words = tuple(text.casefold().split())
        grouped: dict[str, tuple[Resource, list[Scope]]] = {}
        for entry in _best(self._copy, words, limit):
            grouped.setdefault(entry.resource.app_id, (entry.resource, []))[1].append(entry.scope)
        return list(grouped.values())


def _copy(resources: tuple[Resource, ...], loaded_at: datetime) -> _Copy:
    own_first = sorted(resources, key=lambda resource: not resource.own)
    pairs = [(resource, scope) for resource in own_first for scope in resource.scopes]
    offered = tuple(
        _Entry(resource, scope, scope.value.casefold(), f"{scope.value} {scope.title} {resource.name}".casefold())
        for resource, scope in pairs
        if scope.enabled and scope.value
    )
    by_value: dict[str, list[_Entry]] = {}
    for entry in offered:
        by_value.setdefault(entry.value, []).append(entry)
    scopes = {scope.key: scope for _, scope in pairs}
    return _Copy(resources=tuple(own_first), loaded_at=loaded_at, scopes=scopes, offered=offered, by_value=by_value)


def _best(copy: _Copy, words: tuple[str, ...], limit: int) -> list[_Entry]:
    """At most `limit` hits as they are shown. Own APIs come first in a copy, so the first of each kind are best.

    Looking through every scope takes most of the time, so it is done once when there are few hits, and when there
    are many, each kind is looked for only until there are enough of it.
    """
    if not words:
        return list(copy.offered[:limit])
    few: Sequence[_Entry] = list(islice(_with_all(words, copy.offered), _MANY))
    among = few if len(few) < _MANY else copy.offered
    beginning = (entry for entry in among if entry.value.startswith(words) and entry.value not in words)
    not_beginning = (entry for entry in among if not entry.value.startswith(words))
    exact, prefixed, others = (
        list(islice(_with_all(words, kind), limit)) for kind in (copy.exactly(words), beginning, not_beginning)
    )
    return _shown(exact, [*prefixed, *others], limit)


def _with_all(words: tuple[str, ...], entries: Iterable[_Entry]) -> Iterable[_Entry]:
    """The entries that hold every word, found as they are asked for; first goes the longest, which most lack."""
    for word in sorted(words, key=len, reverse=True):
        entries = _with(word, entries)
    return entries


def _with(word: str, entries: Iterable[_Entry]) -> Iterator[_Entry]:
    return (entry for entry in entries if word in entry.text)


def _shown(exact: list[_Entry], inexact: list[_Entry], limit: int) -> list[_Entry]:
    """Own APIs first, exact values always among them: what does not fit is left off the end of the inexact."""
    kept = sorted(inexact, key=_is_foreign)[: limit - len(exact)]
    return sorted([*exact, *kept], key=_is_foreign)


def _is_foreign(entry: _Entry) -> bool:
    return not entry.resource.own
