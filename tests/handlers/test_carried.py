"""What buttons and forms bring back is believed only when it is what they were given."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest

from bot.errors import NotFound, Refusal
from handlers.blocks import request_form, small_views
from handlers.blocks.carried import UNKNOWN, day_of, object_of, text_of, version_of
from handlers.blocks.request_card import decision_of
from handlers.blocks.request_form import FormContext

NEVER_GIVEN: list[tuple[Callable[[Any], object], Sequence[object]]] = [
    (text_of, (None, 5, [], {}, "x" * 201, "\ud800", "a\udfff")),
    (version_of, (None, True, 1.0, "", "x", "-1", -1, 2**31, "9" * 400, 10**400, "²", "1 ")),
    (object_of, (None, 5, {}, "", "x", "[]", "5", "[" * 100_000, "9" * 5000)),
    (decision_of, ("", ":", "REQ-1", "REQ-1:", "REQ-1:x", "REQ-1:-1", "1:REQ-1")),
]


@pytest.mark.parametrize(("read", "values"), NEVER_GIVEN)
def test_what_was_never_given(read: Callable[[Any], object], values: Sequence[object]) -> None:
    """Anything else is not known here."""
    for value in values:
        with pytest.raises(NotFound, match=UNKNOWN[:20]):
            read(value)


@pytest.mark.parametrize(
    "edit", [{"form_id": None}, {"form_id": 5}, {"form_id": []}, {"version": "x"}, {"request_id": 5}]
)
def test_edited_form(edit: dict[str, object]) -> None:
    """A form whose inside was edited is not known."""
    carried = {"form_id": "f", "request_id": "REQ-1", "version": 1, **edit}
    with pytest.raises(NotFound):
        request_form.context_of({"private_metadata": str(carried).replace("'", '"').replace("None", "null")})


def test_forms_read_back() -> None:
    """What a form was given is what it brings back, also without what an older one did not carry."""
    carried = small_views.deny_form("REQ-1", 3).to_dict()["private_metadata"]
    state = {"values": {"reason": {"value": {"value": " No. "}}}}

    assert small_views.deny_parse({"private_metadata": carried, "state": state}) == ("REQ-1", 3, "No.")
    assert small_views.deny_parse({"private_metadata": carried, "state": {"values": {}}}) == ("REQ-1", 3, "")
    assert request_form.context_of({"private_metadata": '{"form_id": "f"}'}) == FormContext(form_id="f")


@pytest.mark.parametrize("value", [None, "", "x", 5, "2026-02-30"])
def test_no_day(value: object) -> None:
    """A picker that was cleared, which Slack allows, asks for a day."""
    with pytest.raises(Refusal, match="Choose a day"):
        day_of(value)


def test_a_day() -> None:
    """A picker brings a day."""
    assert day_of("2026-11-23") == date(2026, 11, 23)
