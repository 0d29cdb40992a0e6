"""The emulated Slack takes what is at a limit and refuses what is one beyond it, with a pointer to the place."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack import Slack
from tests.sandbox.slack.block_rules import MESSAGE_RULE
from tests.sandbox.slack.normal import completed
from tests.sandbox.slack.view_rules import MODAL_RULE

Json = dict[str, Any]


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(**parts: Any) -> Json:
    """A section, with these parts."""
    return {"type": "section", "text": mrkdwn("x"), **parts}


def button(**parts: Any) -> Json:
    """A button, with these parts."""
    return {"type": "button", "text": plain("Go"), "action_id": "go", **parts}


def options(count: int, **parts: Any) -> list[Json]:
    """So many options."""
    return [{"text": plain(f"o{n}"), "value": f"v{n}", **parts} for n in range(count)]


def select(kind: str = "static_select", **parts: Any) -> Json:
    """A menu of two options, with these parts."""
    return {"type": kind, "action_id": "pick", "options": options(2), **parts}


def asks(element: Json, **parts: Any) -> Json:
    """An input block around an element."""
    return {"type": "input", "block_id": "b", "label": plain("Label"), "element": element, **parts}


def text_input(**parts: Any) -> Json:
    """A text field, with these parts."""
    return {"type": "plain_text_input", "action_id": "t", **parts}


def modal(*blocks: Json, **parts: Any) -> Json:
    """A modal of these blocks."""
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks), **parts}


def confirm(**parts: Any) -> Json:
    """A button that asks back, with these words."""
    asked = {"title": plain("t"), "text": plain("t"), "confirm": plain("y"), "deny": plain("n"), **parts}
    return {"type": "actions", "elements": [button(confirm=asked)]}


def url(length: int) -> str:
    """An address of so many characters."""
    return "https://x.example/".ljust(length, "a")


IN_MESSAGE: list[tuple[str, int, Callable[[int], list[Json]], str]] = [
    ("blocks", 50, lambda n: [{"type": "divider"}] * n, "/blocks"),
    ("section text", 3000, lambda n: [section(text=mrkdwn("a" * n))], "/blocks/0/text/text"),
    ("section fields", 10, lambda n: [section(fields=[mrkdwn("x")] * n)], "/blocks/0/fields"),
    ("section field", 2000, lambda n: [section(fields=[mrkdwn("a" * n)])], "/blocks/0/fields/0/text"),
    ("header", 150, lambda n: [{"type": "header", "text": plain("a" * n)}], "/blocks/0/text/text"),
    ("context", 10, lambda n: [{"type": "context", "elements": [mrkdwn("x")] * n}], "/blocks/0/elements"),
    (
        "actions",
        25,
        lambda n: [{"type": "actions", "elements": [button(action_id=f"a{i}") for i in range(n)]}],
        "/blocks/0/elements",
    ),
    (
        "button text",
        75,
        lambda n: [section(accessory=button(text=plain("a" * n)))],
        "/blocks/0/accessory/text/text",
    ),
    ("button value", 2000, lambda n: [section(accessory=button(value="a" * n))], "/blocks/0/accessory/value"),
    ("button url", 3000, lambda n: [section(accessory=button(url=url(n)))], "/blocks/0/accessory/url"),
    (
        "accessibility label",
        75,
        lambda n: [section(accessory=button(accessibility_label="a" * n))],
        "/blocks/0/accessory/accessibility_label",
    ),
    ("block_id", 255, lambda n: [section(block_id="a" * n)], "/blocks/0/block_id"),
    ("action_id", 255, lambda n: [section(accessory=button(action_id="a" * n))], "/blocks/0/accessory/action_id"),
    ("image url", 3000, lambda n: [{"type": "image", "image_url": url(n), "alt_text": "x"}], "/blocks/0/image_url"),
    (
        "image alt text",
        2000,
        lambda n: [{"type": "image", "image_url": url(30), "alt_text": "a" * n}],
        "/blocks/0/alt_text",
    ),
    (
        "image title",
        2000,
        lambda n: [{"type": "image", "image_url": url(30), "alt_text": "x", "title": plain("a" * n)}],
        "/blocks/0/title/text",
    ),
    ("markdown", 12_000, lambda n: [{"type": "markdown", "text": "a" * n}], "/blocks/0/text"),
    (
        "overflow options",
        5,
        lambda n: [section(accessory=select("overflow", options=options(n)))],
        "/blocks/0/accessory/options",
    ),
    ("confirm title", 100, lambda n: [confirm(title=plain("a" * n))], "/blocks/0/elements/0/confirm/title/text"),
    ("confirm text", 300, lambda n: [confirm(text=plain("a" * n))], "/blocks/0/elements/0/confirm/text/text"),
    ("confirm yes", 30, lambda n: [confirm(confirm=plain("a" * n))], "/blocks/0/elements/0/confirm/confirm/text"),
    ("confirm no", 30, lambda n: [confirm(deny=plain("a" * n))], "/blocks/0/elements/0/confirm/deny/text"),
]

IN_VIEW: list[tuple[str, int, Callable[[int], Json], str]] = [
    ("title", 24, lambda n: modal(section(), title=plain("a" * n)), "/view/title/text"),
    ("submit", 24, lambda n: modal(section(), submit=plain("a" * n)), "/view/submit/text"),
    ("close", 24, lambda n: modal(section(), close=plain("a" * n)), "/view/close/text"),
    ("blocks", 100, lambda n: modal(*[{"type": "divider"}] * n), "/view/blocks"),
    ("private_metadata", 3000, lambda n: modal(section(), private_metadata="a" * n), "/view/private_metadata"),
    ("callback_id", 255, lambda n: modal(section(), callback_id="a" * n), "/view/callback_id"),
    ("external_id", 255, lambda n: modal(section(), external_id="a" * n), "/view/external_id"),
    ("label", 2000, lambda n: modal(asks(text_input(), label=plain("a" * n))), "/view/blocks/0/label/text"),
    ("hint", 2000, lambda n: modal(asks(text_input(), hint=plain("a" * n))), "/view/blocks/0/hint/text"),
    (
        "placeholder",
        150,
        lambda n: modal(asks(text_input(placeholder=plain("a" * n)))),
        "/view/blocks/0/element/placeholder/text",
    ),
    ("options", 100, lambda n: modal(asks(select(options=options(n)))), "/view/blocks/0/element/options"),
    (
        "option groups",
        100,
        lambda n: modal(
            asks(
                {
                    "type": "static_select",
                    "action_id": "pick",
                    "option_groups": [{"label": plain("g"), "options": options(1)}] * n,
                }
            )
        ),
        "/view/blocks/0/element/option_groups",
    ),
    (
        "option group label",
        75,
        lambda n: modal(
            asks(
                {
                    "type": "static_select",
                    "action_id": "pick",
                    "option_groups": [{"label": plain("a" * n), "options": options(1)}],
                }
            )
        ),
        "/view/blocks/0/element/option_groups/0/label/text",
    ),
    (
        "option text",
        75,
        lambda n: modal(asks(select(options=options(1, text=plain("a" * n))))),
        "/view/blocks/0/element/options/0/text/text",
    ),
    (
        "option value",
        150,
        lambda n: modal(asks(select(options=options(1, value="a" * n)))),
        "/view/blocks/0/element/options/0/value",
    ),
    (
        "option description",
        75,
        lambda n: modal(asks(select(options=options(1, description=plain("a" * n))))),
        "/view/blocks/0/element/options/0/description/text",
    ),
    (
        "check boxes",
        10,
        lambda n: modal(asks(select("checkboxes", options=options(n)))),
        "/view/blocks/0/element/options",
    ),
    (
        "radio buttons",
        10,
        lambda n: modal(asks(select("radio_buttons", options=options(n)))),
        "/view/blocks/0/element/options",
    ),
    ("max_length", 3000, lambda n: modal(asks(text_input(max_length=n))), "/view/blocks/0/element/max_length"),
    (
        "initial_value",
        3000,
        lambda n: modal(asks(text_input(initial_value="a" * n))),
        "/view/blocks/0/element/initial_value",
    ),
]


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    """One workspace for all limits, none of which changes it."""
    with Slack() as emulated:
        yield emulated


@pytest.fixture(scope="module")
def client(slack: Slack) -> WebClient:
    """Slack's own client."""
    return WebClient(slack.bot_token, base_url=slack.api_url)


