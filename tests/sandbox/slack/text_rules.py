"""Slack's rules for the smallest pieces: text, options, confirmations.

Sources: Slack, "Text object", "Option object", "Option group object", "Confirmation dialog object" (the composition
objects of Block Kit). Lengths are in characters as they are sent, so an escaped `&amp;` counts five.
"""

from collections.abc import Iterator
from typing import Any

from tests.sandbox.slack.schema import Finding, Rule, at, by_type, flag, items, one_of, shape, string

BLOCK_ID = string(255)
ACTION_ID = string(255, least=1)
HTTP_URL = r"(?i)https?://[^\s/?#]+\S*"


def plain(most: int, *, least: int = 1) -> Rule:
    """A `plain_text` object of `least` to `most` characters."""
    return by_type({"plain_text": _text("plain_text", most, least)})


def plain_or_mrkdwn(most: int, *, least: int = 1) -> Rule:
    """A text object of either kind, of `least` to `most` characters."""
    return by_type({kind: _text(kind, most, least) for kind in ("plain_text", "mrkdwn")})


def _text(kind: str, most: int, least: int) -> Rule:
    extra = {"emoji": flag} if kind == "plain_text" else {"verbatim": flag}
    return shape({"type": one_of(kind), "text": string(most, least=least)}, extra)


def option(*, text: Rule | None = None, with_url: bool = False) -> Rule:
    """One option: 75 characters of text, 150 of value, 75 of description; only an overflow's may carry a URL."""
    text = text or plain(75)
    optional = {"description": plain(75) if not with_url else plain_or_mrkdwn(75)}
    if with_url:
        optional["url"] = string(3000, form=HTTP_URL)
    return shape({"text": text, "value": string(150, least=1)}, optional)


def ticked_option() -> Rule:
    """An option of check boxes or radio buttons, whose texts may be mrkdwn too."""
    return shape({"text": plain_or_mrkdwn(75), "value": string(150, least=1)}, {"description": plain_or_mrkdwn(75)})


OPTION_GROUP = shape({"label": plain(75), "options": items(option(), 100)})

CONFIRM = shape(
    {"title": plain(100), "text": plain_or_mrkdwn(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)

DISPATCH_ACTION_CONFIG = shape({}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)})


def bare_option(offered: dict[str, Any]) -> dict[str, Any]:
    """An option as it is compared: without the defaults that Slack fills in, and without an empty description."""
    bare = {"text": _bare_text(offered["text"]), "value": offered["value"]}
    if offered.get("description"):
        bare["description"] = _bare_text(offered["description"])
    return bare


def _bare_text(text: dict[str, Any]) -> tuple[str, str]:
    return text["type"], text["text"]


def offered_options(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Every option of an element, those in groups included."""
    groups: list[dict[str, Any]] = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def initial_is_offered(element: dict[str, Any], pointer: str) -> Iterator[Finding]:
    """What is chosen at first must be one of the options, its texts included."""
    chosen = list(element.get("initial_options", []))
    place = f"{pointer}/initial_options"
    if "initial_option" in element:
        chosen, place = [element["initial_option"]], f"{pointer}/initial_option"
    offered = [bare_option(one) for one in offered_options(element)]
    for one in chosen:
        if bare_option(one) not in offered:
            yield at("initial option does not match any of the provided options", place)
