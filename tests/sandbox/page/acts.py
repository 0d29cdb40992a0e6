"""What a person does on the page, carried out by the person driver: the bot gets what Slack would send it."""

from collections.abc import Callable
from typing import Any, Final

from tests.sandbox.slack import CannotDo, Person
from tests.sandbox.slack.element_state import TYPED
from tests.sandbox.slack.hands import find_element
from tests.sandbox.slack.outcomes import ClickOutcome
from tests.sandbox.slack.records import MessageVersion
from tests.sandbox.surroundings import Surroundings

Wish = dict[str, Any]
Answer = dict[str, Any]


def act(around: Surroundings, wish: Wish) -> Answer:
    """Do what the page asks for; raises CannotDo, KeyError or TypeError for what cannot be done."""
    if wish["as"] not in around.ids.values():
        raise CannotDo("there is no such person")
    return _ACTS[wish["do"]](around, around.slack.person(wish["as"]), wish)


def _command(_: Surroundings, person: Person, wish: Wish) -> Answer:
    name, _space, text = str(wish["text"]).strip().partition(" ")
    if name != "/register-app":
        raise CannotDo(f"{name} is not a command of this workspace. Try /register-app.")
    return {"notice": person.command(name, text.strip(), channel=wish["channel"]).notice}


def _say(_: Surroundings, person: Person, wish: Wish) -> Answer:
    # Slack's client escapes these three before it sends ("Formatting message text", escaping).
    text = str(wish["text"]).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    person.say(wish["channel"], text, wish.get("thread"))
    return {}


def _press(around: Surroundings, person: Person, wish: Wish) -> Answer:
    return _clicked(person.click(_version(around, wish), _name(wish), channel=wish["channel"], stale=True))


def _choose(around: Surroundings, person: Person, wish: Wish) -> Answer:
    target = _version(around, wish)
    return _clicked(person.choose_in_message(target, _name(wish), *wish["values"], channel=wish["channel"]))


def _overflow(around: Surroundings, person: Person, wish: Wish) -> Answer:
    target = _version(around, wish)
    return _clicked(person.click_overflow(target, _name(wish), wish["value"], channel=wish["channel"]))


def _version(around: Surroundings, wish: Wish) -> MessageVersion:
    """The message as it stood on the screen, which may not have caught up."""
    workspace = around.slack.workspace
    with workspace.changing():
        for message in workspace.messages:
            if (message.channel, message.ts) == (wish["channel"], wish["ts"]):
                return message.versions[int(wish["version"])]
    raise CannotDo("this message is gone")


def _home(_: Surroundings, person: Person, wish: Wish) -> Answer:
    person.open_home(str(wish["tab"]))
    return {}


def _view_press(_: Surroundings, person: Person, wish: Wish) -> Answer:
    _fill(person, wish)
    return _clicked(person.press(_name(wish)))


def _view_overflow(_: Surroundings, person: Person, wish: Wish) -> Answer:
    _fill(person, wish)
    return _clicked(person.press_overflow(_name(wish), wish["value"]))


def _view_fill(_: Surroundings, person: Person, wish: Wish) -> Answer:
    return _clicked(_fill(person, wish))


def _suggest(_: Surroundings, person: Person, wish: Wish) -> Answer:
    _fill(person, wish)
    return {"found": person.suggestion(_name(wish), str(wish["query"]))}


def _submit(_: Surroundings, person: Person, wish: Wish) -> Answer:
    _fill(person, wish)
    outcome = person.submit()
    return {"stopped": outcome.stopped, "closed": outcome.closed, "notice": outcome.notice}


def _close(_: Surroundings, person: Person, wish: Wish) -> Answer:
    _same_view(person, wish)
    person.close(everything=bool(wish.get("everything")))
    return {}


def _fill(person: Person, wish: Wish) -> ClickOutcome | None:
    """Put what was typed and chosen since the last act into the view; the outcome of the last that told the bot."""
    _same_view(person, wish)
    told = None
    for entry in wish.get("typed", ()):
        place = (entry["block"], entry["action"])
        view = person.modal or person.home
        kind = find_element(view.blocks, place)[1]["type"] if view else ""
        if kind in TYPED:
            outcome = person.type(place, str(entry["values"][0]), enter=bool(entry.get("enter")))
        else:
            outcome = person.choose(place, *entry["values"])
        told = outcome or told
    return told


def _same_view(person: Person, wish: Wish) -> None:
    view = person.modal or person.home
    if view is None or view.id != wish["view"]:
        raise CannotDo("this view is no longer open")


def _name(wish: Wish) -> tuple[str, str]:
    return str(wish["block"]), str(wish["action"])


def _clicked(outcome: ClickOutcome | None) -> Answer:
    return {"notice": outcome.notice if outcome else None}


_ACTS: Final[dict[str, Callable[[Surroundings, Person, Wish], Answer]]] = {
    "command": _command,
    "say": _say,
    "press": _press,
    "choose": _choose,
    "overflow": _overflow,
    "home": _home,
    "view_press": _view_press,
    "view_overflow": _view_overflow,
    "view_fill": _view_fill,
    "suggest": _suggest,
    "submit": _submit,
    "close": _close,
}
