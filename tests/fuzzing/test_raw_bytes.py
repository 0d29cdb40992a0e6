"""What no library would send, straight into the socket of the bot as the operator runs it."""

import json
from http import HTTPStatus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.web_headers import worn
from tests.fuzzing.wire import HOST, JSON, check, say, statuses
from tests.sandbox.stage import Stage

TOKEN = b'{"token": "' + b"x" * 43 + b'"}'
# RFC 9112: what a server must or may refuse, and what smuggles one request in another.
RAW = {
    "nothing": b"",
    "no request line": b"\r\n\r\n\r\n",
    "no words": b"\x00\xff\xfe\x80\r\n\r\n",
    "TLS to a plain port": bytes.fromhex("16030100c8010000c40303") + b"\x00" * 40,
    "another protocol": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\n" + HOST + b"\r\n",
    "no version": b"GET /\r\n\r\n",
    "a long request line": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long header": b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 5000 + b"\r\n",
    "an absolute address": b"GET http://elsewhere.example/secret HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT elsewhere.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "bytes in the path": b"GET /\xff\xfe%ff%00 HTTP/1.1\r\n" + HOST + b"\r\n",
    "two hosts": b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\n" + HOST + b"nonsense\r\n\r\n",
    "bytes in a header": b"GET / HTTP/1.1\r\n" + HOST + b"Origin: \xff\xfe\x01\r\n\r\n",
    "a method of bytes": b"G\xffT / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long method": b"A" * 5000 + b" / HTTP/1.1\r\n" + HOST + b"\r\n",
    "a negative length": b"POST /secret/look HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: -1\r\n\r\n" + TOKEN,
    "a length of words": b"POST /secret/look HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: ten\r\n\r\n" + TOKEN,
    "two lengths": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a length too long": b"POST /secret/look HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 9999\r\n\r\n" + TOKEN,
    "a length beyond all": b"POST /slack/events HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n",
    "length and chunks": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n"
    + HOST
    + b"\r\n",
    "broken chunks": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n0\r\n\r\n",
    "a chunk too long": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\nxx",
    "chunks that end early": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "many chunks": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"1\r\nx\r\n" * 6000
    + b"0\r\n\r\n",
    "a chunk without its end": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabcd0\r\n\r\n",
    "a chunk with nonsense beside it": b"POST / HTTP/1.1\r\n"
    + HOST
    + b'Transfer-Encoding: chunked\r\n\r\n2;"\r\nab\r\n0\r\n\r\n',
    "a trailer that belongs in the head": b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\nHost: x\r\n\r\n",
    "a script's name": b"GET /healthz HTTP/1.1\r\n" + HOST + b"SCRIPT_NAME: /x\r\n\r\n",
    "a script's name in front": b"GET /x/healthz HTTP/1.1\r\n" + HOST + b"script_name: /x\r\n\r\n",
    "another path": b"GET /nothing HTTP/1.1\r\n" + HOST + b"PATH_INFO: /healthz\r\n\r\n",
    "an address with underscores": b"GET / HTTP/1.1\r\n" + HOST + b"X_Forwarded_For: 192.0.2.7\r\n\r\n",
    "a user": b"GET / HTTP/1.1\r\n" + HOST + b"REMOTE_USER: root\r\n\r\n",
    "credentials of bytes": b"GET /metrics HTTP/1.1\r\n" + HOST + b"Authorization: Basic \xff\r\n\r\n",
    "cookies of bytes": b"POST /secret/look HTTP/1.1\r\n"
    + HOST
    + JSON
    + b"Cookie: viewer=\xff.\xfe; sign-in=.eJx\xe9\r\nContent-Length: 2\r\n\r\n{}",
    "another expectation": b"POST / HTTP/1.1\r\n" + HOST + b"Expect: wonders\r\nContent-Length: 2\r\n\r\n{}",
    "an upgrade to HTTP/2": b"GET / HTTP/1.1\r\n"
    + HOST
    + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n",
    "an unknown coding": b"POST /secret/look HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: rot13\r\n\r\n",
    "three in a row": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n") * 3,
    "an upgrade": b"GET /secret HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
}


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW)
def test_raw_requests(stage: Stage, raw: bytes) -> None:
    """Whatever comes over the line, the bot refuses or answers it without a 5xx or a trace, and goes on."""
    check(stage, say(stage, raw))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.lists(
        st.one_of(st.sampled_from(list(RAW.values())), st.binary(max_size=50), st.just(b"\r\n")), min_size=1, max_size=4
    )
)
def test_any_bytes(stage: Stage, raw: list[bytes]) -> None:
    """Pieces of such requests in any order, and any bytes between, do no more."""
    check(stage, say(stage, b"".join(raw)))


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [(b"/x/healthz", b"SCRIPT_NAME: /x", 404), (b"/x/healthz", b"Script-Name: /x", 404), (b"/", b"PATH_INFO: /x", 200)],
)
def test_paths_are_what_was_asked(stage: Stage, path: bytes, name: bytes, status: int) -> None:
    """No header moves a request to another address, so that a proxy's rules for paths hold."""
    answer = say(stage, b"GET " + path + b" HTTP/1.1\r\n" + HOST + name + b"\r\n\r\n")

    assert statuses(answer) == [status]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("no words", 400),
        ("a method of bytes", 400),
        ("a long request line", 414),
        ("another expectation", 417),
        ("many headers", 431),
        ("an unknown coding", 501),
    ],
)
def test_what_is_no_request(stage: Stage, name: str, status: int) -> None:
    """What is no request is told so in plain words, in the headers of every answer."""
    head, _, body = say(stage, RAW[name]).partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    worn_by_all = {f"{name}: {value}" for name, value in worn(stage.url).items()}

    assert (lines[0].split()[1], body.decode()) == (str(status), f"{HTTPStatus(status).phrase}\n")
    assert worn_by_all <= set(lines)


def test_log_of_it_all(stage: Stage) -> None:
    """The log has no trace of it, no warning, and neither a path nor an address."""
    for raw in RAW.values():
        say(stage, raw.replace(b"/secret", b"/canary"))
    lines = [json.loads(line) for line in stage.log_file.read_text().splitlines()]
    told = [line["event"] for line in lines if "listens at" not in line["event"]]

    assert {line["level"] for line in lines} == {"INFO"}
    assert not [event for event in told if "canary" in event or "127.0.0.1" in event]
