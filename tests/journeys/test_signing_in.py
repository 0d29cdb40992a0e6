"""Signing in with Slack: who came back, and everything that is not a sign-in that this browser began just now."""

import logging
from collections.abc import Callable
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
import requests

from bot.app import build
from tests.journeys.one_time_link import secrets, state
from tests.journeys.signing_in import Window, query, signed_in, title
from tests.journeys.world import World
from tests.sandbox.slack import faults
from tests.sandbox.trouble import Fault

SPENT = "This sign-in does not count"


def is_signed_in(window: Window) -> bool:
    """Whether the page knows who this is."""
    return state(window.post("look", "u" * 43)) != "sign_in"


def test_what_slack_is_asked(guarded: World) -> None:
    """The browser is sent to Slack with the scope openid alone, our workspace, and a state and nonce of its own."""
    first, second = (Window(world=guarded).begin() for _ in range(2))
    asked, again = query(first.headers["Location"]), query(second.headers["Location"])
    state_, nonce = asked.pop("state"), asked.pop("nonce")

    assert first.status_code == 303
    assert first.headers["Location"].startswith(f"{guarded.slack.url}/openid/connect/authorize?")
    assert asked == {
        "response_type": "code",
        "client_id": guarded.slack.openid.client_id,
        "scope": "openid",
        "redirect_uri": f"{guarded.server.url}/secret/signed-in",
        "team": guarded.slack.team_id,
    }
    assert len({state_, nonce, again["state"], again["nonce"]}) == 4
    assert min(len(state_), len(nonce)) == 43


def test_there_and_back(guarded: World) -> None:
    """After the way there and back the page knows who it is, and Slack was asked once, without the bot's token."""
    window = Window(world=guarded)
    before = is_signed_in(window)
    came_in = window.sign_in("ada")
    exchanges = [e for e in guarded.slack.journal.exchanges if "openid.connect.token" in e.call]

    assert (before, came_in.status_code, came_in.headers["Location"]) == (False, 303, "/secret")
    assert is_signed_in(window)
    assert len(exchanges) == 1
    assert guarded.slack.bot_token.encode() not in exchanges[0].request_body


def cookies(answer: requests.Response) -> dict[str, dict[str, str]]:
    """What an answer sets, by name: the attributes that are not empty, but for the date beside the age."""
    parsed: SimpleCookie = SimpleCookie()
    for line in answer.raw.headers.getlist("Set-Cookie"):
        parsed.load(line)
    return {name: {k: str(v) for k, v in morsel.items() if v and k != "expires"} for name, morsel in parsed.items()}


def test_cookies(guarded: World) -> None:
    """The cookies are out of a script's reach; the one on the way lives ten minutes, the one afterwards fifteen."""
    window = Window(world=guarded)
    begun = window.begin()
    came_in = window.get(window.answer(begun.headers["Location"], "ada"))

    assert cookies(begun) == {
        "sign-in": {"max-age": "600", "path": "/", "httponly": "True", "samesite": "Lax"},
    }
    assert cookies(came_in)["viewer"] == {"max-age": "900", "path": "/", "httponly": "True", "samesite": "Strict"}
    assert window.cookie("sign-in") is None


def test_cookies_over_https(guarded: World) -> None:
    """Behind https the cookies are Secure and carry the prefix that keeps other hosts from setting them."""
    settings = guarded.settings().model_copy(update={"public_url": "https://apps.contoso.example"})
    bot = build(settings, now=guarded.clock.now)
    line = bot.web.test_client().get("/secret/sign-in").headers["Set-Cookie"]
    bot.close()

    assert line.startswith("__Host-sign-in=")
    assert "; Secure" in line
    assert "; Path=/" in line
    assert "Domain" not in line


def test_any_instance(guarded: World) -> None:
    """What one instance began another finishes, and a third knows who it is: nothing is kept in a process."""
    window = Window(world=guarded)
    back = window.way_back("ada")
    guarded.restart()
    came_in = window.get(back)
    guarded.restart()

    assert came_in.status_code == 303
    assert is_signed_in(window)


def other_state(back: str) -> str:
    """The same way back with a state of somebody's own."""
    return back.replace(query(back)["state"], "A" * 43)


def no_state(back: str) -> str:
    """The same way back without its state."""
    return back.partition("&state=")[0]


def strange_state(back: str) -> str:
    """The same way back with a state that is no ASCII."""
    return back.replace(query(back)["state"], "%C3%A9" * 43)


