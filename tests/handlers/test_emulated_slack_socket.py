"""The emulated Slack reaches a real Bolt app over Socket Mode too."""

from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import Ack, App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.sandbox.slack import Slack

Json = dict[str, Any]


@pytest.fixture
def slack() -> Iterator[Slack]:
    """A workspace with Socket Mode on."""
    with Slack() as emulated:
        emulated.socket_mode()
        yield emulated


@pytest.fixture
def handler(slack: Slack) -> Iterator[SocketModeHandler]:
    """A bot that is connected."""
    app = App(client=WebClient(slack.bot_token, base_url=slack.api_url), signing_secret=slack.signing_secret)

    @app.command("/register-app")
    def command(ack: Ack, body: Json) -> None:
        ack(f"You said {body['text']}")

    handler = SocketModeHandler(app, slack.app_token, web_client=WebClient(base_url=slack.api_url))
    handler.client.connect()
    slack.socket_mode().wait_for(1)
    yield handler
    slack.socket_mode().drop()
    handler.client.close()


def test_command_over_the_socket(slack: Slack, handler: SocketModeHandler) -> None:
    """A command travels in an envelope and its acknowledgement's payload is what the person reads."""
    assert handler.client.is_connected()
    vera = slack.person(slack.add_person("Vera Klein", "vera@contoso.example"))

    outcome = vera.command("/register-app", "ü" * 1_000)
    assert (outcome.status, outcome.texts) == (200, ("You said " + "ü" * 1_000,))


def test_unanswered_envelope(slack: Slack, handler: SocketModeHandler) -> None:
    """Bolt acknowledges nothing that no listener took, and the person reads operation_timeout."""
    assert handler.client.is_connected()
    slack.patience = 0.2
    vera = slack.person(slack.add_person("Vera Klein", "vera@contoso.example"))

    assert vera.command("/other").notice == '/other failed with the error "operation_timeout"'


def test_reconnecting_when_told(slack: Slack, handler: SocketModeHandler) -> None:
    """After `disconnect` the client comes again by a new address and commands go on."""
    slack.socket_mode().disconnect("refresh_requested")
    vera = slack.person(slack.add_person("Vera Klein", "vera@contoso.example"))
    slack.socket_mode().wait_for(1)

    assert handler.client.is_connected()
    assert vera.command("/register-app", "hi").texts == ("You said hi",)


def test_addresses_open_once(slack: Slack) -> None:
    """Only the app token gets an address, and it needs a ticket that is fresh."""
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.bot_token)
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=slack.app_token)["url"]
    ticket = url.rsplit("=", 1)[1]

    assert [slack.socket_mode().spend(ticket) for _ in range(2)] == [True, False]


def test_nobody_connected(slack: Slack) -> None:
    """With neither an address nor a connection there is nobody to ask."""
    vera = slack.person(slack.add_person("Vera Klein", "vera@contoso.example"))

    assert vera.command("/register-app").notice == '/register-app failed with the error "dispatch_failed"'
