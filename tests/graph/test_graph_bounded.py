"""An answer has an end: of one that is too long, too slow, or cut short, nothing is made."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import requests

from bot.graph.bounded import BoundedAdapter, bounded_session
from bot.graph.token_wire import TIMEOUT

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


@contextmanager
def answering(say: Callable[[socket.socket], None]) -> Iterator[str]:
    """A host that answers one request as told, and then waits for the other side to go; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                say(connection)
                connection.shutdown(socket.SHUT_WR)
                connection.recv(1)
            except OSError:
                return  # The other side went first, as it should from an answer without an end.

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    thread.join(10)
    listener.close()
    assert not thread.is_alive()


def session(most_bytes: int = 1000, monotonic: Callable[[], float] = lambda: 0.0) -> requests.Session:
    """A session whose answers have at most so many bytes, and 60 seconds by the clock given."""
    made = requests.Session()
    made.mount("http://", BoundedAdapter(most_bytes=most_bytes, most_seconds=60.0, monotonic=monotonic))
    return made


def saying(rest: bytes) -> Callable[[socket.socket], None]:
    """Say this after the first line of an answer."""
    return lambda connection: connection.sendall(HEAD + rest)


def packed(body: bytes) -> bytes:
    """Return the headers and the body of a packed answer."""
    content = gzip.compress(body)
    return b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(content) + content


def endless(connection: socket.socket) -> None:
    """Say something for ever."""
    connection.sendall(HEAD + b"\r\n")
    for _ in count():
        connection.sendall(b"x" * 100)


def wait_for_the_other(connection: socket.socket) -> None:
    """Say one byte of two, and then nothing until the other side goes."""
    connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{")
    connection.recv(1)


def test_whole() -> None:
    """An answer within the bounds comes as it is, unpacked where it was packed."""
    with answering(saying(packed(b'{"id": "x"}'))) as url, session() as http:
        answer = http.get(url, timeout=TIMEOUT)

    assert (answer.status_code, answer.json()) == (200, {"id": "x"})


def test_empty() -> None:
    """An answer without a body is whole."""
    with answering(saying(b"Content-Length: 0\r\n\r\n")) as url, session() as http:
        assert http.get(url, timeout=TIMEOUT).content == b""


def test_endless() -> None:
    """An answer that goes on is given up at its bound."""
    with answering(endless) as url, session() as http, pytest.raises(requests.ConnectionError, match="broke off"):
        http.get(url, timeout=TIMEOUT)


def test_bomb() -> None:
    """What counts is what a packed answer unpacks to."""
    bomb = packed(b"0" * 10_000_000)

    with answering(saying(bomb)) as url, session() as http, pytest.raises(requests.ConnectionError, match="broke off"):
        http.get(url, timeout=TIMEOUT)


def test_drips() -> None:
    """An answer that comes byte by byte is given up when its time is over, not when it is whole."""
    seconds = count(0.0, 61.0)

    with (
        answering(wait_for_the_other) as url,
        session(monotonic=lambda: next(seconds)) as http,
        pytest.raises(requests.ConnectionError, match="broke off"),
    ):
        http.get(url, timeout=TIMEOUT)


def test_cut_short() -> None:
    """An answer that ends before its length is none; the address is not in the error's text."""
    with (
        answering(saying(b"Content-Length: 99\r\n\r\n{}")) as url,
        session() as http,
        pytest.raises(requests.ConnectionError) as caught,
    ):
        http.get(f"{url}some-id", timeout=TIMEOUT)

    assert "some-id" not in str(caught.value)


def test_every_call_is_bounded() -> None:
    """The session that the bot uses has bounds for whatever address it asks."""
    http = bounded_session()

    assert all(isinstance(http.get_adapter(url), BoundedAdapter) for url in ("https://x.example", "http://127.0.0.1"))
