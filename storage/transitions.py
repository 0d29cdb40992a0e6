"""A transition of a state machine as SQL: the one place where a table of bot.lifecycle becomes a condition."""

from typing import Any

from bot.lifecycle import Machine


def source_states(machine: Machine[Any, Any], event: Any) -> str:
    """Return the states from which `event` may happen, as a quoted SQL list.

    The words come from our own enums, never from outside, so they need no parameter.
    """
    return ", ".join(f"'{state}'" for state in sorted(machine.sources(event)))
