"""The emulated Sign in with Slack: strict where Slack is, in Slack's words."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.slack import Slack
from tests.sandbox.timepiece import HeldClock

BACK = "https://apps.contoso.example/secret/signed-in"


@pytest.fixture
def clock() -> HeldClock:
    """A clock that stands still."""
    return HeldClock(datetime(2026, 11, 23, 9, tzinfo=UTC))


@pytest.fixture
def slack(clock: HeldClock) -> Iterator[Slack]:
    """A Slack whose app has a redirect URL and the user scope openid, and Ada in it."""
    with Slack(clock.now) as made:
        made.openid.redirect_urls.append(BACK)
        made.openid.user_scopes.add("openid")
        made.add_person("Ada Lovelace", "ada@contoso.example")
        made.add_person("Stan Stranger", "stan@elsewhere.example", stranger=True)
        made.add_person("Left Long-ago", "left@contoso.example", deactivated=True)
        yield made


def asked(slack: Slack, **changes: str | None) -> dict[str, str]:
    """A good question to the page, but for these; None takes one away."""
    usual: dict[str, str | None] = {
        "client_id": slack.openid.client_id,
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "openid",
        "state": "the-state",
        "nonce": "the-nonce",
        **changes,
    }
    return {name: value for name, value in usual.items() if value is not None}


def page(slack: Slack, **changes: str | None) -> requests.Response:
    """Open the page."""
    address = f"{slack.url}/openid/connect/authorize"
    return requests.get(address, params=asked(slack, **changes), timeout=10)


def choose(slack: Slack) -> dict[str, str]:
    """Sign in as Ada; return what the browser carries back."""
    user = next(member.id for member in slack.workspace.people.values() if member.name == "Ada Lovelace")
    address = f"{slack.url}/openid/connect/authorize"
    answer = requests.post(address, params=asked(slack), data={"user": user}, allow_redirects=False, timeout=10)
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == BACK
    return {name: values[0] for name, values in parse_qs(location.query).items()}


def exchange(slack: Slack, code: str, **changes: str) -> dict[str, Any]:
    """Call openid.connect.token with the client in the body."""
    client = {"client_id": slack.openid.client_id, "client_secret": slack.openid.client_secret}
    arguments = {**client, "code": code, "redirect_uri": BACK, **changes}
    answer: dict[str, Any] = requests.post(f"{slack.api_url}openid.connect.token", data=arguments, timeout=10).json()
    return answer


def claims(answer: dict[str, Any]) -> dict[str, Any]:
    """What the id_token says."""
    middle = answer["id_token"].split(".")[1]
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return read


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": "1.2"}, "Invalid client_id parameter"),
        ({"redirect_uri": "https://evil.example/"}, "redirect_uri did not match any configured URIs."),
        ({"redirect_uri": f"{BACK}/more"}, "redirect_uri did not match any configured URIs."),
        ({"redirect_uri": None}, "redirect_uri did not match any configured URIs."),
        ({"response_type": "token"}, "response_type must be code"),
        ({"scope": "openid,email"}, "Invalid permissions requested"),
        ({"scope": "chat:write"}, "Invalid permissions requested"),
        ({"scope": None}, "Invalid permissions requested"),
        ({"state": None}, "state is missing"),
        ({"nonce": None}, "nonce is missing"),
    ],
)
def test_page_refuses(slack: Slack, changes: dict[str, str | None], words: str) -> None:
    """A question that does not hold is answered on Slack's own page, and the browser is sent nowhere."""
    answer = page(slack, **changes)

    assert (answer.status_code, words in answer.text) == (400, True)


def test_page_asks(slack: Slack) -> None:
    """The page offers the people of the workspace who can sign in, and to cancel."""
    text = page(slack, team=slack.team_id).text

    assert [name in text for name in ("Ada Lovelace", "Cancel")] == [True, True]
    assert [name in text for name in ("Stan Stranger", "Left Long-ago", "Register App</button>")] == [False] * 3


def test_there_and_back(slack: Slack, clock: HeldClock) -> None:
    """The way back has the state and a code; the code brings the claims that Slack documents."""
    back = choose(slack)
    answer = exchange(slack, back["code"])
    now = int(clock.now().timestamp())
    user = next(member.id for member in slack.workspace.people.values() if member.name == "Ada Lovelace")

    assert back["state"] == "the-state"
    assert (answer["ok"], answer["token_type"], answer["access_token"][:5]) == (True, "Bearer", "xoxp-")
    assert claims(answer) == {
        "iss": slack.url,
        "sub": user,
        "aud": slack.openid.client_id,
        "iat": now,
        "auth_time": now,
        "exp": now + 300,
        "nonce": "the-nonce",
        "https://slack.com/user_id": user,
        "https://slack.com/team_id": slack.team_id,
    }


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"client_id": "1.2"}, "invalid_client_id"),
        ({"client_secret": "wrong"}, "bad_client_secret"),
        ({"code": "1.2.3"}, "invalid_code"),
        ({"code": ""}, "invalid_code"),
        ({"redirect_uri": "https://evil.example/"}, "bad_redirect_uri"),
        ({"grant_type": "refresh_token"}, "invalid_grant_type"),
    ],
)
def test_exchange_refuses(slack: Slack, changes: dict[str, str], word: str) -> None:
    """A call that does not hold is refused in Slack's word, and leaves the code as good as before."""
    code = choose(slack)["code"]

    assert exchange(slack, **{"code": code, **changes}) == {"ok": False, "error": word}
    assert exchange(slack, code)["ok"] is True


def test_client_by_basic(slack: Slack) -> None:
    """The client may also say who it is by HTTP Basic."""
    code, address = choose(slack)["code"], f"{slack.api_url}openid.connect.token"
    data = {"code": code, "redirect_uri": BACK}
    wrong, right = (
        requests.post(address, data=data, auth=(slack.openid.client_id, secret), timeout=10).json()
        for secret in ("wrong", slack.openid.client_secret)
    )

    assert (wrong["error"], right["ok"]) == ("bad_client_secret", True)


def test_code_works_once(slack: Slack) -> None:
    """A code that was exchanged is used up."""
    code = choose(slack)["code"]
    exchange(slack, code)

    assert exchange(slack, code)["error"] == "code_already_used"


def test_code_grows_old(slack: Slack, clock: HeldClock) -> None:
    """After ten minutes a code is good no more."""
    code = choose(slack)["code"]
    clock.advance(timedelta(minutes=10, seconds=1))

    assert exchange(slack, code)["error"] == "code_expired"


def test_user_info(slack: Slack) -> None:
    """The access token tells who it is of; another tells nothing."""
    answer = exchange(slack, choose(slack)["code"])
    address = f"{slack.api_url}openid.connect.userInfo"
    told, refused = (
        requests.get(address, headers={"Authorization": f"Bearer {token}"}, timeout=10).json()
        for token in (answer["access_token"], "xoxp-other")
    )

    assert told["https://slack.com/user_id"] == told["sub"] == claims(answer)["sub"]
    assert refused == {"ok": False, "error": "invalid_auth"}