@pytest.fixture(scope="module")
def channel(slack: Slack) -> str:
    """A channel that the bot is in."""
    return slack.add_channel("approvals")


@pytest.fixture(scope="module")
def opener(slack: Slack, client: WebClient) -> Callable[[Json], Any]:
    """Open a view for somebody who has just clicked."""
    user_id = slack.add_person("Vera Klein", "vera@contoso.example")

    def open_view(view: Json) -> Any:
        return client.views_open(trigger_id=slack._tickets.new_trigger(user_id), view=view)

    return open_view


def refusal(act: Callable[[], Any]) -> tuple[str, list[str]]:
    """The error and the messages of an answer that refuses."""
    with pytest.raises(SlackApiError) as caught:
        act()
    data: Json = caught.value.response.data
    return data["error"], data.get("response_metadata", {}).get("messages", [])


@pytest.mark.parametrize(("limit", "build"), [case[1:3] for case in IN_MESSAGE], ids=[case[0] for case in IN_MESSAGE])
def test_message_at_the_limit(client: WebClient, channel: str, limit: int, build: Callable[[int], list[Json]]) -> None:
    """What is exactly at a message's limit is posted."""
    answer = client.chat_postMessage(channel=channel, text="x", blocks=build(limit))

    assert answer["ok"]


