"""The two addresses of a sign-in, and the cookies of the page: whatever is in them, nobody comes in by it."""

import io
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from tests.fuzzing.listening import TRACE
from tests.journeys.signing_in import Window, title
from tests.journeys.world import World

FUZZ = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = st.sampled_from(
    [
        *(
            "a",
            "A" * 43,
            "state",
            "code",
            "error",
            "access_denied",
            "invalid_scope",
            "=",
            "&",
            ";",
            "+",
            "..",
            "[]",
            '"',
        ),
        *("%00", "%ff", "%ED%A0%80", "%0d%0aSet-Cookie: viewer=x", "\\", ",", "\x01", "\xff", "\xed\xa0\x80", "#", " "),
    ]
)
TEXT = st.lists(PIECES, max_size=4).map("".join)
QUERY = st.lists(st.tuples(st.sampled_from(["state", "code", "error", "x", "state[]"]), TEXT), max_size=4)
NAMES = st.sampled_from(["sign-in", "viewer", "__Host-viewer", "__Host-sign-in", "x", ""])
VALUES = st.one_of(
    TEXT, st.lists(st.sampled_from(["eyJ1bnRpbCI6MX0", ".eJw", ".", "a", "-", "\xff"]), max_size=5).map("".join)
)
COOKIES = st.lists(st.tuples(NAMES, VALUES), max_size=3)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT"])


def joined(pairs: Iterable[tuple[str, str]], by: str) -> str:
    """Names and values as a header or an address carries them."""
    return by.join(f"{name}={value}" for name, value in pairs)


def answered(world: World, path: str, method: str, query: str, cookie: str) -> Any:
    """Ask the bot; the answer was looked at."""
    # Past the time in which one address may ask only so often.
    world.clock.advance(timedelta(minutes=2))
    client = world.bot.web.test_client(use_cookies=False)
    raw = {"PATH_INFO": path, "QUERY_STRING": query.encode("utf-8", "surrogatepass").decode("latin-1")}
    answer = client.open(
        "/", method=method, headers={"Cookie": cookie}, json={"token": "u" * 43}, environ_overrides=raw
    )
    assert answer.status_code < 500, answer.text
    assert not TRACE.search(answer.text)
    return answer


@FUZZ
@given(path=st.sampled_from(["/secret/sign-in", "/secret/signed-in"]), method=METHODS, query=QUERY, cookies=COOKIES)
def test_any_way_back(
    guarded: World, logged: io.StringIO, path: str, method: str, query: list[Any], cookies: list[Any]
) -> None:
    """Any address and any cookie bring no 5xx and no trace, and sign nobody in."""
    answer = answered(guarded, path, method, joined(query, "&"), joined(cookies, "; "))

    assert not [line for line in answer.headers.getlist("Set-Cookie") if line.startswith("viewer=")]
    assert "Traceback" not in logged.getvalue()
    assert guarded.slack.journal.calls("openid.connect.token") == []


@FUZZ
@given(path=st.sampled_from(["/secret/look", "/secret/reveal", "/secret/seen"]), cookies=COOKIES)
@example(path="/secret/look", cookies=[("viewer", "eyJ1bnRpbCI6MX0.x.y")])
def test_any_cookie(guarded: World, logged: io.StringIO, path: str, cookies: list[Any]) -> None:
    """Any cookie that the bot did not make names nobody."""
    answer = answered(guarded, path, "POST", "", joined(cookies, "; "))

    assert answer.status_code == 204 or answer.get_json()["state"] == "sign_in"
    assert "Traceback" not in logged.getvalue()


@FUZZ
@given(
    place=st.integers(0, 1000),
    put=st.characters(min_codepoint=33, max_codepoint=255, exclude_characters='";,\\'),
)
def test_a_cookie_that_was_changed(guarded: World, place: int, put: str) -> None:
    """A true cookie in which one character is another, or that carries another's name, names nobody."""
    window = Window(world=guarded)
    assert window.sign_in("ada").status_code == 303
    true = window.cookie("viewer") or ""
    # Of the last character two bits mean nothing (RFC 4648, 3.5).
    at = place % (len(true) - 1)
    assume(put != true[at])
    forged = f"{true[:at]}{put}{true[at + 1 :]}"
    client = guarded.bot.web.test_client(use_cookies=False)
    looks = [
        client.post("/secret/look", json={"token": "u" * 43}, headers={"Cookie": cookie}).get_json()["state"]
        for cookie in (f"viewer={true}", f"viewer={forged}", f"sign-in={true}", f"x={true}")
    ]
    guarded.clock.advance(timedelta(minutes=2))

    assert looks[0] != "sign_in"
    assert looks[1:] == ["sign_in"] * 3


CLAIMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.just("\ud800"),
    st.just(["x"]),
    st.just({"a": 1}),
)


@FUZZ
@given(
    claims=st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "nonce", "https://slack.com/user_id", "https://slack.com/team_id", "x"]),
        CLAIMS,
        min_size=1,
        max_size=3,
    )
)
def test_any_claims(guarded: World, logged: io.StringIO, claims: dict[str, Any]) -> None:
    """An id_token with any claims brings an answer in words; only with what counts left as it was somebody comes in."""
    guarded.clock.advance(timedelta(minutes=2))
    guarded.slack.openid.claims = claims
    answer = Window(world=guarded).sign_in("ada")

    assert answer.status_code == 303 or title(answer) in {"This sign-in does not count", "That is another workspace"}
    assert answer.status_code == 200 or set(claims) <= {"x", "exp", "aud"}
    assert "Traceback" not in logged.getvalue()
