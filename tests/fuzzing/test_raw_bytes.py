"""What no library would send, straight into the socket of the bot as the operator runs it."""

import re
import socket
from collections.abc import Iterator

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.listening import TRACE
from tests.sandbox.stage import Stage

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
HOST = b"Host: bot.example\r\n"
JSON = b"Content-Type: application/json\r\n"
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
    "an unknown coding": b"POST /secret/look HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: rot13\r\n\r\n",
    "three in a row": (b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n") * 3,
    "an upgrade": b"GET /secret HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The bot in a process of its own."""
    made = Stage(folder=tmp_path_factory.mktemp("stage"))
    yield made
    made.stop()


def say(stage: Stage, raw: bytes) -> bytes:
    """Send bytes, say that there are no more, and return what came back until the connection ended."""
    with socket.create_connection(("127.0.0.1", stage.port), timeout=10) as line:
        try:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: line.recv(65536), b""))
        except ConnectionError:
            # A server may hang up on what it will not read to its end.
            return b""


def check(stage: Stage, answer: bytes) -> None:
    """No 5xx but the one that HTTP asks for at an unknown transfer coding; no trace; and the bot still answers."""
    assert {int(status) for status in STATUS.findall(answer)} <= {*range(200, 500), 501}
    assert not TRACE.search(answer.decode("latin-1"))
    assert requests.get(f"{stage.url}/healthz", timeout=10).ok


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


def test_log_of_it_all(stage: Stage) -> None:
    """The log has one line for each and no trace."""
    say(stage, RAW["no words"])
    say(stage, RAW["bytes in the path"])

    assert "Traceback" not in stage.log_file.read_text()
