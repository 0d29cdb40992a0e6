"""Every message and every modal, of the smallest and the largest form, keeps Slack's limits as emulated."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.policy import AUDIENCES, Policy
from bot.records import RequestForm
from handlers.blocks import request_form, small_views
from handlers.blocks.request_form import FormContext
from handlers.blocks.texts import Message
from tests.handlers import extremes
from tests.sandbox.slack import Slack

FORMS = {
    "smallest": extremes.smallest(),
    "largest": extremes.largest(),
    "escaped": extremes.largest("&", extremes.LONGEST_SCOPE),
}
MESSAGES = [
    pytest.param(message, id=f"{size} {name}")
    for size, form in FORMS.items()
    for name, message in extremes.messages(form, extremes.repeated("&" if size == "escaped" else "x"))
]


@pytest.fixture(scope="module")
def slack() -> Iterator[Slack]:
    """A workspace whose clock stands still."""
    with Slack(lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC)) as emulated:
        yield emulated


@pytest.fixture(scope="module")
def client(slack: Slack) -> WebClient:
    """Slack's own client."""
    return WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])


@pytest.fixture(scope="module")
def ada(slack: Slack) -> str:
    """Somebody to write to."""
    return slack.add_person("Ada Lovelace", "ada@contoso.example")


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_taken(client: WebClient, ada: str, message: Message) -> None:
    """Slack takes the message when it is posted and when it is put in the place of another."""
    content = message.content()
    posted = client.chat_postMessage(channel=ada, **content)
    updated = client.chat_update(channel=posted["channel"], ts=posted["ts"], **content)

    assert len(updated["message"]["blocks"]) == len(message.blocks)


@pytest.mark.parametrize("message", MESSAGES)
def test_block_ids_are_unique(message: Message) -> None:
    """No two blocks of a message share an id, and within a block no two elements an action."""
    blocks = message.content()["blocks"]
    ids = Counter(block["block_id"] for block in blocks if block.get("block_id"))
    actions = [
        Counter(element["action_id"] for element in block.get("elements", []) if "action_id" in element)
        for block in blocks
    ]

    assert all(times == 1 for counter in (ids, *actions) for times in counter.values())


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_has_words_without_blocks(message: Message) -> None:
    """What notifications and screen readers get says something, in one message's length."""
    assert 0 < len(message.text) <= 4000


POLICIES = {
    "default": Policy(),
    "wide": Policy(
        audiences=tuple(AUDIENCES), secret_days=tuple(range(1, 99)), default_secret_days=90, fewest_co_owners=2
    ),
}


def opened(slack: Slack, client: WebClient, user_id: str, view: View) -> dict[str, Any]:
    """The view that Slack opens for somebody."""
    trigger = slack._tickets.new_trigger(user_id, None)
    answer = client.views_open(trigger_id=trigger, view=view.to_dict())
    return dict(answer["view"])


@pytest.mark.parametrize("policy", [pytest.param(policy, id=name) for name, policy in POLICIES.items()])
@pytest.mark.parametrize("form", [pytest.param(None, id="empty"), *(pytest.param(f, id=n) for n, f in FORMS.items())])
def test_the_form_is_taken(slack: Slack, client: WebClient, ada: str, policy: Policy, form: RequestForm | None) -> None:
    """Slack opens the form, empty or filled with the largest request, under any policy."""
    view = request_form.build(policy, FormContext(form_id="f" * 36, request_id="REQ-7F3K2M9A", version=99), form)
    shown = opened(slack, client, ada, view)

    assert [block["block_id"] for block in shown["blocks"]] == [block.block_id for block in view.blocks or ()]


@pytest.mark.parametrize(
    "view", [small_views.deny_form("REQ-7F3K2M9A", 3), small_views.word("Register application", "No." * 900)]
)
def test_small_views_are_taken(slack: Slack, client: WebClient, ada: str, view: View) -> None:
    """Slack opens the small modals."""
    assert opened(slack, client, ada, view)["title"]["text"] == view.to_dict()["title"]["text"]
