"""What a token gets: its link's state, the secret once, and one constant answer for every wrong one."""

import json
import logging
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bot.model import LinkState, LinkStatus, NotMinted
from tests.web.desk import CLIENT_ID, NOON, SECRET, TENANT_ID, Desk, renamed

WRONG_BODIES: tuple[object, ...] = (
    {"token": "A" * 43},
    {"token": "-" * 43},
    {"token": ""},
    {"token": "A" * 42},
    {"token": "A" * 44},
    {"token": "A" * 42 + "\u00e9"},
    {"token": "A" * 42 + "\n"},
    {"token": " " + "A" * 43},
    {"token": None},
    {"token": 5},
    {"token": ["A" * 43]},
    {"tokens": "A" * 43},
    {},
    [],
    "A" * 43,
    None,
)


@pytest.mark.parametrize("act", ["look", "reveal"])
@pytest.mark.parametrize("body", WRONG_BODIES)
def test_every_wrong_token_hears_the_same(client: FlaskClient, desk: Desk, act: str, body: object) -> None:
    """Unknown, malformed and missing tokens get one answer: same status, same headers, same bytes."""
    desk.issue()
    expected = client.post("/secret/look", json={"token": "u" * 43})
    actual = client.post(f"/secret/{act}", data=json.dumps(body), content_type="application/json")

    assert actual.status_code == 404
    assert (expected.status_code, list(expected.headers), expected.data) == (
        actual.status_code,
        list(actual.headers),
        actual.data,
    )


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b'{"token":' + b"[" * 2000])
def test_broken_json_is_a_wrong_token(client: FlaskClient, body: bytes) -> None:
    """A body that is no JSON is one more wrong token."""
    expected = client.post("/secret/look", json={"token": "u" * 43})
    actual = client.post("/secret/look", data=body, content_type="application/json")

    assert (expected.status_code, expected.data) == (actual.status_code, actual.data)


@pytest.mark.parametrize("token", ["", "A" * 43, "A" * 42, "https://apps.contoso.example/secret#", "é" * 43])
def test_every_wrong_token_in_a_form_sees_the_same_page(client: FlaskClient, token: str) -> None:
    """The form's page for a wrong token is as constant as the script's answer."""
    expected = client.post("/secret/reveal", data={"token": "u" * 43})
    actual = client.post("/secret/reveal", data={"token": token})

    assert (404, expected.data) == (actual.status_code, actual.data)


def test_malformed_token_does_not_reach_the_desk(client: FlaskClient, desk: Desk) -> None:
    """What has not the form of a token is not worth a question to the database."""
    for act in ("look", "reveal", "seen"):
        client.post(f"/secret/{act}", json={"token": "A" * 42})

    assert desk.asked == []


def test_look_tells_what_is_about_to_be_shown(client: FlaskClient, desk: Desk) -> None:
    """Before the press the holder reads which application, IDs, who asked, the term and the link's end."""
    answer = client.post("/secret/look", json={"token": desk.issue()}).get_json()

    assert answer["state"] == "ready"
    assert "shown once" in answer["sentence"]
    assert answer["offer"] == {"act": "reveal", "label": "Show the secret"}
    assert [(row["name"], row["text"]) for row in answer["rows"]] == [
        ("Application", "Payroll <Reader>"),
        ("Client ID", CLIENT_ID),
        ("Tenant ID", TENANT_ID),
        ("Asked for by", "Ada Lovelace"),
        ("The secret will live", "180 days (about 6 months) from the moment it is shown"),
        ("This link ends", "24 November 2026, 12:00 UTC"),
    ]


def test_look_uses_nothing_up(client: FlaskClient, desk: Desk) -> None:
    """However often the page looks, the link can still be pressed."""
    token = desk.issue()
    bodies = {client.post("/secret/look", json={"token": token}).data for _ in range(5)}

    assert (len(bodies), True) == (1, desk.is_untouched(token))


def test_press_hands_over_once(client: FlaskClient, desk: Desk) -> None:
    """The first press gets the secret, the second hears when it was shown."""
    token = desk.issue()
    first = client.post("/secret/reveal", json={"token": token})
    second = client.post("/secret/reveal", json={"token": token})

    assert first.headers["Content-Type"] == "application/json"
    assert (first.text.count(SECRET), second.text.count(SECRET)) == (1, 0)
    assert second.get_json()["state"] == "viewed"
    assert second.get_json()["rows"][0]["moment"] == "2026-11-23T12:03:00Z"


def test_press_brings_what_a_configuration_needs(client: FlaskClient, desk: Desk) -> None:
    """Beside the secret stand its end, the authority, the token endpoint, the scopes, and lines for a .env file."""
    answer = client.post("/secret/reveal", json={"token": desk.issue()}).get_json()
    rows = {row["name"]: row for row in answer["rows"] + answer["more"]}
    lines = f"{answer['env']['before']}{answer['secret']}{answer['env']['after']}"

    assert rows["The secret ends"]["text"] == "22 May 2027, 12:00 UTC"
    assert rows["The secret ends"]["aside"] == "2027-05-22T12:00:00Z"
    assert rows["Token endpoint"]["text"].endswith("/oauth2/v2.0/token")
    assert lines.splitlines() == [
        "# Payroll <Reader>: the secret ends 2027-05-22T12:00:00Z",
        f"AZURE_TENANT_ID={TENANT_ID}",
        f"AZURE_CLIENT_ID={CLIENT_ID}",
        f"AZURE_CLIENT_SECRET={SECRET}",
        f"AZURE_AUTHORITY=https://login.microsoftonline.com/{TENANT_ID}",
        'AZURE_SCOPES="api://payroll/payslips.read https://graph.microsoft.com/User.Read"',
    ]


