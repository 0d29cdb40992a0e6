"""Slack's rules for the interactive elements, by type.

Source: Slack, "Block elements" reference; the numbers are those pages'. Every element here may carry an
`action_id` of at most 255 characters, which Slack fills in where it is missing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.sandbox.slack.schema import (
    Finding,
    Rule,
    anything,
    at,
    every,
    flag,
    integer,
    items,
    one_of,
    shape,
    string,
)
from tests.sandbox.slack.text_rules import (
    ACTION_ID,
    CONFIRM,
    DISPATCH_ACTION_CONFIG,
    HTTP_URL,
    OPTION_GROUP,
    initial_is_offered,
    option,
    plain,
    ticked_option,
)

_DAY = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"
_NUMBER = r"-?\d+(\.\d+)?"


def _element(kind: str, required: Mapping[str, Rule], optional: Mapping[str, Rule], also: Rule | None = None) -> Rule:
    return shape({"type": one_of(kind), **required}, {"action_id": ACTION_ID, **optional}, also)


def _asks(kind: str, optional: Mapping[str, Rule], also: Rule | None = None, **required: Rule) -> Rule:
    """An element that waits for an answer: it may have a placeholder and may take the focus."""
    return _element(kind, required, {"placeholder": plain(150), "focus_on_load": flag, **optional}, also)


def _options_once(element: dict[str, Any], pointer: str) -> Iterator[Finding]:
    if ("options" in element) == ("option_groups" in element):
        yield at("must have either options or option_groups, not both", pointer)


def _lengths_agree(element: dict[str, Any], pointer: str) -> Iterator[Finding]:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if least > most:
        yield at("min_length must not be greater than max_length", pointer)
    if len(element.get("initial_value", "")) > most:
        yield at(f"must be less than {most + 1} characters", f"{pointer}/initial_value")


_STATIC = {
    "options": items(option(), 100),
    "option_groups": items(OPTION_GROUP, 100),
    "confirm": CONFIRM,
}
_EXTERNAL: dict[str, Rule] = {"min_query_length": integer(0, 1000), "confirm": CONFIRM}
_PEOPLE_FILTER = shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)
_CONVERSATION = {
    "default_to_current_conversation": flag,
    "response_url_enabled": flag,
    "filter": _PEOPLE_FILTER,
    "confirm": CONFIRM,
}
_SOME = {"max_selected_items": integer(1, 1000)}
_IDS = items(string(255, least=1), 1000)
_STATIC_LAW = every(_options_once, initial_is_offered)

BUTTON = _element(
    "button",
    {"text": plain(75)},
    {
        "value": string(2000),
        "url": string(3000, form=HTTP_URL),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
    },
)

SINGLE_CHOICES: dict[str, Rule] = {
    "static_select": _asks("static_select", {**_STATIC, "initial_option": option()}, _STATIC_LAW),
    "external_select": _asks("external_select", {**_EXTERNAL, "initial_option": option()}),
    "users_select": _asks("users_select", {"initial_user": string(255, least=1), "confirm": CONFIRM}),
    "conversations_select": _asks(
        "conversations_select", {**_CONVERSATION, "initial_conversation": string(255, least=1)}
    ),
    "radio_buttons": _element(
        "radio_buttons",
        {"options": items(ticked_option(), 10)},
        {"initial_option": ticked_option(), "confirm": CONFIRM, "focus_on_load": flag},
        initial_is_offered,
    ),
    "checkboxes": _element(
        "checkboxes",
        {"options": items(ticked_option(), 10)},
        {"initial_options": items(ticked_option(), 10), "confirm": CONFIRM, "focus_on_load": flag},
        initial_is_offered,
    ),
    "datepicker": _asks("datepicker", {"initial_date": string(10, form=_DAY), "confirm": CONFIRM}),
    "timepicker": _asks(
        "timepicker", {"initial_time": string(5, form=_HOUR), "timezone": string(255), "confirm": CONFIRM}
    ),
    "datetimepicker": _element(
        "datetimepicker",
        {},
        {"initial_date_time": integer(10**9, 10**10 - 1), "confirm": CONFIRM, "focus_on_load": flag},
    ),
}

MULTIPLE_CHOICES: dict[str, Rule] = {
    "multi_static_select": _asks(
        "multi_static_select", {**_STATIC, **_SOME, "initial_options": items(option(), 100)}, _STATIC_LAW
    ),
    "multi_external_select": _asks(
        "multi_external_select", {**_EXTERNAL, **_SOME, "initial_options": items(option(), 100)}
    ),
    "multi_users_select": _asks("multi_users_select", {**_SOME, "initial_users": _IDS, "confirm": CONFIRM}),
    "multi_conversations_select": _asks(
        "multi_conversations_select", {**_CONVERSATION, **_SOME, "initial_conversations": _IDS}
    ),
}

OVERFLOW = _element("overflow", {"options": items(option(with_url=True), 5)}, {"confirm": CONFIRM})

_DISPATCH = {"dispatch_action_config": DISPATCH_ACTION_CONFIG}

TYPED: dict[str, Rule] = {
    "plain_text_input": _asks(
        "plain_text_input",
        {
            **_DISPATCH,
            "multiline": flag,
            "initial_value": string(3000),
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _lengths_agree,
    ),
    "url_text_input": _asks("url_text_input", {**_DISPATCH, "initial_value": string(3000, form=HTTP_URL)}),
    "email_text_input": _asks("email_text_input", {**_DISPATCH, "initial_value": string(3000)}),
    "number_input": _asks(
        "number_input",
        {**_DISPATCH, **{name: string(255, form=_NUMBER) for name in ("initial_value", "min_value", "max_value")}},
        is_decimal_allowed=flag,
    ),
    "rich_text_input": _asks("rich_text_input", {**_DISPATCH, "initial_value": anything}),
}

IMAGE = shape({"type": one_of("image"), "image_url": string(3000, form=HTTP_URL), "alt_text": string(2000, least=1)})
