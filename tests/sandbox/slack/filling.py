"""What a person can put into an element, and what their client stops them from (Slack, "Block elements")."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from tests.sandbox.slack.element_state import TYPED, is_empty, is_multiple
from tests.sandbox.slack.text_rules import HTTP_URL, offered_options

_OPTION_STATES = ("select", "buttons", "checkboxes")
_PEOPLE = ("users_select", "conversations_select")


class CannotDo(AssertionError):
    """A person could not do this: there is no such button, or the client does not allow it."""


def typed_value(element: dict[str, Any], text: str, *, crafted: bool) -> str | None:
    """What a text field holds after somebody typed `text`; an empty field holds null."""
    if element["type"] not in TYPED:
        raise CannotDo(f"nothing can be typed into a {element['type']}")
    if not crafted and len(text) > element.get("max_length", 3000):
        raise CannotDo(f"the field takes {element.get('max_length', 3000)} characters at most")
    return text or None


def chosen_value(
    element: dict[str, Any], values: Sequence[Any], offered: list[dict[str, Any]], *, crafted: bool
) -> Any:
    """What an element holds after somebody chose `values`: by value or by text for options, else as they are."""
    found: list[Any] = [_one(element, value, offered, crafted=crafted) for value in values]
    if is_multiple(element):
        most = element.get("max_selected_items", len(found))
        if len(found) > most and not crafted:
            raise CannotDo(f"no more than {most} can be chosen")
        return found
    if len(found) > 1:
        raise CannotDo("only one can be chosen")
    return found[0] if found else None


def _one(element: dict[str, Any], value: Any, offered: list[dict[str, Any]], *, crafted: bool) -> Any:
    if element["type"].endswith(_PEOPLE):
        return value
    if element["type"].endswith(_OPTION_STATES):
        for option in [*offered_options(element), *offered, *_chosen_at_first(element)]:
            if value in (option["value"], option["text"]["text"]):
                return option
        if crafted:
            return {"text": {"type": "plain_text", "text": str(value)[:75], "emoji": True}, "value": value}
        raise CannotDo(f"{value!r} is not among the options")
    return value.isoformat() if isinstance(value, date) else value


def _chosen_at_first(element: dict[str, Any]) -> list[dict[str, Any]]:
    """What the bot chose beforehand may be kept, also in an external menu that was never asked."""
    single = [element["initial_option"]] if "initial_option" in element else []
    return [*element.get("initial_options", []), *single]


def stopped_by_client(block: dict[str, Any], state: dict[str, Any]) -> str | None:
    """What Slack's client says beside an input that it would not submit, or None."""
    element = block["element"]
    if is_empty(state):
        return None if block.get("optional") else "Please complete this required field."
    value = str(state.get("value", ""))
    if len(value) < element.get("min_length", 0):
        return f"Please enter at least {element['min_length']} characters."
    if element["type"] == "url_text_input" and not re.fullmatch(HTTP_URL, value):
        return "Please enter a valid URL."
    if element["type"] == "email_text_input" and not re.fullmatch(r"[^@\s]+@[^@\s]+", value):
        return "Please enter a valid email address."
    if element["type"] == "number_input":
        return _number_fault(element, value)
    return None


def _number_fault(element: dict[str, Any], value: str) -> str | None:
    form = r"-?\d+(\.\d+)?" if element["is_decimal_allowed"] else r"-?\d+"
    if not re.fullmatch(form, value):
        return "Please enter a valid number."
    least, most = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    return None if least <= float(value) <= most else "Please enter a number within the limits."