@pytest.mark.parametrize(
    ("limit", "build", "pointer"), [case[1:] for case in IN_MESSAGE], ids=[case[0] for case in IN_MESSAGE]
)
def test_message_beyond_the_limit(
    client: WebClient, channel: str, limit: int, build: Callable[[int], list[Json]], pointer: str
) -> None:
    """What is one beyond a message's limit is refused as invalid_blocks with a pointer."""
    error, messages = refusal(lambda: client.chat_postMessage(channel=channel, text="x", blocks=build(limit + 1)))

    assert error == "invalid_blocks"
    assert any(message.endswith(f"[json-pointer:{pointer}]") for message in messages), messages


@pytest.mark.parametrize(("limit", "build"), [case[1:3] for case in IN_VIEW], ids=[case[0] for case in IN_VIEW])
def test_view_at_the_limit(opener: Callable[[Json], Any], limit: int, build: Callable[[int], Json]) -> None:
    """What is exactly at a view's limit is opened."""
    answer = opener(build(limit))

    assert answer["ok"]


@pytest.mark.parametrize(
    ("limit", "build", "pointer"), [case[1:] for case in IN_VIEW], ids=[case[0] for case in IN_VIEW]
)
def test_view_beyond_the_limit(
    opener: Callable[[Json], Any], limit: int, build: Callable[[int], Json], pointer: str
) -> None:
    """What is one beyond a view's limit is refused as invalid_arguments with a pointer."""
    error, messages = refusal(lambda: opener(build(limit + 1)))

    assert error == "invalid_arguments"
    assert any(message.endswith(f"[json-pointer:{pointer}]") for message in messages), messages


