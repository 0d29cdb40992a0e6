"""Slack's Socket Mode on loopback (Slack, "Using Socket Mode"): hello, envelopes and their answers, disconnect."""

import contextlib
import itertools
import json
import secrets
import socketserver
import threading
from collections.abc import Mapping
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.sandbox.slack.courier import RawRequest
from tests.sandbox.slack.frames import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    BrokenFrame,
    accept_key,
    frame_to_client,
    read_frame,
)

MOST_CONNECTIONS = 10
_ENVELOPE = {"command": "slash_commands", "event": "events_api"}


class _Waiting:
    """An envelope that has been sent and not yet acknowledged."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.answer = b""


class _Connection(socketserver.StreamRequestHandler):
    """One WebSocket; its thread reads until the other side goes."""

    server: "_Server"

    def handle(self) -> None:
        """Shake hands, say hello, read."""
        self.leaving = False
        self._sending = threading.Lock()
        if not self._shake_hands():
            return
        self.server.mode.joined(self)
        try:
            while self._take():
                pass
        except (BrokenFrame, OSError):
            pass
        finally:
            self.server.mode.left(self)

    def _shake_hands(self) -> bool:
        """Answer the upgrade; a ticket that is unknown or used opens nothing."""
        target = self.rfile.readline().decode().split(" ")[1]
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        ticket = parse_qs(urlsplit(target).query).get("ticket", [""])[0]
        if "sec-websocket-key" not in headers or not self.server.mode.spend(ticket):
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return False
        key = accept_key(headers["sec-websocket-key"])
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + key.encode() + b"\r\n\r\n"
        )
        return True

    def _take(self) -> bool:
        frame = read_frame(self.rfile)
        if frame.opcode == TEXT:
            self.server.mode.acknowledged(frame.data)
        elif frame.opcode == PING:
            self.send(PONG, frame.data)
        elif frame.opcode == CLOSE:
            self.send(CLOSE, frame.data)
            return False
        return True

    def send(self, opcode: int, data: bytes) -> None:
        """Send one frame, whole."""
        with self._sending:
            self.wfile.write(frame_to_client(opcode, data))

    def cut(self) -> None:
        """End the connection without a word."""
        with contextlib.suppress(OSError):
            self.request.shutdown(SHUT_RDWR)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, mode: "SocketMode") -> None:
        self.mode = mode
        super().__init__(("127.0.0.1", 0), _Connection)


class SocketMode:
    """The WebSocket side of one app; each payload goes to exactly one of its connections."""

    def __init__(self) -> None:
        self.strange: list[bytes] = []
        self._tickets: set[str] = set()
        self._connections: list[_Connection] = []
        self._waiting: dict[str, _Waiting] = {}
        self._last: Mapping[str, Any] = {}
        self._turns = itertools.count()
        self._changed = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def new_url(self) -> str:
        """What apps.connections.open answers: an address that opens one connection once."""
        ticket = secrets.token_hex(16)
        with self._changed:
            self._tickets.add(ticket)
        return f"ws://127.0.0.1:{self._server.server_address[1]}/link/?ticket={ticket}"

    def spend(self, ticket: str) -> bool:
        """Whether this ticket opens a connection, which it does once, up to ten connections."""
        with self._changed:
            known = ticket in self._tickets and len(self._connections) < MOST_CONNECTIONS
            self._tickets.discard(ticket)
            return known

    def joined(self, connection: _Connection) -> None:
        """A client is there: greet it, and let those go that were told to leave."""
        with self._changed:
            for leaving in [one for one in self._connections if one.leaving]:
                leaving.cut()
            self._connections.append(connection)
            hello = {"type": "hello", "num_connections": len(self._staying), "connection_info": {}}
            connection.send(TEXT, json.dumps(hello).encode())
            self._changed.notify_all()

    @property
    def _staying(self) -> list[_Connection]:
        return [connection for connection in self._connections if not connection.leaving]

    def left(self, connection: _Connection) -> None:
        """A client is gone."""
        with self._changed:
            self._connections.remove(connection)
            self._changed.notify_all()

    def acknowledged(self, data: bytes) -> None:
        """Take what a client says: an acknowledgement of an envelope that waits, or something `strange`."""
        try:
            said = json.loads(data)
            waiting = self._waiting.pop(said["envelope_id"])
        except (ValueError, TypeError, KeyError):
            self.strange.append(data)
            return
        if said.get("payload") is not None:
            waiting.answer = json.dumps(said["payload"]).encode()
        waiting.answered.set()

    def is_connected(self) -> bool:
        """Whether anybody listens."""
        return bool(self._staying)

    def wait_for(self, connections: int = 1, seconds: float = 5.0) -> None:
        """Block until so many clients are connected; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._staying) == connections, seconds):
                raise TimeoutError(f"{len(self._staying)} connections, not {connections}")

    def send(self, raw: RawRequest, patience: float) -> bytes | None:
        """Send one envelope to one connection; its acknowledgement's payload, or None when it stays out."""
        envelope: dict[str, Any] = {
            "envelope_id": secrets.token_hex(16),
            "type": _ENVELOPE.get(raw.kind, "interactive"),
            "payload": dict(raw.payload),
            "accepts_response_payload": raw.kind != "event",
        }
        if "X-Slack-Retry-Num" in raw.headers:
            envelope["retry_attempt"] = int(raw.headers["X-Slack-Retry-Num"])
            envelope["retry_reason"] = raw.headers.get("X-Slack-Retry-Reason", "")
        return self._deliver(envelope, patience)

    def again(self, patience: float) -> bytes | None:
        """Send the last envelope once more, as Slack does with one that it takes for lost; its acknowledgement."""
        return self._deliver(self._last, patience)

    def _deliver(self, envelope: Mapping[str, Any], patience: float) -> bytes | None:
        waiting = _Waiting()
        self._last = envelope
        self._waiting[envelope["envelope_id"]] = waiting
        with self._changed:
            staying = self._staying
            if not staying:
                return None
            connection = staying[next(self._turns) % len(staying)]
        connection.send(TEXT, json.dumps(envelope).encode())
        return waiting.answer if waiting.answered.wait(patience) else None

    def disconnect(self, reason: str = "refresh_requested") -> None:
        """Tell every client to come again by a new address; what comes now goes to the new connections.

        `reason` is Slack's: `warning` (the connection stays for now), `refresh_requested`, `link_disabled`.
        """
        message = json.dumps({"type": "disconnect", "reason": reason, "debug_info": {}}).encode()
        with self._changed:
            told = self._staying
            for connection in told:
                connection.leaving = reason != "warning"
        for connection in told:
            connection.send(TEXT, message)

    def drop(self) -> None:
        """Cut every connection without a word."""
        for connection in tuple(self._connections):
            connection.cut()

    def stop(self) -> None:
        """Free the port; connections end."""
        self.drop()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
