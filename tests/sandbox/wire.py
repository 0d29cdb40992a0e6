"""The HTTP under both emulators: a loopback server, faults on the wire, and a journal of what was said."""

import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import Any, Self
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import run_wsgi_app

from tests.sandbox.trouble import Fault, Trouble

logging.getLogger("werkzeug").setLevel(logging.ERROR)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer as they went over the wire; bodies are kept for the canary scan."""

    call: str
    status: int
    milliseconds: float
    request_body: bytes
    response_body: bytes


@dataclass(kw_only=True)
class Journal:
    """Every exchange in order; listeners hear each one as it ends."""

    exchanges: list[Exchange] = field(default_factory=list)
    listeners: list[Callable[[Exchange], None]] = field(default_factory=list)

    def record(self, exchange: Exchange) -> None:
        """Keep `exchange` and tell the listeners."""
        self.exchanges.append(exchange)
        for listener in tuple(self.listeners):
            listener(exchange)

    def calls(self, containing: str = "") -> list[str]:
        """The names of the calls so far that contain a text."""
        return [exchange.call for exchange in self.exchanges if containing in exchange.call]


class TroubledApp:
    """A WSGI app in front of an emulator: it journals every call and lets the faults in force happen."""

    def __init__(self, app: WSGIApplication, trouble: Trouble, journal: Journal) -> None:
        self._app = app
        self._trouble = trouble
        self._journal = journal

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, truly or as the fault in force says."""
        began = time.monotonic()
        call = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        request_body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        fault = self._trouble.take(call)
        status, headers, body = self._answer(environ, request_body, fault)
        self._journal.record(
            Exchange(
                call=call,
                status=status,
                milliseconds=(time.monotonic() - began) * 1000,
                request_body=request_body,
                response_body=body,
            )
        )
        if status == 0:
            _reset(environ)
        start_response(f"{status or 500} -", headers)
        return [body]

    def _answer(
        self, environ: WSGIEnvironment, request_body: bytes, fault: Fault | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status 0 stands for a connection that is reset instead of answered."""
        if fault is not None and fault.when == "before":
            _happen(fault)
            if fault.reset or fault.status is not None:
                return _spoilt(fault)
        answer = _true_answer(self._app, environ, request_body)
        if fault is not None and fault.when == "after":
            _happen(fault)
            if fault.reset or fault.status is not None:
                return _spoilt(fault)
        return answer


def _happen(fault: Fault) -> None:
    if fault.act is not None:
        fault.act()
    if fault.seconds:
        time.sleep(fault.seconds)


def _spoilt(fault: Fault) -> tuple[int, list[tuple[str, str]], bytes]:
    if fault.reset or fault.status is None:
        return 0, [], b""
    headers = {"Content-Type": "application/json", **fault.headers}
    if isinstance(fault.body, bytes):
        return fault.status, [*headers.items()], fault.body
    return fault.status, [*headers.items()], b"" if fault.body is None else json.dumps(fault.body).encode()


def _true_answer(
    app: WSGIApplication, environ: WSGIEnvironment, request_body: bytes
) -> tuple[int, list[tuple[str, str]], bytes]:
    environ = {**environ, "wsgi.input": BytesIO(request_body)}
    chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
    return int(status.split(" ", 1)[0]), list(headers), b"".join(chunks)


def _reset(environ: WSGIEnvironment) -> None:
    """Close the connection with a TCP reset, as a dying host does (SO_LINGER with no time to linger)."""
    connection: socket.socket = environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RD)
    connection.close()
    raise ConnectionAbortedError("The emulator reset this connection, as it was told to.")


class _Handler(WSGIRequestHandler):
    """A Date among an answer's own headers takes the place of the server's: a fault can set another clock."""

    _headers_buffer: list[bytes]

    def send_header(self, keyword: str, value: str) -> None:
        """Keep one header, of several dates the last."""
        if keyword.lower() == "date" and hasattr(self, "_headers_buffer"):
            self._headers_buffer = [line for line in self._headers_buffer if not line.lower().startswith(b"date:")]
        super().send_header(keyword, value)


class LoopbackServer:
    """A WSGI app served on 127.0.0.1, on a free port unless one is named, until `stop`."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address, without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def json_body(exchange: Exchange) -> Any:
    """The answer of an exchange, parsed."""
    return json.loads(exchange.response_body)
