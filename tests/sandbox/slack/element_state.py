"""What the elements of a view hold: the shapes of `view.state.values` (Slack, "View submission payload")."""

from typing import Any

from tests.sandbox.slack.normal import elements_of

TYPED = ("plain_text_input", "url_text_input", "email_text_input", "number_input")

# For each element: the field of the state, the field it starts from, and whether it is a list.
_FIELDS: dict[str, tuple[str, str, bool]] = {
    **dict.fromkeys(TYPED, ("value", "initial_value", False)),
    "rich_text_input": ("rich_text_value", "initial_value", False),
    "static_select": ("selected_option", "initial_option", False),
    "external_select": ("selected_option", "initial_option", False),
    "radio_buttons": ("selected_option", "initial_option", False),
    "multi_static_select": ("selected_options", "initial_options", True),
    "multi_external_select": ("selected_options", "initial_options", True),
    "checkboxes": ("selected_options", "initial_options", True),
    "users_select": ("selected_user", "initial_user", False),
    "multi_users_select": ("selected_users", "initial_users", True),
    "conversations_select": ("selected_conversation", "initial_conversation", False),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", True),
    "datepicker": ("selected_date", "initial_date", False),
    "timepicker": ("selected_time", "initial_time", False),
    "datetimepicker": ("selected_date_time", "initial_date_time", False),
}

Values = dict[str, dict[str, dict[str, Any]]]


def holds(element: dict[str, Any]) -> bool:
    """Whether this kind of element has a state at all; a button has none."""
    return element["type"] in _FIELDS


def is_multiple(element: dict[str, Any]) -> bool:
    """Whether several things can be chosen."""
    return _FIELDS[element["type"]][2]


def state_of(element: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """The state of an element that holds `chosen`, as payloads carry it."""
    return {"type": element["type"], _FIELDS[element["type"]][0]: chosen}


def first_state(element: dict[str, Any]) -> dict[str, Any]:
    """The state of an element that nobody has touched."""
    _, initial, multiple = _FIELDS[element["type"]]
    return state_of(element, element.get(initial, [] if multiple else None))


def first_values(blocks: list[dict[str, Any]], kept: Values | None = None) -> Values:
    """The state of fresh blocks; what was typed before stays where block_id and action_id are still the same."""
    values: Values = {}
    for block in blocks:
        for element in elements_of(block):
            if holds(element):
                state = (kept or {}).get(block["block_id"], {}).get(element["action_id"])
                if state is None or state["type"] != element["type"]:
                    state = first_state(element)
                values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def is_empty(state: dict[str, Any]) -> bool:
    """Whether nothing has been typed or chosen."""
    return all(value in (None, "", []) for name, value in state.items() if name != "type")
