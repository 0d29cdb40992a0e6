"""Slack's rules for blocks, in messages, modals and App Home.

Source: Slack, "Blocks" reference. A block that this bot has no use for is refused as an unsupported type rather
than half understood: table, card, carousel, video, file, alert, plan and their like.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.sandbox.slack.element_rules import BUTTON, IMAGE, MULTIPLE_CHOICES, OVERFLOW, SINGLE_CHOICES, TYPED
from tests.sandbox.slack.rich_text_rules import RICH_TEXT_ELEMENTS
from tests.sandbox.slack.schema import Finding, Rule, at, by_type, every, flag, items, one_of, shape, string
from tests.sandbox.slack.text_rules import BLOCK_ID, HTTP_URL, plain, plain_or_mrkdwn

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MARKDOWN_CHARACTERS = 12_000

_ACTIONS = {"button": BUTTON, "overflow": OVERFLOW, **SINGLE_CHOICES}
_ACCESSORIES = {**_ACTIONS, **MULTIPLE_CHOICES, "image": IMAGE}
_INPUTS = {**SINGLE_CHOICES, **MULTIPLE_CHOICES, **TYPED}


def _block(
    kind: str, required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, also: Rule | None = None
) -> Rule:
    return shape({"type": one_of(kind), **required}, {"block_id": BLOCK_ID, **(optional or {})}, also)


def _says_something(section: dict[str, Any], pointer: str) -> Iterator[Finding]:
    if "text" not in section and "fields" not in section:
        yield at("missing required field: text or fields", pointer)


def _own_action_ids(block: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """Each action_id is unique in its block (Slack, "Actions block")."""
    seen = Counter(element["action_id"] for element in block["elements"] if "action_id" in element)
    for action_id, times in seen.items():
        if times > 1:
            yield at(f"`action_id` {action_id!r} already exists", f"{pointer}/elements")


_SECTION = _block(
    "section",
    {},
    {
        "text": plain_or_mrkdwn(3000),
        "fields": items(plain_or_mrkdwn(2000), 10),
        "accessory": by_type(_ACCESSORIES),
        "expand": flag,
    },
    _says_something,
)
_CONTEXT_ELEMENT = by_type({"image": IMAGE, **dict.fromkeys(("plain_text", "mrkdwn"), plain_or_mrkdwn(3000))})

COMMON: dict[str, Rule] = {
    "section": _SECTION,
    "header": _block("header", {"text": plain(150)}),
    "divider": _block("divider", {}),
    "context": _block("context", {"elements": items(_CONTEXT_ELEMENT, 10)}),
    "actions": _block("actions", {"elements": items(by_type(_ACTIONS), 25)}, None, _own_action_ids),
    "image": _block(
        "image",
        {"image_url": string(3000, form=HTTP_URL), "alt_text": string(2000, least=1)},
        {"title": plain(2000)},
    ),
    "input": _block(
        "input",
        {"label": plain(2000), "element": by_type(_INPUTS)},
        {"hint": plain(2000), "optional": flag, "dispatch_action": flag},
    ),
    "rich_text": _block("rich_text", {"elements": RICH_TEXT_ELEMENTS}),
}
MESSAGE = {**COMMON, "markdown": _block("markdown", {"text": string(MARKDOWN_CHARACTERS, least=1)})}


def _unique_block_ids(blocks: Any, pointer: str) -> Iterator[Finding]:
    """No two blocks of one message or view share a block_id."""
    if not isinstance(blocks, list):
        return
    named = Counter(block.get("block_id") or "" for block in blocks if _is_named(block))
    for block_id, times in named.items():
        if times > 1 and block_id:
            yield at(f"block_id {block_id!r} already exists", pointer)


def _is_named(block: Any) -> bool:
    return isinstance(block, dict) and isinstance(block.get("block_id"), str)


def _markdown_in_all(blocks: Any, pointer: str) -> Iterator[Finding]:
    """The limit on markdown holds for all markdown blocks of a message together."""
    if not isinstance(blocks, list):
        return
    texts = [block.get("text") for block in blocks if isinstance(block, dict) and block.get("type") == "markdown"]
    if sum(len(text) for text in texts if isinstance(text, str)) > MARKDOWN_CHARACTERS:
        yield at(f"markdown must be less than {MARKDOWN_CHARACTERS + 1} characters in all", pointer)


MESSAGE_RULE = every(items(by_type(MESSAGE), MESSAGE_BLOCKS, least=0), _unique_block_ids, _markdown_in_all)


def blocks_of_view(least: int) -> Rule:
    """The rule for the blocks of a modal (`least` is 1) or of App Home (0)."""
    return every(items(by_type(COMMON), VIEW_BLOCKS, least=least), _unique_block_ids)
