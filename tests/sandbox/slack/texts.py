"""The words in a piece of JSON from Slack, for tests that ask what a person reads."""

from collections.abc import Iterator
from typing import Any


def words(value: Any) -> Iterator[str]:
    """Every text that people see in blocks, in order; ids and values are left out."""
    if isinstance(value, list):
        for item in value:
            yield from words(item)
    elif isinstance(value, dict):
        for name, field in value.items():
            if name in ("text", "alt_text") and isinstance(field, str):
                yield field
            else:
                yield from words(field)


def strings(value: Any) -> Iterator[str]:
    """Every string in a piece of JSON, names of fields included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from strings(item)
    elif isinstance(value, dict):
        for name, field in value.items():
            yield name
            yield from strings(field)


def reading(text: str, blocks: list[dict[str, Any]]) -> str:
    """What a person reads of a message, one text a line: its blocks, or its text where it has none."""
    return "\n".join(words(blocks)) or text