def no_code(back: str) -> str:
    """The same way back without a code, and without a word why."""
    return f"{back.partition('?')[0]}?state={query(back)['state']}"


def other_code(back: str) -> str:
    """The same way back with a code that Slack never gave."""
    return back.replace(query(back)["code"], "1.2.3")


@pytest.mark.parametrize("forge", [other_state, no_state, strange_state, no_code, other_code])
def test_forged_way_back(guarded: World, forge: Callable[[str], str]) -> None:
    """A way back that is not the one that this browser was sent on signs nobody in, and says to begin again."""
    window = Window(world=guarded)
    refused = window.get(forge(window.way_back("ada")))

    assert (refused.status_code, title(refused)) == (200, SPENT)
    assert 'href="/secret/sign-in"' in refused.text
    assert not is_signed_in(window)


@pytest.mark.parametrize("forge", [other_state, no_state, strange_state, no_code])
def test_forged_way_back_is_not_worth_a_question(guarded: World, forge: Callable[[str], str]) -> None:
    """Slack is asked about a code only when the way back is the one that this browser was sent on."""
    window = Window(world=guarded)
    window.get(forge(window.way_back("ada")))

    assert guarded.slack.journal.calls("openid.connect.token") == []


def test_begun_in_another_browser(guarded: World) -> None:
    """What was begun in one browser cannot be finished in another: nobody is signed in as somebody else unawares."""
    back = Window(world=guarded).way_back("grace")
    victim = Window(world=guarded)
    without = victim.get(back)
    victim.begin()
    with_its_own = victim.get(back)

    assert [title(without), title(with_its_own)] == [SPENT, SPENT]
    assert not is_signed_in(victim)


def test_replayed_way_back(guarded: World) -> None:
    """The same way back a second time signs nobody in: its cookie is gone, and with the cookie the code is used up."""
    window = Window(world=guarded)
    begun = window.begin()
    kept = window.cookie("sign-in")
    back = window.answer(begun.headers["Location"], "ada")
    window.get(back)
    assert kept is not None
    again = window.get(back)
    window.set_cookie("sign-in", kept)
    with_cookie = window.get(back)

    assert [title(again), title(with_cookie)] == [SPENT, SPENT]
    assert not is_signed_in(window)


def test_too_late(guarded: World) -> None:
    """Who takes more than ten minutes at Slack begins again."""
    window = Window(world=guarded)
    back = window.way_back("ada")
    guarded.clock.advance(timedelta(minutes=10))

    assert title(window.get(back)) == SPENT
    assert not is_signed_in(window)


def test_signed_in_for_a_quarter_of_an_hour(guarded: World) -> None:
    """After fifteen minutes the page asks again who it is, though the browser still sends the cookie."""
    window = signed_in(guarded, "ada")
    guarded.clock.advance(timedelta(minutes=14, seconds=59))
    before = is_signed_in(window)
    guarded.clock.advance(timedelta(seconds=1))

    assert (before, is_signed_in(window)) == (True, False)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "A" * 43},
        {"nonce": None},
        {"nonce": 5},
        {"iss": "https://slack.example"},
        {"iss": None},
        {"aud": "1.2"},
        {"aud": None},
        {"aud": ["1.2"]},
        {"exp": 1},
        {"exp": None},
        {"exp": True},
        {"exp": "9999999999"},
        {"https://slack.com/user_id": None},
        {"https://slack.com/user_id": ""},
        {"https://slack.com/user_id": ["U1"]},
        {"https://slack.com/user_id": "U1\x00"},
        {"https://slack.com/user_id": "u0000000005"},
        {"https://slack.com/user_id": "U" * 300},
        {"https://slack.com/user_id": "\ud800"},
        {"https://slack.com/anything": "\ud800"},
        {"nonce": "\ud800"},
        {"exp": float("nan")},
    ],
)
def test_id_token_that_is_not_for_us(guarded: World, claims: dict[str, Any]) -> None:
    """An id_token of another issuer, client, time or sign-in, or of nobody, signs nobody in."""
    guarded.slack.openid.claims = claims
    window = Window(world=guarded)

    assert title(window.sign_in("ada")) == SPENT
    assert not is_signed_in(window)


def test_audience_in_a_list(guarded: World) -> None:
    """A list with our client alone is an audience too (OpenID Connect Core 1.0, section 2)."""
    guarded.slack.openid.claims = {"aud": [guarded.slack.openid.client_id]}

    assert is_signed_in(signed_in(guarded, "ada"))


