"""What Slack fills in: missing ids of blocks and elements, and the defaults of text objects."""

import copy
from collections.abc import Callable
from typing import Any

_PASSIVE = ("image", "plain_text", "mrkdwn")


def completed(blocks: list[dict[str, Any]], new_id: Callable[[], str]) -> list[dict[str, Any]]:
    """A copy of blocks that have passed the rules, as Slack would hand them out again."""
    blocks = copy.deepcopy(blocks)
    for block in blocks:
        if not block.get("block_id"):
            block["block_id"] = new_id()
        if block["type"] != "rich_text":
            fill_texts(block)
        for element in elements_of(block):
            if element["type"] not in _PASSIVE and not element.get("action_id"):
                element["action_id"] = new_id()
    return blocks


def elements_of(block: dict[str, Any]) -> list[dict[str, Any]]:
    """The elements of one block, wherever that kind of block keeps them; rich text has none."""
    if block["type"] == "rich_text":
        return []
    single = [block[name] for name in ("accessory", "element") if name in block]
    return [*block.get("elements", []), *single]


def fill_texts(value: Any) -> None:
    """Put the defaults of text objects into a piece of JSON, in place."""
    if isinstance(value, list):
        for item in value:
            fill_texts(item)
    elif isinstance(value, dict):
        if value.get("type") == "plain_text":
            value.setdefault("emoji", True)
        elif value.get("type") == "mrkdwn":
            value.setdefault("verbatim", False)
        for field in value.values():
            fill_texts(field)
