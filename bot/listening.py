"""gunicorn's worker of threads, in which no client can hold a thread: clients are waited for on the loop alone.

gunicorn's own reads a request and writes its answer in a thread, and waits on its loop until the other side hangs up.
As many clients as there are threads, slow in any of the three, keep everybody else waiting (gunicorn's issue 3301 and
pull request 3519; its page "Deploying Gunicorn" therefore asks for a proxy that buffers, which few do by themselves).
Here a thread gets a request once all of it is here, and the answer leaves, as fast as it is taken, when the thread is
done.

What is overridden are methods of gunicorn 27, which pyproject.toml therefore names.
"""

import logging
import socket
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ, EVENT_WRITE
from time import monotonic
from typing import Any, Final, cast

from gunicorn.http import Request, RequestParser, get_parser
from gunicorn.http.errors import ParseException
from gunicorn.util import http_date
from gunicorn.workers.gthread import TConn, ThreadWorker

from bot.arrival import Arrival

_log = logging.getLogger(__name__)

# More are never kept open, because a process may by default have 1024 files; the oldest that is waited for gives way.
MOST_CONNECTIONS: Final = 500
# What all unfinished requests together may take.
MOST_HELD: Final = 64 * 1024 * 1024
# How long a request may take to arrive, an answer to leave, and the other side to hang up after the last one. All in
# all less than the process has to end (GRACE_SECONDS).
ARRIVING_SECONDS: Final = 10.0
LEAVING_SECONDS: Final = 10.0
LINGERING_SECONDS: Final = 2.0
# What is still read, and thrown away, from a side that shall hang up (RFC 9112, 9.6).
MOST_DRAINED: Final = 64 * 1024
_AT_ONCE: Final = 64 * 1024
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class Line(socket.socket):
    """One connection. What a thread sends is kept until the loop lets it leave."""

    def __init__(self, plain: socket.socket, arrival: Arrival) -> None:
        super().__init__(fileno=plain.detach())
        self.arrival = arrival
        self.drained = 0
        self._unsent = bytearray()

    def send(self, data: Any, flags: int = 0) -> int:  # noqa: ARG002 - the signature is the socket's
        """Keep `data`."""
        self._unsent += data
        return len(data)

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Keep `data`."""
        self.send(data, flags)

    def flush(self) -> bool:
        """Send what the other side takes just now, and say whether that was all. Raises OSError when it is gone."""
        self.setblocking(False)
        try:
            while self._unsent:
                del self._unsent[: super().send(self._unsent)]
        except BlockingIOError:
            return False
        return True

    @property
    def is_answered(self) -> bool:
        """Whether an answer waits to leave."""
        return bool(self._unsent)


@dataclass(frozen=True, kw_only=True)
class Wait:
    """What a connection is waited for, until when, and what happens then."""

    until: float
    ready: Callable[[TConn], None]
    late: Callable[[TConn], None]


class PatientWorker(ThreadWorker):
    """The worker. `_waits` holds the connections that no thread has, the oldest first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waits: dict[TConn, Wait] = {}

    def accept(self, listener: socket.socket) -> None:
        """Let somebody in; when all places are taken, the oldest who is waited for goes."""
        super().accept(listener)
        while self.nr_conns >= self.worker_connections and self._waits:
            self._drop(next(iter(self._waits)))

    def enqueue_req(self, conn: TConn) -> None:
        """Let a request arrive; gunicorn has heard that one begins, or may soon."""
        arrival = Arrival(self.cfg, conn.client)
        if isinstance(conn.sock, Line):
            conn.sock.arrival = arrival
        else:
            conn.sock = Line(conn.sock, arrival)
        self._wait(conn, EVENT_READ, ARRIVING_SECONDS, self._read, self._late)
        begun = conn.parser.unreader.take_buffered() if isinstance(conn.parser, RequestParser) else b""
        if begun:
            self._take(conn, begun)

    def finish_request(self, conn: TConn, fs: Future[bool]) -> None:
        """Let the answer of a thread leave; then keep the connection, or end it."""
        self._leave(conn, partial(self._answered, fs=fs))

    def murder_pending(self) -> None:
        """End what has been waited for too long; gunicorn asks for it at every turn of its loop."""
        now = monotonic()
        for conn, wait in [(conn, wait) for conn, wait in self._waits.items() if wait.until <= now]:
            wait.late(conn)

    def handle_error(self, req: Request | None, client: socket.socket, addr: object, exc: BaseException) -> None:  # noqa: ARG002 - the signature is gunicorn's
        """Answer what failed round about the bot; gunicorn's own would name path and address in the log."""
        if isinstance(exc, ParseException):
            # A body is found to be none while what is left of it is thrown away.
            status = HTTPStatus.BAD_REQUEST
            _log.info("What is no request was refused: %d", status)
        else:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            _log.error("A request failed outside of the bot", exc_info=exc)
        if not cast("Line", client).is_answered:
            client.sendall(self._refusal(status))

    def _read(self, conn: TConn) -> None:
        piece = _received(conn)
        if piece is not None:
            self._take(conn, piece)

    def _take(self, conn: TConn, piece: bytes) -> None:
        arrival = _line(conn).arrival
        arrival.take(piece)
        if arrival.fault is not None:
            self._refuse(conn, arrival.fault)
        elif arrival.whole:
            self._give(conn)
        else:
            self._tell_to_go_on(conn)
            self._make_room()

    def _late(self, conn: TConn) -> None:
        self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)

    def _give(self, conn: TConn) -> None:
        """Give a whole request to a thread, where gunicorn reads it from memory."""
        self._stop_waiting(conn)
        arrival = _line(conn).arrival
        conn.parser = get_parser(self.cfg, [bytes(arrival.data)], conn.client)
        conn.data_ready = True
        arrival.data.clear()
        super().enqueue_req(conn)

    def _refuse(self, conn: TConn, status: HTTPStatus) -> None:
        """Say why a request is none, in the headers of every answer; the log hears neither path nor address."""
        arrival = _line(conn).arrival
        self._stop_waiting(conn)
        if not arrival.data:
            self._end(conn)
            return
        arrival.data.clear()
        _log.info("What is no request was refused: %d", status)
        conn.sock.sendall(self._refusal(status))
        self._leave(conn, self._linger)

    def _refusal(self, status: HTTPStatus) -> bytes:
        body = f"{status.phrase}\n".encode()
        own = {"Connection": "close", "Content-Length": str(len(body)), "Content-Type": "text/plain; charset=utf-8"}
        headers = {**cast("Any", self.app).worn, **own, "Date": http_date()}
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _tell_to_go_on(self, conn: TConn) -> None:
        line = _line(conn)
        if line.arrival.waits_for_us:
            line.arrival.waits_for_us = False
            line.sendall(_CONTINUE)
            # What does not leave now leaves with the answer; who is gone is found out by reading.
            with suppress(OSError):
                line.flush()

    def _leave(self, conn: TConn, then: Callable[[TConn], None]) -> None:
        """Let an answer leave, as much of it as is taken at a time."""
        try:
            gone = _line(conn).flush()
        except OSError:
            self._drop(conn)
            return
        if not gone and conn not in self._waits:
            self._wait(conn, EVENT_WRITE, LEAVING_SECONDS, partial(self._leave, then=then), self._drop)
        elif gone:
            if conn in self._waits:
                self._stop_waiting(conn)
            then(conn)

    def _answered(self, conn: TConn, fs: Future[bool]) -> None:
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._linger(conn)

    def _linger(self, conn: TConn) -> None:
        """Hang up, but read on for a little while: the answer would be lost if what was sent came to a closed door."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(conn)
            return
        self._wait(conn, EVENT_READ, LINGERING_SECONDS, self._drain, self._drop)

    def _drain(self, conn: TConn) -> None:
        piece, line = _received(conn), _line(conn)
        line.drained += len(piece or b"")
        if piece == b"" or line.drained >= MOST_DRAINED:
            self._drop(conn)

    def _make_room(self) -> None:
        held = {conn: len(_line(conn).arrival.data) for conn in self._waits}
        too_much = sum(held.values()) - MOST_HELD
        for conn, size in held.items():
            if too_much <= 0:
                break
            if size:
                self._drop(conn)
                too_much -= size

    def _wait(
        self,
        conn: TConn,
        event: int,
        seconds: float,
        ready: Callable[[TConn], None],
        late: Callable[[TConn], None],
    ) -> None:
        conn.sock.setblocking(False)
        wait = Wait(until=monotonic() + seconds, ready=ready, late=late)
        self._waits[conn] = wait
        self.poller.register(conn.sock, event, lambda _: self._woken(conn, wait))

    def _woken(self, conn: TConn, wait: Wait) -> None:
        # What woke together with others may have been dropped by one of them.
        if self._waits.get(conn) is wait:
            wait.ready(conn)

    def _stop_waiting(self, conn: TConn) -> None:
        del self._waits[conn]
        self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        if conn in self._waits:
            self._stop_waiting(conn)
        self._end(conn)

    def _end(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _line(conn: TConn) -> Line:
    return cast("Line", conn.sock)


def _received(conn: TConn) -> bytes | None:
    """Return what came; None when nothing has, and nothing at all when nothing more will."""
    try:
        return conn.sock.recv(_AT_ONCE)
    except BlockingIOError:
        return None
    except OSError:
        return b""