@pytest.mark.parametrize("team", ["T0000000000", None, ""])
def test_another_workspace(guarded: World, team: str | None) -> None:
    """Whoever signed in to another workspace is told so, and is not signed in, whatever their id."""
    guarded.slack.openid.claims = {"https://slack.com/team_id": team}
    window = Window(world=guarded)

    assert title(window.sign_in("ada")) == "That is another workspace"
    assert not is_signed_in(window)


def test_cancelled(guarded: World) -> None:
    """Whoever cancels at Slack is told so, nothing is asked of Slack, and they can begin again."""
    window = Window(world=guarded)
    cancelled = window.sign_in(None)
    again = window.sign_in("ada")

    assert title(cancelled) == "You did not sign in"
    assert 'href="/secret/sign-in"' in cancelled.text
    assert len(guarded.slack.journal.calls("openid.connect.token")) == 1
    assert again.status_code == 303


def test_cancelled_by_somebody_else(guarded: World) -> None:
    """The word that one cancelled counts only with the state of this browser."""
    answer = Window(world=guarded).get(f"{guarded.server.url}/secret/signed-in?error=access_denied&state=x")

    assert title(answer) == SPENT


SILENCE = [
    faults.down("openid.connect.token"),
    faults.rate_limited("openid.connect.token"),
    faults.unreachable("openid.connect.token"),
    faults.refused("openid.connect.token", "fatal_error"),
    Fault(match="openid.connect.token", status=502, body=None),
    Fault(match="openid.connect.token", status=200, body="a proxy's page"),
]


@pytest.mark.parametrize("fault", SILENCE)
def test_slack_does_not_answer(guarded: World, fault: Fault) -> None:
    """While Slack cannot say who it is the page says so; nothing is lost, and the next try succeeds."""
    token = guarded.press()
    guarded.slack.trouble.add(fault)
    window = Window(world=guarded)
    failed = window.sign_in("ada")
    guarded.slack.trouble.clear()
    window.sign_in("ada")

    assert (failed.status_code, title(failed)) == (200, "Slack is not answering")
    assert "nothing is used up" in failed.text
    assert window.post("reveal", token).json()["secret"]


def test_slack_is_away_at_the_beginning(guarded: World) -> None:
    """When not even our own workspace can be asked after, the page says so and sets no cookie."""
    guarded.restart()
    guarded.slack.trouble.add(faults.down("auth.test"))
    failed = Window(world=guarded).begin()

    assert (failed.status_code, title(failed)) == (200, "Slack is not answering")
    assert "Set-Cookie" not in failed.headers


@pytest.mark.parametrize("word", ["bad_client_secret", "invalid_client_id", "bad_redirect_uri", "a_new_word"])
def test_settings_that_slack_refuses(guarded: World, caplog: pytest.LogCaptureFixture, word: str) -> None:
    """When Slack refuses our own settings the page says whom to tell, and the log has Slack's word and no code."""
    caplog.set_level(logging.INFO)
    guarded.slack.trouble.add(faults.refused("openid.connect.token", word))
    failed = Window(world=guarded).sign_in("ada")

    assert title(failed) == "Signing in is not set up right"
    assert f"openid.connect.token says {word}." in caplog.text
    assert guarded.slack.openid.codes[0] not in caplog.text


def refused_on_the_way(world: World, word: str, window: Window | None = None) -> requests.Response:
    """The way back on which Slack sends a word in the place of a code."""
    window = window or Window(world=world)
    back = window.way_back("ada")
    return window.get(f"{back.partition('?')[0]}?state={query(back)['state']}&error={word}")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("invalid_scope", "Signing in is not set up right"),
        ("bad_redirect_uri", "Signing in is not set up right"),
        ("a_new_word", "Signing in is not set up right"),
        ("temporarily_unavailable", "Slack is not answering"),
        ("server_error", "Slack is not answering"),
        ("access_denied", "You did not sign in"),
        ("", SPENT),
        ("x" * 101, SPENT),
        ("Not-a-word", SPENT),
        ("%0Afaked+line", SPENT),
        ("%ED%A0%80", SPENT),
    ],
)
def test_refused_on_the_way(guarded: World, caplog: pytest.LogCaptureFixture, word: str, expected: str) -> None:
    """What Slack's word on the way back means is said as it is when the exchange of a code brings that word."""
    caplog.set_level(logging.INFO)

    assert title(refused_on_the_way(guarded, word)) == expected
    assert (f"says {word}." in caplog.text) == (expected == "Signing in is not set up right")
    assert "faked" not in caplog.text
    assert guarded.slack.journal.calls("openid.connect.token") == []


