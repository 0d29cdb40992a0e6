"""Blocks and elements: each is drawn, and what is done with it reaches the bot as Slack sends it."""

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.page.conftest import Sandbox, Window
from tests.sandbox.page.walker import Walker
from tests.sandbox.stage import until

pytestmark = pytest.mark.browser


def plain(text: str) -> dict[str, Any]:
    """A plain text object."""
    return {"type": "plain_text", "text": text}


OPTIONS = [{"text": plain(word.capitalize()), "value": word} for word in ("red", "green", "blue")]
SURE = {"title": plain("Sure?"), "text": plain("It is gone then."), "confirm": plain("Do it"), "deny": plain("Stop")}


def show(sandbox: Sandbox, walker: Walker, blocks: list[dict[str, Any]] | None, text: str = "x") -> Locator:
    """Send Ada a message; the message as it is drawn."""
    ts = sandbox.post("ada", text, blocks)
    return walker.page.locator(f'#messages > li[data-key$="/{ts}"] .message')


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    """One block of elements."""
    return [{"type": "actions", "block_id": "row", "elements": list(elements)}]


def heard(sandbox: Sandbox, action: str) -> dict[str, Any]:
    """Wait until the bot was told of this element; what it was told last."""
    told: list[dict[str, Any]] = []

    def found() -> bool:
        sent = [one.raw.payload for one in sandbox.around.slack.deliveries if one.kind == "block_actions"]
        told[:] = [one["actions"][0] for one in sent if one["actions"][0]["action_id"] == action]
        return bool(told)

    until(found)
    return told[-1]


def test_unknown_block(sandbox: Sandbox, walker: Walker) -> None:
    """A block that the page cannot draw is shown as its JSON."""
    part = {"type": "rich_text_section", "elements": [{"type": "text", "text": "hidden words"}]}
    message = show(sandbox, walker, [{"type": "rich_text", "elements": [part]}])

    expect(message.locator(".unknown figcaption")).to_contain_text("rich_text")
    expect(message.locator(".unknown pre")).to_contain_text('"text": "hidden words"')


def test_unknown_element(sandbox: Sandbox, walker: Walker) -> None:
    """So is an element, beside those that the page can draw."""
    picture = {"type": "image", "image_url": "https://a.example/x.png", "alt_text": "a chart"}
    message = show(
        sandbox, walker, [{"type": "context", "elements": [picture, {"type": "mrkdwn", "text": "*beside it*"}]}]
    )

    expect(message.locator(".unknown pre")).to_contain_text('"alt_text": "a chart"')
    expect(message.locator("strong")).to_have_text("beside it")


def test_text_blocks(sandbox: Sandbox, walker: Walker) -> None:
    """Header, section with fields, context and divider are drawn with their text."""
    fields = [{"type": "mrkdwn", "text": "*Name*\nWard"}, plain("not *bold*")]
    message = show(
        sandbox,
        walker,
        [
            {"type": "header", "text": plain("A heading")},
            {"type": "section", "text": {"type": "mrkdwn", "text": "Words"}, "fields": fields},
            {"type": "divider"},
            {"type": "context", "elements": [plain("small print")]},
        ],
    )

    expect(message.get_by_role("heading", level=3)).to_have_text("A heading")
    expect(message.locator(".one-field")).to_have_text(["NameWard", "not *bold*"])
    expect(message.get_by_role("separator").last).to_be_attached()
    expect(message.locator(".context")).to_have_text("small print")


def test_button_with_question(sandbox: Sandbox, walker: Walker) -> None:
    """A question comes first; a no tells the bot nothing, a yes sends the press as Slack does."""
    button = {
        "type": "button",
        "action_id": "go",
        "value": "7",
        "style": "danger",
        "text": plain("Go"),
        "confirm": SURE,
    }
    message = show(sandbox, walker, actions(button))
    press = message.get_by_role("button", name="Go", exact=True)
    before = len(sandbox.around.slack.deliveries)
    press.click()
    walker.agree("Stop")
    expect(press).to_be_focused()
    after_no = len(sandbox.around.slack.deliveries)
    press.click()
    walker.agree("Do it")
    told = heard(sandbox, "go")

    assert after_no == before
    assert {name: told[name] for name in ("action_id", "block_id", "value", "type", "style")} == {
        "action_id": "go",
        "block_id": "row",
        "value": "7",
        "type": "button",
        "style": "danger",
    }


