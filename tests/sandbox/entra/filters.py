"""The few `$filter` expressions that Graph's directory takes (Microsoft Graph, "Use the $filter query parameter")."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from tests.sandbox.entra.replies import GraphRefusal, bad_request

Test = Callable[[Mapping[str, Any]], bool]

_TEXT: Final = r"'(?:[^']|'')*'"
_CLAUSE: Final = re.compile(
    rf"(?P<property>\w+) eq (?P<value>{_TEXT}|[\w-]+)"
    rf"|(?i:startswith)\((?P<begun>\w+),\s*(?P<prefix>{_TEXT})\)"
    rf"|(?P<collection>\w+)/any\((?P<item>\w+):\s*(?P=item) eq (?P<member>{_TEXT})\)"
)
_JOINT: Final = re.compile(r" (and|or) ")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, kw_only=True)
class Filterable:
    """How one property may be filtered on; an `advanced` one needs ConsistencyLevel and $count."""

    by: frozenset[Literal["eq", "startswith", "any"]]
    kind: Literal["text", "guid"] = "text"
    advanced: bool = False


def parse(text: str, allowed: Mapping[str, Filterable], resource: str, *, advanced: bool) -> Test:
    """Return the test that `text` describes; `and` binds tighter than `or`, and there are no parentheses.

    Raises GraphRefusal for what Graph would refuse and for everything that this emulator does not know.
    """
    alternatives: list[list[Test]] = [[]]
    position = 0
    while True:
        found = _CLAUSE.match(text, position)
        if found is None:
            raise _malformed(text, position)
        alternatives[-1].append(_test(found, allowed, resource, advanced=advanced))
        position = found.end()
        if position == len(text):
            return _any_all(alternatives)
        joint = _JOINT.match(text, position)
        if joint is None:
            raise _malformed(text, position)
        if joint[1] == "or":
            alternatives.append([])
        position = joint.end()


def _any_all(alternatives: list[list[Test]]) -> Test:
    return lambda body: any(all(test(body) for test in tests) for tests in alternatives)


def _test(found: re.Match[str], allowed: Mapping[str, Filterable], resource: str, *, advanced: bool) -> Test:
    name = found["property"] or found["begun"] or found["collection"]
    operator = "eq" if found["property"] else "startswith" if found["begun"] else "any"
    filterable = allowed.get(name)
    if filterable is None or operator not in filterable.by or (filterable.advanced and not advanced):
        raise bad_request(
            f"Unsupported or invalid query filter clause specified for property '{name}' of resource '{resource}'.",
            code="Request_UnsupportedQuery",
        )
    literal = found["value"] or found["prefix"] or found["member"]
    wanted = _wanted(literal, filterable)
    return _tests(name, wanted)[operator]


def _tests(name: str, wanted: str) -> dict[str, Test]:
    """The directory compares texts in any case."""
    return {
        "eq": lambda body: _folded(body.get(name)) == wanted,
        "startswith": lambda body: _folded(body.get(name)).startswith(wanted),
        "any": lambda body: wanted in _every(body.get(name) or ()),
    }


def _every(values: Iterable[Any]) -> set[str]:
    return {_folded(value) for value in values}


def _folded(value: Any) -> str:
    return value.casefold() if isinstance(value, str) else ""


def _wanted(literal: str, filterable: Filterable) -> str:
    quoted = literal.startswith("'")
    if filterable.kind == "guid" and not quoted and _GUID.fullmatch(literal):
        return literal.casefold()
    if filterable.kind == "text" and quoted:
        return literal[1:-1].replace("''", "'").casefold()
    found = "Edm.String" if quoted else "Edm.Guid"
    expected = "Edm.Guid" if filterable.kind == "guid" else "Edm.String"
    raise bad_request(
        f"A binary operator with incompatible types was detected. Found operand types '{expected}' and '{found}' "
        "for operator kind 'Equal'.",
        code="BadRequest",
    )


def _malformed(text: str, position: int) -> GraphRefusal:
    return bad_request(f"Invalid filter clause: Syntax error at position {position} in '{text}'.", code="BadRequest")