def test_refused_on_the_way_of_another(guarded: World, caplog: pytest.LogCaptureFixture) -> None:
    """A word without the state of this browser is worth nothing, and not written down."""
    answer = Window(world=guarded).get(f"{guarded.server.url}/secret/signed-in?error=invalid_scope&state=x")

    assert title(answer) == SPENT
    assert "invalid_scope" not in caplog.text


@pytest.mark.parametrize("path", ["/secret/sign-in", "/secret/signed-in"])
@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}])
def test_nothing_ahead_of_the_person(guarded: World, path: str, headers: dict[str, str]) -> None:
    """A page that is fetched ahead of its person begins and ends no sign-in."""
    window = Window(world=guarded)
    back = window.way_back("ada")
    address = back if path.endswith("signed-in") else f"{guarded.server.url}{path}"
    ahead = window.get(address, **headers)

    assert (ahead.status_code, "Set-Cookie" in ahead.headers) == (403, False)
    assert window.get(back).status_code == 303


def test_head_consumes_nothing(guarded: World) -> None:
    """A look at the headers is refused, and the way back is as good as before."""
    window = Window(world=guarded)
    back = window.way_back("ada")
    looks = [window.session.head(address, timeout=30) for address in (back, f"{guarded.server.url}/secret/sign-in")]

    assert [(look.status_code, look.headers["Allow"]) for look in looks] == [(405, "GET")] * 2
    assert window.get(back).status_code == 303


def test_at_slacks_pace(guarded: World) -> None:
    """From one address so many sign-ins a minute are begun and ended, and Slack is asked no more often."""
    window = Window(world=guarded)
    statuses = [window.begin().status_code for _ in range(21)]
    guarded.clock.advance(timedelta(seconds=60))

    assert statuses == [303] * 20 + [429]
    assert window.begin().status_code == 303


def spoilt(text: str) -> str:
    """A cookie with one letter changed."""
    return ("B" if text[0] != "B" else "C") + text[1:]


def unsigned(text: str) -> str:
    """A cookie without its signature."""
    return text.rpartition(".")[0]


def nothing(text: str) -> str:
    """No more than a word."""
    del text
    return "ada"


@pytest.mark.parametrize("forge", [spoilt, unsigned, nothing, str.swapcase])
def test_forged_cookie(guarded: World, forge: Callable[[str], str]) -> None:
    """A cookie that the bot did not write names nobody."""
    window = signed_in(guarded, "ada")
    true = window.cookie("viewer")
    assert true is not None
    window.set_cookie("viewer", forge(true))

    assert not is_signed_in(window)


def test_one_cookie_is_not_another(guarded: World) -> None:
    """The cookie of a sign-in that is not finished does not pass for that of a person, nor the other way round."""
    window = Window(world=guarded)
    window.begin()
    going = window.cookie("sign-in")
    viewer = signed_in(guarded, "ada").cookie("viewer")
    assert going is not None
    assert viewer is not None
    window.set_cookie("viewer", going)
    taken_for_a_person = is_signed_in(window)
    window.set_cookie("sign-in", viewer)
    came_back = window.get(f"{guarded.server.url}/secret/signed-in?code=1&state=x")

    assert not taken_for_a_person
    assert (came_back.status_code, title(came_back)) == (200, SPENT)


def test_another_client_secret_ends_it(guarded: World) -> None:
    """When the app's client secret is renewed, nobody is signed in by the old one any more."""
    window = signed_in(guarded, "ada")
    guarded.slack.openid.client_secret = "another" * 5
    guarded.restart()

    assert not is_signed_in(window)


def test_not_configured(approved: World) -> None:
    """Without the two settings there is no such address, no cookie, and nobody is asked who they are."""
    addresses = [f"{approved.server.url}/secret/{act}" for act in ("sign-in", "signed-in")]
    answers = [requests.get(address, allow_redirects=False, timeout=30) for address in addresses]
    shown = approved.reveal(approved.press())

    assert [answer.status_code for answer in answers] == [404, 404]
    assert "Sign in" not in requests.get(f"{approved.server.url}/secret", timeout=30).text
    assert "Set-Cookie" not in shown.headers
    assert len(secrets(approved)) == 1