def test_warning_triangle(sandbox: Sandbox, walker: Walker) -> None:
    """Beside an element that the bot does not answer stands Slack's warning."""
    message = show(sandbox, walker, actions({"type": "button", "action_id": "nobody", "text": plain("Nobody listens")}))
    events_url, sandbox.around.slack.events_url = sandbox.around.slack.events_url, ""
    message.get_by_role("button", name="Nobody listens").click()
    warning = message.get_by_role("alert").get_by_role("img")
    expect(warning).to_be_visible()
    sandbox.around.slack.events_url = events_url

    expect(warning).to_have_accessible_name("Slack shows a warning triangle beside the element.")


def test_overflow(sandbox: Sandbox, walker: Walker) -> None:
    """The menu behind the dots works with the keyboard, and sends the chosen option."""
    message = show(sandbox, walker, actions({"type": "overflow", "action_id": "more", "options": OPTIONS}))
    dots = message.get_by_role("button", name="More actions")
    dots.press("Enter")
    expect(message.get_by_role("menuitem", name="Red")).to_be_focused()
    walker.page.keyboard.press("ArrowDown")
    walker.page.keyboard.press("Enter")

    assert heard(sandbox, "more")["selected_option"]["value"] == "green"


@pytest.mark.parametrize(
    ("element", "role", "option", "name", "value"),
    [
        ({"type": "static_select", "options": OPTIONS}, "combobox", "Blue", "selected_option", "blue"),
        ({"type": "users_select"}, "combobox", "Grace Hopper", "selected_user", "grace"),
        ({"type": "radio_buttons", "options": OPTIONS}, "radio", "Green", "selected_option", "green"),
        ({"type": "checkboxes", "options": OPTIONS}, "checkbox", "Red", "selected_options", "red"),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_choices(  # noqa: PLR0913, PLR0917 - a row of the table is one fact
    sandbox: Sandbox, walker: Walker, element: dict[str, Any], role: Any, option: str, name: str, value: str
) -> None:
    """A choice in a message is told to the bot at once."""
    placeholder = {"placeholder": plain("Choose")} if element["type"].endswith("select") else {}
    message = show(sandbox, walker, actions({**element, **placeholder, "action_id": f"pick_{element['type']}"}))
    if role == "combobox":
        message.get_by_role("combobox").press_sequentially(option[:3])
        message.get_by_role("option", name=option).click()
    else:
        message.get_by_role(role, name=option).check()
    told = heard(sandbox, f"pick_{element['type']}")[name]
    told = told[0] if isinstance(told, list) else told

    assert (told if isinstance(told, str) else told["value"]) == sandbox.around.ids.get(value, value)


def test_date_in_message(sandbox: Sandbox, walker: Walker) -> None:
    """A day is picked with the keyboard in a month that knows the sandbox's date."""
    message = show(sandbox, walker, actions({"type": "datepicker", "action_id": "day", "initial_date": "2027-02-28"}))
    message.get_by_role("button", name="Feb 28, 2027").press("Enter")
    for key in ("ArrowRight", "PageDown", "ArrowUp", "Enter"):
        walker.page.keyboard.press(key)

    assert heard(sandbox, "day")["selected_date"] == "2027-03-25"


def test_edited(sandbox: Sandbox, walker: Walker) -> None:
    """A message that was changed is drawn again and marked as edited; one that was deleted is gone."""
    message = show(sandbox, walker, None, "the first wording")
    ts = (message.locator("xpath=..").get_attribute("data-key") or "").rpartition("/")[2]
    expect(message).to_contain_text("the first wording")
    sandbox.client.chat_update(channel=sandbox.dm("ada"), ts=ts, text="the second wording")
    expect(message).to_contain_text("the second wording (edited)")
    sandbox.client.chat_delete(channel=sandbox.dm("ada"), ts=ts)

    expect(walker.page.get_by_text("the second wording")).to_have_count(0)


def test_home(sandbox: Sandbox, window: Window) -> None:
    """Opening the Home tab is told to the bot; it is empty until the bot publishes one, which is drawn at once."""
    window.walker.be("Alan Turing")
    window.walker.page.get_by_role("tab", name="Home").click()
    expect(window.walker.page.get_by_role("tabpanel", name="Home")).to_be_visible()
    until(lambda: any(one.kind == "event" for one in sandbox.around.slack.deliveries))
    expect(window.walker.page.get_by_text("There is nothing here yet")).to_be_visible()
    event = next(one for one in reversed(sandbox.around.slack.deliveries) if one.kind == "event").raw.payload["event"]

    assert (event["type"], event["user"], event["tab"]) == ("app_home_opened", sandbox.around.ids["alan"], "home")
    sandbox.client.views_publish(
        user_id=sandbox.around.ids["alan"],
        view={"type": "home", "blocks": [{"type": "header", "text": plain("Yours")}]},
    )
    expect(window.walker.page.get_by_role("tabpanel", name="Home").get_by_role("heading")).to_have_text("Yours")