WRONG_BLOCKS = {
    "an unknown field": [section(colour="red")],
    "an unknown block": [{"type": "alert", "text": plain("x")}],
    "a block without a type": [{"text": plain("x")}],
    "a section that says nothing": [{"type": "section"}],
    "an empty text": [section(text=mrkdwn(""))],
    "mrkdwn where plain text belongs": [{"type": "header", "text": mrkdwn("x")}],
    "emoji in mrkdwn": [section(text={**mrkdwn("x"), "emoji": True})],
    "two blocks of one id": [section(block_id="a"), section(block_id="a")],
    "two elements of one id": [{"type": "actions", "elements": [button(), button()]}],
    "an actions block without elements": [{"type": "actions", "elements": []}],
    "a button that leads nowhere": [section(accessory=button(url="example"))],
    "a button with another scheme": [section(accessory=button(url="javascript:alert(1)"))],
    "an unknown style": [section(accessory=button(style="warning"))],
    "a menu without options": [section(accessory=select(options=[]))],
    "a text input as accessory": [section(accessory=text_input())],
    "a multiple menu in an actions block": [{"type": "actions", "elements": [select("multi_static_select")]}],
    "a text that is no string": [section(text={"type": "mrkdwn", "text": 1})],
    "a confirm without its words": [section(accessory=button(confirm={"title": plain("x")}))],
    "a rich text leaf without text": [
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}],
        }
    ],
    "markdown of two blocks together": [{"type": "markdown", "text": "a" * 6001}] * 2,
}


@pytest.mark.parametrize("blocks", WRONG_BLOCKS.values(), ids=WRONG_BLOCKS)
def test_wrong_blocks(client: WebClient, channel: str, blocks: list[Json]) -> None:
    """Blocks that Slack would not take are refused, each with a message."""
    error, messages = refusal(lambda: client.chat_postMessage(channel=channel, text="x", blocks=blocks))

    assert error == "invalid_blocks"
    assert messages


WRONG_VIEWS = {
    "inputs without submit": {name: part for name, part in modal(asks(text_input())).items() if name != "submit"},
    "no title": {name: part for name, part in modal(section()).items() if name != "title"},
    "no blocks": modal(),
    "a home view": {"type": "home", "blocks": [section()]},
    "markdown": modal({"type": "markdown", "text": "x"}),
    "a hidden field": modal(section(), state={}),
    "two with the focus": modal(
        asks(text_input(focus_on_load=True)), asks(text_input(focus_on_load=True), block_id="c")
    ),
    "two inputs of one block_id": modal(asks(text_input()), asks(text_input())),
    "an initial option of another text": modal(asks(select(initial_option={"text": plain("other"), "value": "v0"}))),
    "no initial options": modal(asks(select("multi_static_select", initial_options=[]))),
    "an initial option not offered": modal(asks(select("multi_static_select", initial_options=options(3)[2:]))),
    "options and groups": modal(asks(select(option_groups=[{"label": plain("g"), "options": options(1)}]))),
    "min above max": modal(asks(text_input(min_length=5, max_length=4))),
    "a number input that does not say whether decimals": modal(asks({"type": "number_input", "action_id": "n"})),
    "a day that is none": modal(asks({"type": "datepicker", "action_id": "d", "initial_date": "2030-13-01"})),
    "none to be selected": modal(asks(select("multi_static_select", max_selected_items=0))),
    "a button as input": modal(asks(button())),
    "an unknown trigger": modal(
        asks(text_input(dispatch_action_config={"trigger_actions_on": ["on_leave"]}), dispatch_action=True)
    ),
}


@pytest.mark.parametrize("view", WRONG_VIEWS.values(), ids=WRONG_VIEWS)
def test_wrong_views(opener: Callable[[Json], Any], view: Json) -> None:
    """Views that Slack would not take are refused, each with a message."""
    error, messages = refusal(lambda: opener(view))

    assert error == "invalid_arguments"
    assert messages


NAMES = ["type", "text", "block_id", "action_id", "elements", "element", "accessory", "fields", "options", "value"]
KINDS = ["section", "actions", "input", "context", "rich_text", "button", "static_select", "plain_text", "modal"]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(KINDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=20,
)


