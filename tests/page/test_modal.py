"""The modal with every kind of input, before a bot of a few lines that opens, suggests, refuses, updates and pushes."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from flask import Flask, Response, jsonify, request
from playwright.sync_api import Locator, expect

from tests.page.conftest import Sandbox
from tests.sandbox.page.walker import PATIENCE, Walker
from tests.sandbox.wire import LoopbackServer

pytestmark = pytest.mark.browser
JSON = dict[str, Any]


def plain(text: str) -> JSON:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


def option(word: str) -> JSON:
    """An option that reads like its value, with a description."""
    return {"text": plain(word), "value": word, "description": plain(f"all about {word}")}


def field(name: str, **element: Any) -> JSON:
    """An optional input block, named like its element."""
    label = plain(name.replace("_", " ").capitalize())
    about = {"type": "input", "block_id": name, "optional": True, "label": label}
    return {**about, "element": {**element, "action_id": name}}


WORDS: Final = [option(word) for word in ("one", "two", "three")]
FIELDS: Final = [
    field("line", type="plain_text_input", placeholder=plain("write here")),
    field("lines", type="plain_text_input", multiline=True),
    field("address", type="url_text_input"),
    field("mail", type="email_text_input"),
    field("number", type="number_input", is_decimal_allowed=False),
    field("day", type="datepicker", initial_date="2026-12-31"),
    field("clock", type="timepicker"),
    field("choice", type="static_select", options=WORDS),
    field("asked", type="external_select", min_query_length=1),
    field("asked_many", type="multi_external_select", min_query_length=2, max_selected_items=2),
    field("person", type="users_select"),
    field("people", type="multi_users_select"),
    field("room", type="conversations_select"),
    field("radio", type="radio_buttons", options=WORDS, initial_option=WORDS[0]),
    field("ticks", type="checkboxes", options=WORDS),
]


def view(title: str, *blocks: JSON) -> JSON:
    """A modal with a button to submit."""
    return {"type": "modal", "title": plain(title), "submit": plain("Send"), "blocks": list(blocks)}


class TinyBot:
    """Opens `first` on a command, answers a submission with `answer`, and remembers what it was told."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.first = view("Everything", *FIELDS)
        self.answer: JSON | None = None
        self.told: list[JSON] = []
        self.states: list[JSON] = []
        self._client = sandbox.client

    def app(self) -> Flask:
        """The one address to which Slack sends everything."""
        app = Flask("tiny-bot")
        app.add_url_rule("/", view_func=self._hear, methods=["POST"])
        return app

    def _hear(self) -> Response:
        if "command" in request.form:
            self._client.views_open(trigger_id=request.form["trigger_id"], view=self.first)
            return Response()
        payload = json.loads(request.form["payload"])
        self.told.append(payload)
        if payload["type"] == "block_suggestion":
            found = [option(f"{payload['value']}-{letter}") for letter in "abc"]
            return jsonify(option_groups=[{"label": plain("Found"), "options": found}])
        if payload["type"] == "view_submission":
            self.states.append(payload["view"]["state"]["values"])
            return jsonify(self.answer) if self.answer else Response()
        return Response()

    def values(self) -> JSON:
        """What the last submission held, by block, as plain values."""
        found = {}
        for name, elements in self.states[-1].items():
            (state,) = elements.values()
            (held,) = [value for key, value in state.items() if key != "type"]
            found[name] = _value(held)
        return found


def _value(held: Any) -> Any:
    if isinstance(held, list):
        return [_value(one) for one in held]
    return held["value"] if isinstance(held, dict) else held


@pytest.fixture
def tiny(sandbox: Sandbox) -> Iterator[TinyBot]:
    """The tiny bot in the place of the real one."""
    bot = TinyBot(sandbox)
    slack = sandbox.around.slack
    real = slack.events_url
    with LoopbackServer(bot.app()) as server:
        slack.events_url = f"{server.url}/"
        yield bot
        ada = sandbox.around.person("ada")
        if ada.modal:
            ada.close(everything=True)
    slack.events_url = real


def opened(walker: Walker, title: str) -> Locator:
    """Open the tiny bot's modal."""
    walker.say("/register-app")
    expect(walker.modal.get_by_role("heading", name=title)).to_be_visible(timeout=PATIENCE)
    return walker.modal


