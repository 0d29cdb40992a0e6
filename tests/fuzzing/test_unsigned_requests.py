"""What anybody in the network can send: any method, address, header and body, to the whole bot."""

import io
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.keeping import kept
from tests.fuzzing.listening import TRACE
from tests.fuzzing.mutation import JUNK
from tests.journeys.world import World

FUZZ = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATHS = (
    *("/", "/secret", "/secret/look", "/secret/reveal", "/secret/seen", "/slack/events", "/healthz", "/readyz"),
    *("/static/page.css", "/static/../bot/app.py", "/static/%2e%2e/%2e%2e/pyproject.toml", "/robots.txt", "//secret"),
    *("/secret/", "/SECRET", "/secret/reveal/..", "/secret%00", "/secret?x=%ff", "/metrics", "/admin", "/%ff%fe", "/;"),
)
METHODS = st.sampled_from(
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"]
)
KINDS = st.sampled_from(
    [
        *("application/json", "application/json; charset=utf-7", "application/x-www-form-urlencoded"),
        *(
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "text/plain",
            "",
            "a/b;c=\x01",
            "application/" * 50,
        ),
    ]
)
# WSGI carries a header as Latin-1 (PEP 3333), without the line ends that no server lets through.
HEADER = st.one_of(
    st.text(st.characters(min_codepoint=1, max_codepoint=255, exclude_characters="\r\n"), max_size=60),
    st.sampled_from(
        [
            *("Basic \xff", "Basic Og==", "Bearer", "Bearer \xff", "bearer a=b, c=", "Digest \xff", "null", "https"),
            *(
                ",,",
                "::1",
                "fe80::1%eth0",
                "[::1]:99999",
                "1.2.3.4:x",
                "cross-site",
                "same-origin",
                "0",
                "-1",
                "chunked",
            ),
        ]
    ),
)
NAMES = st.sampled_from(
    [
        *("Origin", "Referer", "Host", "Sec-Fetch-Site", "X-Forwarded-For", "X-Forwarded-Proto", "Cookie", "Range"),
        *("X-Slack-Signature", "X-Slack-Request-Timestamp", "X-Slack-Retry-Num", "Accept-Encoding", "Authorization"),
        *("Content-Length", "Transfer-Encoding", "Expect", "If-None-Match", "User-Agent", "Accept-Language"),
    ]
)
BODIES = st.one_of(
    st.binary(max_size=300),
    JUNK.map(lambda value: json.dumps({"token": value}).encode()),
    JUNK.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=60).map(lambda value: b"token=" + value),
    st.integers(4000, 5000).map(lambda size: b"x" * size),
)


def answered(world: World, **request: Any) -> int:
    """Send one request to the bot; return the status, after the answer was looked at."""
    # Past the time in which one address may ask only so often, so that each request is heard.
    world.clock.advance(timedelta(minutes=2))
    # The client of the tests would read an address as it likes; the server gives its bytes (PEP 3333).
    raw = {"PATH_INFO": request["path"].encode("utf-8", "surrogatepass").decode("latin-1")}
    answer = world.bot.web.test_client().open(**{**request, "path": "/"}, environ_overrides=raw)
    assert answer.status_code < 500, answer.text
    assert not TRACE.search(answer.get_data().decode("utf-8", "replace")) or request["path"] == "/static/page.css"
    return answer.status_code


@FUZZ
@given(
    path=st.one_of(st.sampled_from(PATHS), st.text(max_size=30).map("/{}".format)),
    method=METHODS,
    kind=KINDS,
    headers=st.dictionaries(NAMES, HEADER, max_size=4),
    body=BODIES,
)
def test_any_request(  # noqa: PLR0913, PLR0917 - a request has so many parts
    world: World, logged: io.StringIO, path: str, method: str, kind: str, headers: dict[str, str], body: bytes
) -> None:
    """A request of any kind to any address brings no 5xx, shows no trace, and writes no trace into the log."""
    headers.pop("Content-Length", None)
    answered(world, path=path, method=method, headers={**headers, "Content-Type": kind}, data=body)

    assert "Traceback" not in logged.getvalue()


@FUZZ
@given(scheme=st.sampled_from(["Basic", "Bearer", "bearer", "Digest", "Negotiate", ""]), given_as=HEADER)
def test_any_credentials(world: World, logged: io.StringIO, scheme: str, given_as: str) -> None:
    """Credentials of any kind that are not the token are 401 at the figures, and write no trace."""
    assert answered(world, path="/metrics", method="GET", headers={"Authorization": f"{scheme} {given_as}"}) == 401
    assert "Traceback" not in logged.getvalue()


@FUZZ
@given(body=BODIES, kind=KINDS, digits=st.text("0123456789abcdef", min_size=64, max_size=64))
def test_any_signature(world: World, body: bytes, kind: str, digits: str) -> None:
    """A request with a signature of Slack's form that does not hold is 401, whatever its body."""
    headers = {"X-Slack-Signature": f"v0={digits}", "X-Slack-Request-Timestamp": str(int(time.time()))}

    assert (
        answered(world, path="/slack/events", method="POST", headers={**headers, "Content-Type": kind}, data=body)
        == 401
    )


@pytest.mark.parametrize("path", ["/secret/look", "/secret/reveal", "/secret/seen"])
def test_guesses(world: World, logged: io.StringIO, path: str) -> None:
    """Tokens that are nobody's, in whatever form, change nothing, and are in no log."""
    before = kept(world)

    @FUZZ
    @given(token=st.text("abcXYZ019-_", min_size=43, max_size=43), kind=st.sampled_from(["json", "form"]))
    def guess(token: str, kind: str) -> None:
        given_as: dict[str, Any] = {"json": {"token": token}} if kind == "json" else {"data": {"token": f"#{token}"}}
        assert answered(world, path=path, method="POST", **given_as) in {204, 404, 415}
        assert token not in logged.getvalue()

    guess()

    assert kept(world) == before
