"""How Slack's requests look, as far as the listeners read them: what an error is held against before it is called ours.

Slack documents the form of each ("Slash commands", "Interaction payloads", "view_submission payloads"). What has
another form was not made by Slack as we know it: by a client that was edited, or by a newer Slack.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

Form = Callable[[Any], Iterable[str]]


def misfits(body: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that have not the form that Slack documents; names of ours, never content."""
    form = _COMMAND if body.get("command") else _FORMS.get(str(body.get("type")), _nothing)
    return [*form(body), *(["a text"] if not _can_be_written(body) else [])]


def _nothing(_: object) -> Iterable[str]:
    return ()


def _can_be_written(body: object) -> bool:
    """Say whether every text is one: JSON can spell half of a character, which no encoding has (RFC 8259, 8.2)."""
    waiting = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            return False
        if isinstance(value, Mapping):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
    return True


def _text(value: object) -> Iterable[str]:
    return () if isinstance(value, str) else ("",)


def _maybe(form: Form) -> Form:
    return lambda value: () if value is None else form(value)


def _object(**fields: Form) -> Form:
    def check(value: object) -> Iterable[str]:
        if not isinstance(value, Mapping):
            return ("",)
        return [f".{name}{rest}" for name, form in fields.items() for rest in form(value.get(name))]

    return check


def _list(form: Form, *, least: int = 0) -> Form:
    def check(value: object) -> Iterable[str]:
        if not isinstance(value, list) or len(value) < least:
            return ("",)
        return [f"[]{rest}" for entry in value for rest in form(entry)]

    return check


def _each(form: Form, *, least: int = 0) -> Form:
    def check(value: object) -> Iterable[str]:
        if not isinstance(value, Mapping) or len(value) < least:
            return ("",)
        return [f".*{rest}" for entry in value.values() for rest in form(entry)]

    return check


_OPTION: Final = _object(value=_text)
_STATE: Final = _object(
    value=_maybe(_text),
    selected_option=_maybe(_OPTION),
    selected_options=_maybe(_list(_OPTION)),
    selected_users=_maybe(_list(_text)),
    selected_date=_maybe(_text),
)
_ACTION: Final = _object(action_id=_text, block_id=_text, value=_maybe(_text), selected_date=_maybe(_text))
_VIEW: Final = _object(
    callback_id=_text,
    private_metadata=_text,
    blocks=_list(_object(block_id=_text)),
    state=_object(values=_each(_each(_STATE, least=1))),
)
_USER: Final = _object(id=_text)
_COMMAND: Final = _object(user_id=_text, trigger_id=_text, text=_maybe(_text))
_FORMS: Final[Mapping[str, Form]] = {
    "block_actions": _object(user=_USER, trigger_id=_text, actions=_list(_ACTION, least=1), response_url=_maybe(_text)),
    "block_suggestion": _object(user=_USER, action_id=_text, block_id=_text, value=_text),
    "view_submission": _object(user=_USER, view=_VIEW),
}
