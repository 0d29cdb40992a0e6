"""The Slack app's manifest: what Slack limits, what each mode needs, and no permission without a reason."""

from typing import Any

import pytest

from bot.manifest import EVENTS_PATH, SCOPES, manifest
from handlers import ids
from tests.sandbox.surroundings import SCOPES as GRANTED

URL = "https://apps.contoso.example"
HTTP = manifest(URL)
SOCKET = manifest(None)


def addresses(value: Any) -> list[str]:
    """Every text in a manifest that begins like an address."""
    if isinstance(value, dict):
        return [found for entry in value.values() for found in addresses(entry)]
    if isinstance(value, list):
        return [found for entry in value for found in addresses(entry)]
    return [value] if isinstance(value, str) and value.startswith("http") else []


def test_http_manifest_sends_everything_to_one_address() -> None:
    """Over HTTP the command, the buttons and the menus all come to the bot's one path."""
    assert [f"{URL}{EVENTS_PATH}"] * 3 == addresses(HTTP)
    assert HTTP["settings"]["socket_mode_enabled"] is False


@pytest.mark.parametrize("where", [URL, None])
def test_sign_in(where: str | None) -> None:
    """For the page's sign-in one redirect URL and the user scope openid are added, and nothing else changes."""
    plain, made = manifest(where), manifest(where, URL)
    added = {"redirect_urls": [f"{URL}/secret/signed-in"], "scopes": {"bot": list(SCOPES), "user": ["openid"]}}

    assert made == {**plain, "oauth_config": added}
    assert "user" not in plain["oauth_config"]["scopes"]


def test_socket_manifest_names_no_address() -> None:
    """For Socket Mode there is no address, and interactivity stays on."""
    assert addresses(SOCKET) == []
    assert SOCKET["settings"]["interactivity"] == {"is_enabled": True}
    assert SOCKET["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize("made", [HTTP, SOCKET])
def test_slack_limits(made: dict[str, Any]) -> None:
    """Names and descriptions keep Slack's lengths (Slack, "App manifest reference")."""
    shown, features = made["display_information"], made["features"]
    command = features["slash_commands"][0]

    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(command["command"]) <= 32
    assert len(command["description"]) <= 2000
    assert len(command["usage_hint"]) <= 1000


@pytest.mark.parametrize("made", [HTTP, SOCKET])
def test_what_the_bot_relies_on(made: dict[str, Any]) -> None:
    """The command is the one that is listened to, direct messages are open, and words arrive as typed."""
    command = made["features"]["slash_commands"][0]

    assert (command["command"], command["should_escape"]) == (ids.COMMAND, False)
    assert made["features"]["app_home"]["messages_tab_enabled"] is True
    assert made["settings"]["token_rotation_enabled"] is False


@pytest.mark.parametrize("made", [HTTP, SOCKET])
def test_every_scope_has_its_reason(made: dict[str, Any]) -> None:
    """The manifest asks for exactly the scopes that have a reason."""
    assert sorted(SCOPES) == sorted(made["oauth_config"]["scopes"]["bot"])
    assert all(reason.startswith(("to ", "the same ")) for reason in SCOPES.values())


def test_the_sandbox_grants_what_the_manifest_asks() -> None:
    """The stories in the sandbox are told with these scopes and no more."""
    assert sorted(SCOPES) == sorted(GRANTED)
