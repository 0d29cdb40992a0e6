"""`check` says of the page's sign-in what can be known of it without a person who signs in."""

from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.sandbox.slack import faults
from tests.sandbox.surroundings import Surroundings


@pytest.fixture
def terminal(around: Surroundings, tmp_path: Path) -> Terminal:
    """A terminal with every setting as it should be, the page's sign-in among them."""
    environment = around.environment(
        public_url="https://apps.contoso.example", database=tmp_path / "register-app.sqlite3", sign_in=True
    )
    return Terminal(folder=tmp_path, environment=environment)


def about_sign_in(terminal: Terminal, **changes: str) -> tuple[int, list[str]]:
    """The exit code, and the lines about the sign-in."""
    said = terminal.run("check", **changes)
    return said.code, [line for line in said.lines if "Sign-in" in line]


def test_known_client(terminal: Terminal) -> None:
    """Slack knows the client: the redirect URL that only Slack's settings page can show is named."""
    address = "https://apps.contoso.example/secret/signed-in"

    assert about_sign_in(terminal) == (
        0,
        [f"ok       Sign-in: Slack knows the client; {address} must be one of its redirect URLs."],
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"SIGN_IN_CLIENT_ID": "1.2"}, "invalid_client_id"),
        ({"SIGN_IN_CLIENT_SECRET": "wrong"}, "bad_client_secret"),
    ],
)
def test_strange_client(terminal: Terminal, changes: dict[str, str], word: str) -> None:
    """Slack does not know the client: its word and what to correct, and the exit code is 1."""
    assert about_sign_in(terminal, **changes) == (
        1,
        [f"FAULT    Sign-in: Slack says {word}: correct SIGN_IN_CLIENT_ID and SIGN_IN_CLIENT_SECRET."],
    )


def test_slack_does_not_say(terminal: Terminal, around: Surroundings) -> None:
    """What could not be asked is said to be so."""
    around.slack.trouble.add(faults.down("openid.connect.token"))
    code, lines = about_sign_in(terminal)

    assert (code, len(lines)) == (1, 1)
    assert "could not be asked" in lines[0]


def test_half_a_setting(terminal: Terminal) -> None:
    """One of the two settings alone does not hold: 2, and the other is named."""
    del terminal.environment["SIGN_IN_CLIENT_SECRET"]
    said = terminal.run("check")

    assert said.code == 2
    assert "SIGN_IN_CLIENT_SECRET is missing" in said.err
