"""Clients that are slow to send, to read or to hang up, more of them than the bot has threads."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from bot.settings import Settings
from tests.fuzzing.wire import HOST, JSON, answers, connect, rest_of, say, statuses
from tests.sandbox.stage import Stage, until

MANY = 3 * int(Settings.model_fields["threads"].default)
# Slack waits so long for its answer.
SOON = 3.0
LOOK = b"POST /secret/look HTTP/1.1\r\n" + HOST + JSON
SLACK = b"X-Slack-Request-Timestamp: 1\r\nX-Slack-Signature: v0=" + b"0" * 64 + b"\r\n"
UNFINISHED = {
    "nothing": b"",
    "half a request line": b"GET /hea",
    "half a head": b"GET / HTTP/1.1\r\n" + HOST + b"X: ",
    "half a body": LOOK + b"Content-Length: 100\r\n\r\n{",
    "half a body from Slack": b"POST /slack/events HTTP/1.1\r\n" + HOST + SLACK + b"Content-Length: 100\r\n\r\n{",
    "half a body that is refused": LOOK + b"Sec-Fetch-Site: cross-site\r\nContent-Length: 100\r\n\r\n{",
    "half a body that nobody reads": b"POST /nothing HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": LOOK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "no last chunk": LOOK + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
    "half a trailer": LOOK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n",
    "the rest only when asked for": LOOK + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
    "one whole request and half another": b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\nGET /",
}
WHOLE = b"GET /static/page.css HTTP/1.1\r\n" + HOST


@contextmanager
def held(stage: Stage, raw: bytes, lines: int = MANY, *, narrow: bool = False) -> Iterator[list[socket.socket]]:
    """Say the same over many lines and keep them open; narrow ones take in next to nothing of an answer."""
    with ExitStack() as stack:
        made = [stack.enter_context(socket.socket()) for _ in range(lines)]
        for line in made:
            if narrow:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 88)
            line.settimeout(20)
            line.connect(("127.0.0.1", stage.port))
            line.sendall(raw)
        yield made


@pytest.mark.parametrize("raw", UNFINISHED.values(), ids=UNFINISHED)
def test_unfinished_requests(stage: Stage, raw: bytes) -> None:
    """Requests that are never finished, more than there are threads, keep nobody else waiting."""
    with held(stage, raw):
        assert answers(stage, seconds=SOON)


def test_unfinished_requests_end(stage: Stage) -> None:
    """Who does not finish in ten seconds is told so, or hung up on when there is nothing to tell."""
    with held(stage, UNFINISHED["half a body"], 1) as (body,), held(stage, b"", 1) as (silent,):
        assert statuses(rest_of(body)) == [408]
        assert rest_of(silent) == b""


def test_nobody_hangs_up(stage: Stage) -> None:
    """Clients that have their answer and do not hang up keep nobody else waiting, and are hung up on."""
    with held(stage, WHOLE + b"Connection: close\r\n\r\n") as lines:
        assert answers(stage, seconds=SOON)
        assert {tuple(statuses(rest_of(line))) for line in lines} == {(200,)}


def test_nobody_reads(stage: Stage) -> None:
    """Clients that ask for much and take nothing of the answers keep nobody else waiting."""
    before = stage.log_file.read_text().count("GET /static")
    with held(stage, (WHOLE + b"\r\n") * 20, narrow=True):
        # Each line holds some answers; by the sixth or so it is full.
        until(lambda: stage.log_file.read_text().count("GET /static") >= before + 5 * MANY)

        assert answers(stage, seconds=SOON)


def test_all_places_taken(stage: Stage) -> None:
    """With more connections than the bot keeps the oldest unfinished one gives way."""
    with held(stage, b"", 600) as lines:
        assert answers(stage, seconds=SOON)
        assert rest_of(lines[0]) == b""


def test_more_than_is_kept(stage: Stage) -> None:
    """Unfinished bodies, more than the bot keeps, give way as well: the oldest first."""
    body = LOOK.replace(b"look", b"reveal") + b"Content-Length: 1048576\r\n\r\n" + b"x" * 1_000_000
    with held(stage, body, 80) as lines:
        assert answers(stage, seconds=SOON)
        assert rest_of(lines[0]) == b""


def test_answers_in_their_order(stage: Stage) -> None:
    """Requests that come in one piece over one connection are answered one after the other."""
    line = b"GET /%b HTTP/1.1\r\n" + HOST + b"\r\n"
    answer = say(stage, line % b"healthz" + line % b"nothing" + line % b"robots.txt")

    assert statuses(answer) == [200, 404, 200]


def test_in_small_pieces(stage: Stage) -> None:
    """A request that comes byte by byte is one request."""
    raw = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n" + WHOLE + b"\r\n"
    with connect(stage) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(len(raw)):
            line.sendall(raw[number : number + 1])
        line.shutdown(socket.SHUT_WR)

        assert statuses(rest_of(line)) == [405, 200]


def test_told_to_go_on(stage: Stage) -> None:
    """Who waits to be told before sending a body is told (RFC 9110, 10.1.1), and then answered."""
    with connect(stage) as line:
        line.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        told = line.recv(65536)
        line.sendall(b"{}")
        line.shutdown(socket.SHUT_WR)

        assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert statuses(rest_of(line))[-1] == 405


@pytest.mark.parametrize("head", [b"Content-Length: 9999999\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nffffff\r\n"])
def test_too_long_is_no_second_request(stage: Stage, head: bytes) -> None:
    """What follows a body that is too long to be read is never taken for another request."""
    smuggled = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    with connect(stage) as line:
        line.sendall(LOOK + head + smuggled * 100)

        assert statuses(line.recv(65536)) == [413]
        assert statuses(rest_of(line)) == []