@given(blocks=st.lists(ANY_JSON, max_size=4) | ANY_JSON)
def test_rules_answer_whatever_is_sent(blocks: object) -> None:
    """The rules have an answer to any JSON: what they take survives being completed, the rest gets a pointer."""
    findings = [*MESSAGE_RULE(blocks, "/blocks"), *MODAL_RULE(modal() | {"blocks": blocks}, "/view")]

    assert all("[json-pointer:/" in finding for finding in findings)
    if isinstance(blocks, list) and not list(MESSAGE_RULE(blocks, "/blocks")):
        assert all(block["block_id"] for block in completed(blocks, lambda: "made-up"))


def test_every_element_is_taken(opener: Callable[[Json], Any]) -> None:
    """A modal may ask with every kind of input that a person can be given."""
    elements = [
        text_input(multiline=True),
        {"type": "url_text_input"},
        {"type": "email_text_input"},
        {"type": "number_input", "is_decimal_allowed": False, "min_value": "1"},
        {"type": "datepicker", "initial_date": "2030-02-28"},
        {"type": "timepicker", "initial_time": "09:30"},
        {"type": "datetimepicker", "initial_date_time": 1900000000},
        select(initial_option=options(1)[0]),
        select("multi_static_select", initial_options=options(1), max_selected_items=3),
        select("checkboxes", initial_options=options(2)),
        select("radio_buttons"),
        {"type": "external_select", "min_query_length": 0},
        {"type": "multi_external_select", "placeholder": plain("Search")},
        {"type": "users_select"},
        {"type": "multi_users_select"},
        {"type": "conversations_select", "filter": {"exclude_bot_users": True}},
        {"type": "rich_text_input"},
    ]
    blocks = [asks({**one, "action_id": "a"}, block_id=f"b{n}") for n, one in enumerate(elements)]

    values = opener(modal(*blocks))["view"]["state"]["values"]

    assert [one["type"] for one in elements] == [values[f"b{n}"]["a"]["type"] for n in range(len(elements))]


def test_serialised_blocks(client: WebClient, channel: str) -> None:
    """More than 13,000 characters of blocks are too many, however few blocks they are."""
    many = [section(text=mrkdwn("a" * 2950)) for _ in range(5)]

    assert client.chat_postMessage(channel=channel, text="x", blocks=many[:4])["ok"]
    assert refusal(lambda: client.chat_postMessage(channel=channel, text="x", blocks=many)) == (
        "msg_blocks_too_long",
        [],
    )


def test_view_of_250_kilobytes(opener: Callable[[Json], Any]) -> None:
    """A view of more than 250 KB is too large."""
    heavy = modal(*[section(text=plain("a" * 2700)) for _ in range(100)])

    assert refusal(lambda: opener(heavy)) == ("view_too_large", [])


def test_text_is_cut_when_posted_and_refused_when_updated(client: WebClient, channel: str) -> None:
    """chat.postMessage cuts a text at 40,000 characters; chat.update takes 4,000 and refuses one more."""
    posted = client.chat_postMessage(channel=channel, text="a" * 40_001)

    assert len(posted["message"]["text"]) == 40_000
    assert client.chat_update(channel=channel, ts=posted["ts"], text="a" * 4000)["ok"]
    assert refusal(lambda: client.chat_update(channel=channel, ts=posted["ts"], text="a" * 4001)) == (
        "msg_too_long",
        [],
    )


def test_defaults_are_filled_in(client: WebClient, channel: str) -> None:
    """A posted block comes back with a block_id, an action_id and the defaults of its texts."""
    block = section(accessory={"type": "button", "text": plain("Go")})

    shown = client.chat_postMessage(channel=channel, text="x", blocks=[block])["message"]["blocks"][0]

    assert shown["block_id"]
    assert shown["accessory"]["action_id"]
    assert (shown["text"]["verbatim"], shown["accessory"]["text"]["emoji"]) == (False, True)
