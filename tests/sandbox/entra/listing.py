"""$select, $filter, $top, $count and the next page (Microsoft Graph, "Use query parameters", "Paging")."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from tests.sandbox.entra.asks import Ask
from tests.sandbox.entra.filters import Filterable, Test, parse
from tests.sandbox.entra.replies import METADATA, Reply, bad_request

_MOST: Final = 999
_PLAIN_PAGE: Final = 100
_SMALL_PAGE: Final = 20
_KNOWN: Final = frozenset({"$select", "$filter", "$top", "$count", "$skiptoken"})

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True)
class Collection(Generic[Record]):
    """One collection: its name in addresses, its type, its properties, what may be filtered on, what a page costs.

    `body` gives what a filter looks at, `render` what the caller sees, `known` whether this call finds the record.
    """

    name: str
    resource: str
    properties: tuple[str, ...]
    filterable: Mapping[str, Filterable]
    body: Callable[[Record], Mapping[str, Any]]
    render: Callable[[Record], dict[str, Any]]
    known: Callable[[Record], bool] = lambda _: True
    units: int = 1


def show_one(ask: Ask, collection: Collection[Record], record: Record) -> Reply:
    """One object, or what was selected of it."""
    _refuse_unknown(ask, frozenset({"$select"}))
    names = _selected(ask, collection)
    context = f"{METADATA}#{collection.name}{_listed(ask)}/$entity"
    return Reply(status=200, body={"@odata.context": context, **_cut(collection.render(record), names)})


def show_page(ask: Ask, collection: Collection[Record], records: Iterable[Record]) -> Reply:
    """One page; the order is that of the object ids, so that nobody relies on any other."""
    _refuse_unknown(ask, _KNOWN)
    counted = _counted(ask)
    names = _selected(ask, collection)
    size = _size(ask)
    test = _test(ask, collection)
    wanted = [record for record in records if test(collection.body(record)) and collection.known(record)]
    wanted.sort(key=lambda record: str(collection.body(record)["id"]))
    after = _mark(ask)
    rest = [record for record in wanted if str(collection.body(record)["id"]) > after]
    body: dict[str, Any] = {"@odata.context": f"{METADATA}#{collection.name}{_listed(ask)}"}
    if counted:
        body["@odata.count"] = len(wanted)
    if len(rest) > size:
        body["@odata.nextLink"] = _next(ask, str(collection.body(rest[size - 1])["id"]))
    body["value"] = [_cut(collection.render(record), names) for record in rest[:size]]
    return Reply(status=200, body=body, units=_cost(ask, collection.units, size))


def _cost(ask: Ask, units: int, size: int) -> int:
    return max(1, units - ("$select" in ask.query) - ("$top" in ask.query and size < _SMALL_PAGE))


def _refuse_unknown(ask: Ask, known: frozenset[str]) -> None:
    for name in ask.query:
        if name.startswith("$") and name not in known:
            raise bad_request(f"The query parameter '{name}' is not supported.", code="BadRequest")


def _counted(ask: Ask) -> bool:
    if ask.query.get("$count", "false") == "false":
        return False
    if not _is_eventual(ask):
        raise bad_request("$count is not currently supported.")
    return True


def _is_eventual(ask: Ask) -> bool:
    return ask.headers.get("consistencylevel", "").casefold() == "eventual"


def _selected(ask: Ask, collection: Collection[Record]) -> frozenset[str]:
    """The properties to show; all of them when none are selected."""
    if "$select" not in ask.query:
        return frozenset(collection.properties)
    names = [name.strip() for name in ask.query["$select"].split(",")]
    for name in names:
        if name not in collection.properties:
            raise bad_request(
                "Parsing OData Select and Expand failed: Could not find a property named "
                f"'{name}' on type 'microsoft.graph.{collection.resource}'.",
                code="BadRequest",
            )
    return frozenset(names)


def _listed(ask: Ask) -> str:
    return f"({ask.query['$select']})" if "$select" in ask.query else ""


def _cut(body: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in names}


def _test(ask: Ask, collection: Collection[Record]) -> Test:
    """What `$filter` asks; everything passes when it is not there."""
    if "$filter" not in ask.query:
        return lambda _: True
    advanced = _is_eventual(ask) and ask.query.get("$count") == "true"
    resource = collection.resource[0].upper() + collection.resource[1:]
    return parse(ask.query["$filter"], collection.filterable, resource, advanced=advanced)


def _size(ask: Ask) -> int:
    text = ask.query.get("$top", str(_PLAIN_PAGE))
    if not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise bad_request(
            f"Invalid page size specified: '{text}'. Must be between 1 and {_MOST} inclusive.",
            code="Request_UnsupportedQuery",
        )
    return int(text)


def _mark(ask: Ask) -> str:
    """The id after which this page begins."""
    try:
        return base64.urlsafe_b64decode(ask.query.get("$skiptoken", "")).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad_request("The specified page token value is invalid.", code="Directory_InvalidPageToken") from error


def _next(ask: Ask, last: str) -> str:
    token = base64.urlsafe_b64encode(last.encode()).decode()
    query = urlencode({**ask.query, "$skiptoken": token}, quote_via=quote, safe="$'(),:/")
    return f"{ask.root}/v1.0/{ask.path}?{query}"
