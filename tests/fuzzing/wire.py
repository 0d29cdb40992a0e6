"""Bytes straight into the socket of the bot as the operator runs it, and what must come back."""

import re
import socket

import requests

from tests.fuzzing.listening import TRACE
from tests.sandbox.stage import Stage

STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
HOST = b"Host: bot.example\r\n"
JSON = b"Content-Type: application/json\r\n"


def connect(stage: Stage, *, seconds: float = 10) -> socket.socket:
    """A line to the bot."""
    return socket.create_connection(("127.0.0.1", stage.port), timeout=seconds)


def rest_of(line: socket.socket) -> bytes:
    """Everything that comes until the bot hangs up."""
    return b"".join(iter(lambda: line.recv(65536), b""))


def say(stage: Stage, raw: bytes) -> bytes:
    """Send bytes, say that there are no more, and return what came back until the connection ended."""
    with connect(stage) as line:
        try:
            line.sendall(raw)
            line.shutdown(socket.SHUT_WR)
            return rest_of(line)
        except ConnectionError:
            # A server may hang up on what it will not read to its end.
            return b""


def statuses(answer: bytes) -> list[int]:
    """The status of each answer."""
    return [int(status) for status in STATUS.findall(answer)]


def check(stage: Stage, answer: bytes) -> None:
    """No 5xx but the one that HTTP asks for at an unknown transfer coding; no trace; and the bot still answers."""
    assert set(statuses(answer)) <= {*range(200, 500), 501}
    assert not TRACE.search(answer.decode("latin-1"))
    assert answers(stage)


def answers(stage: Stage, *, seconds: float = 10) -> bool:
    """Say whether the bot answers in this time."""
    return requests.get(f"{stage.url}/healthz", timeout=seconds).ok