def test_name_cannot_add_a_line(client: FlaskClient, desk: Desk) -> None:
    """An application's name stays within its comment in the .env lines, whatever it holds."""
    desk.facts = renamed("Payroll\nAZURE_CLIENT_ID=evil\r\u2028x")
    answer = client.post("/secret/reveal", json={"token": desk.issue()}).get_json()

    assert answer["env"]["before"].splitlines()[0].startswith("# Payroll AZURE_CLIENT_ID=evil x: ")


def test_form_gets_a_page_with_the_same_facts(client: FlaskClient, desk: Desk) -> None:
    """Without a script the press is a form, and its page holds the secret, the facts and the .env lines."""
    answer = client.post("/secret/reveal", data={"token": desk.issue()})

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.text.count(SECRET) == 1
    for fact in ("Payroll &lt;Reader&gt;", CLIENT_ID, TENANT_ID, "2027-05-22T12:00:00Z", "will not be shown again"):
        assert fact in answer.text


def test_form_takes_the_whole_link(client: FlaskClient, desk: Desk) -> None:
    """A person may paste the whole link, with spaces round it, into the form."""
    token = desk.issue()
    answer = client.post("/secret/reveal", data={"token": f"  https://apps.contoso.example/secret#{token}\n"})

    assert SECRET in answer.text


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("not_armed", "Open it from the button in Slack"),
        ("minting", "in another window right now"),
        ("viewed", "I did not see it"),
        ("expired", "no secret was made"),
        ("replaced", "newer link"),
        ("past_its_day", "ask for a new application"),
    ],
)
@pytest.mark.parametrize("by_script", [True, False])
def test_right_token_hears_its_state(
    client: FlaskClient, desk: Desk, state: LinkState, word: str, *, by_script: bool
) -> None:
    """A right token that shows nothing hears why and what to do, as 200, by script and by form alike."""
    token = desk.issue()
    desk.put(token, LinkStatus(state=state, viewed_at=NOON))
    body = {"token": token}
    answer = client.post("/secret/reveal", json=body) if by_script else client.post("/secret/reveal", data=body)

    assert (answer.status_code, word in answer.text, SECRET in answer.text) == (200, True, False)


@pytest.mark.parametrize(
    ("lasting", "state", "act"),
    [(False, "unavailable", {"act": "reveal", "label": "Try again"}), (True, "refused", None)],
)
def test_entra_failing_says_so(
    client: FlaskClient, desk: Desk, state: str, act: dict[str, str] | None, *, lasting: bool
) -> None:
    """When Entra made no secret the page says it in the desk's sentence, offering a try only where one helps."""
    desk.refusal = NotMinted(sentence="Entra is <resting>.", lasting=lasting)
    token = desk.issue()
    answer = client.post("/secret/reveal", json={"token": token}).get_json()
    page = client.post("/secret/reveal", data={"token": token}).text

    assert (state, "Entra is <resting>.", act) == (answer["state"], answer["sentence"], answer["offer"])
    assert "Entra is &lt;resting&gt;." in page
    assert desk.is_untouched(token)


def test_ready_without_facts_offers_no_press(client: FlaskClient, desk: Desk) -> None:
    """A link cannot be pressed when the page could not say what for."""
    token = desk.issue()
    desk.put(token, LinkStatus(state="ready"))

    assert client.post("/secret/look", json={"token": token}).get_json()["offer"] is None


@pytest.mark.parametrize("known", [True, False])
def test_seen_says_nothing(client: FlaskClient, desk: Desk, *, known: bool) -> None:
    """The confirmation is answered with the same nothing for every token."""
    answer = client.post("/secret/seen", json={"token": desk.issue() if known else "u" * 43})

    assert (answer.status_code, answer.data, len(desk.asked)) == (204, b"", 1)


def test_desk_hears_families_only(client: FlaskClient, desk: Desk) -> None:
    """What is passed on of the viewer is the address family and the browser family."""
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    client.post("/secret/reveal", json={"token": desk.issue()}, headers={"User-Agent": agent})

    assert [(viewer.address_family, viewer.browser) for viewer in desk.viewers] == [("IPv4", "Firefox on Linux")]


def test_secret_and_token_stay_out_of_the_log(
    make_web: Callable[..., Flask], desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """At the most talkative level no log line holds the secret or the token, also when the desk breaks."""
    caplog.set_level(logging.DEBUG)
    client = make_web().test_client()
    token = desk.issue()
    client.post("/secret/reveal", json={"token": token})
    client.post("/secret/reveal", data={"token": desk.issue()})

    def fail() -> None:
        raise RuntimeError("the disk is full")

    desk.act = fail
    client.post("/secret/reveal", json={"token": token})

    assert (SECRET in caplog.text, token in caplog.text) == (False, False)
