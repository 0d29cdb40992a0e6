"""Texts that go into an OData address: quoted so that no value can become part of the question.

Source: Microsoft Graph, "Use the $filter query parameter" (a single quote within a string literal is written
twice) and "Use query parameters to customize responses" (values are percent-encoded).
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

#: What may stand bare in a query value; everything else, and above all `&`, `#`, `+` and `%`, is encoded.
_BARE_IN_QUERY: Final = "$/'(),:"
_NO_NAMES: Final = frozenset({"", ".", ".."})


def literal(text: str) -> str:
    """Return `text` as an OData string literal, its quotes included."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def equals(name: str, text: str) -> str:
    """The filter for objects whose string property `name` is `text`."""
    return f"{name} eq {literal(text)}"


def holds(name: str, text: str) -> str:
    """The filter for objects whose collection of strings `name` holds `text`."""
    return f"{name}/any(t:t eq {literal(text)})"


def path(template: str, names: Mapping[str, str]) -> str:
    """Fill the `{placeholders}` of `template`; a name cannot leave its own segment of the path.

    Raises ValueError for a name that is no name: empty, or a step to another folder.
    """
    if not _NO_NAMES.isdisjoint(names.values()):
        raise ValueError(f"{template} needs names, not {sorted(names.values())}")
    return template.format_map({name: quote(value, safe="'") for name, value in names.items()})


def query(parameters: Mapping[str, str]) -> str:
    """Return `parameters` as they follow the path, spaces as `%20` because `+` is a plus sign to some readers."""
    return "?" + urlencode(parameters, quote_via=quote, safe=_BARE_IN_QUERY) if parameters else ""
