"""Where a request ends, found out while it comes in pieces."""

from http import HTTPStatus

import pytest
from gunicorn.config import Config
from gunicorn.http import get_parser
from gunicorn.http.errors import NoMoreData, ParseException
from hypothesis import given
from hypothesis import strategies as st

from bot.arrival import MOST_BODY, MOST_HEAD, Arrival

CLIENT = ("192.0.2.7", 4711)
HEAD = b"POST /secret/look HTTP/1.1\r\nHost: bot.example\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = {
    "no body": HEAD + b"\r\n",
    "an empty body": HEAD + b"Content-Length: 0\r\n\r\n",
    "a body": HEAD + b"content-length: 11\r\n\r\nab\r\n\r\ncdefg",
    "an empty line before it": b"\r\n" + HEAD + b"\r\n",
    "an older one": b"GET / HTTP/1.0\r\n\r\n",
    "no chunks": CHUNKED + b"0\r\n\r\n",
    "chunks": CHUNKED + b"3\r\n0\r\n\r\nA;x=y\r\n0123456789\r\n000\r\n\r\n",
    "trailers": CHUNKED + b"1\r\nx\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n",
}
PIECES = [
    *(
        HEAD,
        CHUNKED,
        b"\r\n",
        b"0\r\n\r\n",
        b"2\r\nab\r\n",
        b"ffffffffffffffffffff\r\n",
        b"-1\r\n",
        b"5 \r\n",
        b";\r\n",
    ),
    *(
        b"Content-Length: 3\r\n\r\n",
        b"Content-Length: \xb2\r\n\r\n",
        b"Expect: 100-continue\r\n",
        b"GET / HTTP/1.0\r\n",
    ),
]


def arrived(*pieces: bytes) -> Arrival:
    """What is known after these pieces; none is taken after all is known."""
    made = Arrival(Config(), CLIENT)
    for piece in pieces:
        if not made.whole and made.fault is None:
            made.take(piece)
    return made


@pytest.mark.parametrize("raw", WHOLE.values(), ids=WHOLE)
def test_whole_with_its_last_byte(raw: bytes) -> None:
    """A request is whole with its last byte and not before, and nothing is wrong with it on the way."""
    states = [arrived(raw[:end]) for end in range(1, len(raw) + 1)]

    assert [state.fault for state in states] == [None] * len(raw)
    assert [state.whole for state in states] == [False] * (len(raw) - 1) + [True]


@pytest.mark.parametrize("raw", WHOLE.values(), ids=WHOLE)
@given(data=st.data())
def test_in_whatever_pieces(raw: bytes, data: st.DataObject) -> None:
    """However a request is cut, it is whole at its end, also with the next one behind it."""
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1), max_size=8)))
    pieces = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]

    assert arrived(*pieces).whole
    assert arrived(*pieces[:-1], pieces[-1] + b"GET / HTTP/1.1\r\n").whole


@given(pieces=st.lists(st.one_of(st.sampled_from(PIECES), st.binary(min_size=1, max_size=40)), min_size=1, max_size=8))
def test_whatever_comes(pieces: list[bytes]) -> None:
    """What counts as whole is enough for gunicorn: it never waits for more, and there is nothing wrong besides."""
    state = arrived(*pieces)
    if not state.whole:
        return
    try:
        body = next(get_parser(Config(), [bytes(state.data)], CLIENT)).body
        read = b"" if body is None else body.read()
    except ParseException:
        read = b""
    except NoMoreData:
        pytest.fail("It was not whole.")

    assert (state.fault, len(read) <= len(state.data)) == (None, True)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (HEAD + b"Content-Length: -1\r\n\r\n", 400),
        (HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (CHUNKED + b"zz\r\n", 400),
        (CHUNKED + b"-1\r\n", 400),
        (HEAD + b"Content-Length: %d\r\n\r\n" % (MOST_BODY + 1), 413),
        (CHUNKED + b"%x\r\n" % (MOST_BODY + 1), 413),
        (CHUNKED + b"1\r\nx\r\n" * (MOST_BODY // 6 + 1), 413),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * (MOST_BODY // 6 + 1), 413),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (HEAD + b"Expect: wonders\r\n\r\n", 417),
        (HEAD + b"X: " + b"y" * 9000 + b"\r\n\r\n", 431),
        (HEAD + b"X: y\r\n" * (MOST_HEAD // 6 + 1), 431),
        (HEAD + b"Transfer-Encoding: rot13\r\n\r\n", 501),
    ],
)
def test_what_never_will_be(raw: bytes, status: int) -> None:
    """What can never become a request is known as soon as it shows, with the status that says why."""
    assert arrived(raw).fault == status


def test_no_more_comes() -> None:
    """A request that ends before its end is a bad one."""
    assert arrived(WHOLE["a body"][:-1], b"").fault is HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (HEAD + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n", True),
        (HEAD + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n{}", False),
        (b"POST / HTTP/1.0\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n", False),
        (HEAD + b"Content-Length: 2\r\n\r\n", False),
    ],
)
def test_who_waits_for_us(raw: bytes, *, expected: bool) -> None:
    """Only who asked to be told, and has not sent the body already, waits to be told; HTTP/1.0 never does."""
    assert expected == arrived(raw).waits_for_us