def test_every_input(sandbox: Sandbox, tiny: TinyBot, walker: Walker) -> None:
    """Every kind of input is filled in as a person does, by its label, and arrives as Slack sends it."""
    modal = opened(walker, "Everything")
    modal.get_by_label("Line", exact=True).fill("a <line>")
    modal.get_by_label("Lines").fill("one\ntwo")
    modal.get_by_label("Address").fill("https://a.example/x")
    modal.get_by_label("Mail").fill("a@b.example")
    modal.get_by_label("Number").fill("42")
    modal.get_by_role("button", name="Day: Dec 31, 2026").click()
    walker.page.keyboard.press("ArrowRight")
    walker.page.keyboard.press("Enter")
    modal.get_by_label("Clock").fill("13:45")
    walker.choose("choice", "tw", "two")
    walker.choose("asked", "x", "x-b")
    walker.choose("asked_many", "yy", "yy-a")
    walker.choose("asked_many", "yy", "yy-c")
    walker.choose("person", "gra", "Grace Hopper")
    walker.choose("people", "ala", "Alan Turing")
    walker.choose("people", "kat", "Katherine Johnson")
    modal.get_by_role("radio", name="three").check()
    modal.get_by_role("checkbox", name="one").check()
    modal.get_by_role("checkbox", name="two").check()
    walker.submit()
    expect(walker.modal).to_have_count(0)
    ids = sandbox.around.ids

    assert tiny.values() == {
        "line": "a <line>",
        "lines": "one\ntwo",
        "address": "https://a.example/x",
        "mail": "a@b.example",
        "number": "42",
        "day": "2027-01-01",
        "clock": "13:45",
        "choice": "two",
        "asked": "x-b",
        "asked_many": ["yy-a", "yy-c"],
        "person": ids["grace"],
        "people": [ids["alan"], ids["katherine"]],
        "room": None,
        "radio": "three",
        "ticks": ["one", "two"],
    }


def test_suggestions_are_asked_for(tiny: TinyBot, walker: Walker) -> None:
    """Below the least number of letters one is told so; then the bot is asked, and its groups keep their labels."""
    modal = opened(walker, "Everything")
    box = walker.input("asked_many").get_by_role("combobox")
    box.click()
    expect(walker.input("asked_many").get_by_text("Type at least 2 characters")).to_be_visible()
    box.press_sequentially("zz")
    expect(walker.input("asked_many").get_by_role("group", name="Found").get_by_role("option")).to_have_count(3)
    asked = [told for told in tiny.told if told["type"] == "block_suggestion"]
    box.press("Escape")
    modal.get_by_role("button", name="Close").click()
    expect(walker.modal).to_have_count(0)

    assert (asked[-1]["value"], asked[-1]["action_id"]) == ("zz", "asked_many")


def test_errors_of_bot_and_client(tiny: TinyBot, walker: Walker) -> None:
    """Slack's client stops what it can see itself; the bot's words stand beside their field until it is changed."""
    tiny.answer = {"response_action": "errors", "errors": {"line": "Not this name."}}
    modal = opened(walker, "Everything")
    modal.get_by_label("Mail").fill("nobody")
    walker.submit()
    expect(walker.error("mail")).to_be_visible()
    stopped = len(tiny.states)
    modal.get_by_label("Mail").fill("a@b.example")
    expect(walker.error("mail")).to_be_hidden()
    walker.submit()
    line = walker.input("line").locator("input")
    expect(walker.error("line")).to_have_text("Not this name.")
    expect(line).to_be_focused()
    expect(line).to_have_attribute("aria-invalid", "true")
    line.fill("another")
    expect(walker.error("line")).to_be_hidden()
    tiny.answer = None
    walker.send_form()

    assert (stopped, len(tiny.states)) == (0, 2)


def test_push_and_back(tiny: TinyBot, walker: Walker) -> None:
    """A pushed modal lies on the first, which is there again, with what was typed, when one goes back."""
    tiny.answer = {"response_action": "push", "view": view("On top", FIELDS[0])}
    modal = opened(walker, "Everything")
    modal.get_by_label("Lines").fill("kept below")
    walker.submit()
    expect(modal.get_by_role("heading", name="On top")).to_be_visible()
    modal.get_by_role("button", name="Back").click()
    expect(modal.get_by_role("heading", name="Everything")).to_be_visible()
    expect(modal.get_by_label("Lines")).to_have_value("kept below")
    modal.get_by_role("button", name="Close").click()

    expect(walker.modal).to_have_count(0)


def test_update_keeps_what_was_typed(tiny: TinyBot, walker: Walker) -> None:
    """An updated modal keeps what was typed into an input that is still there, as Slack's does."""
    tiny.answer = {"response_action": "update", "view": view("Changed", FIELDS[0], FIELDS[3])}
    modal = opened(walker, "Everything")
    walker.fill("line", "typed before")
    walker.submit()
    expect(modal.get_by_role("heading", name="Changed")).to_be_visible()
    expect(modal.locator(".input")).to_have_count(2)
    expect(modal.get_by_label("Line", exact=True)).to_have_value("typed before")
    tiny.answer = {"response_action": "clear"}
    walker.submit()

    expect(walker.modal).to_have_count(0)
