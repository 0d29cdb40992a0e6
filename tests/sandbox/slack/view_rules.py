"""Slack's rules for modals and App Home (Slack, "Modal view object", "Home tab view object", views.open)."""

from collections.abc import Iterator
from typing import Any

from tests.sandbox.slack.block_rules import blocks_of_view
from tests.sandbox.slack.schema import Finding, at, by_type, every, flag, one_of, shape, string
from tests.sandbox.slack.text_rules import plain

VIEW_BYTES = 250_000
STACK = 3

_ANY_VIEW = {"private_metadata": string(3000), "callback_id": string(255), "external_id": string(255)}


def _submit_where_asked(view: dict[str, Any], pointer: str) -> Iterator[Finding]:
    if "submit" not in view and any(block["type"] == "input" for block in view["blocks"]):
        yield at("missing required field: submit", pointer)


def _one_focus(view: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """Only one element of a view may take the focus (Slack, "Block elements", focus_on_load)."""
    elements = [block.get("element") or block.get("accessory") or {} for block in view["blocks"]]
    if sum(bool(element.get("focus_on_load")) for element in elements) > 1:
        yield at("only one element may have focus_on_load", f"{pointer}/blocks")


_MODAL = shape(
    {"type": one_of("modal"), "title": plain(24), "blocks": blocks_of_view(1)},
    {
        **_ANY_VIEW,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
    every(_submit_where_asked, _one_focus),
)
_HOME = shape({"type": one_of("home"), "blocks": blocks_of_view(0)}, _ANY_VIEW)

MODAL_RULE = by_type({"modal": _MODAL})
HOME_RULE = by_type({"home": _HOME})
