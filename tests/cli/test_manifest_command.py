"""The manifest that is printed is the one to paste: JSON, for either mode, with the scopes that README names."""

import json
import re
from typing import Any

import pytest

from tests.cli.terminal import ROOT, Terminal

URL = "https://apps.contoso.example"
MODES = {"http": ("--url", URL), "socket": ("--socket-mode",)}


def printed(bare: Terminal, mode: str) -> dict[str, Any]:
    """The manifest for one mode."""
    said = bare.run("manifest", *MODES[mode])
    assert (said.code, said.err) == (0, "")
    made: dict[str, Any] = json.loads(said.out)
    return made


def readme_scopes() -> set[str]:
    """The bot scopes in README's table."""
    table = (ROOT / "README.md").read_text().partition("| bot scope | why |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([a-z:.]+)` \|", table, re.MULTILINE))


@pytest.mark.parametrize("mode", sorted(MODES))
def test_scopes(bare: Terminal, mode: str) -> None:
    """Either manifest asks for the scopes that README names, each once, and no user's token."""
    scopes = printed(bare, mode)["oauth_config"]["scopes"]

    assert list(scopes) == ["bot"]
    assert sorted(scopes["bot"]) == sorted(readme_scopes())


def test_http(bare: Terminal) -> None:
    """Over HTTP, Slack is told where to send commands, buttons and menus; an end slash makes no difference."""
    made = printed(bare, "http")
    slashed = json.loads(bare.run("manifest", "--url", f"{URL}/").out)

    assert made == slashed
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["settings"]["interactivity"]["request_url"] == f"{URL}/slack/events"
    assert made["settings"]["interactivity"]["message_menu_options_url"] == f"{URL}/slack/events"
    assert [command["url"] for command in made["features"]["slash_commands"]] == [f"{URL}/slack/events"]


def test_socket_mode(bare: Terminal) -> None:
    """For Socket Mode nothing needs an address."""
    made = printed(bare, "socket")

    assert made["settings"]["socket_mode_enabled"] is True
    assert "https://" not in json.dumps(made)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_sign_in(bare: Terminal, mode: str) -> None:
    """With `--sign-in` either manifest names where Slack sends people back to, and the one scope that README names."""
    made = json.loads(bare.run("manifest", *MODES[mode], "--sign-in", f"{URL}/").out)

    assert made["oauth_config"]["redirect_urls"] == [f"{URL}/secret/signed-in"]
    assert made["oauth_config"]["scopes"]["user"] == ["openid"]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ((), "Give either --url https://your.host or --socket-mode."),
        (("--url", URL, "--socket-mode"), "Give either --url https://your.host or --socket-mode."),
        (("--socket-mode", "--sign-in", "http://apps.contoso.example"), "Slack calls https addresses only: --sign-in"),
        (("--url", "http://apps.contoso.example"), "Slack calls https addresses only"),
    ],
)
def test_not_both(bare: Terminal, words: tuple[str, ...], hint: str) -> None:
    """Neither mode, both modes, or an address that Slack would not call: 2, and what to give instead."""
    said = bare.run("manifest", *words)

    assert said.code == 2
    assert hint in said.err
