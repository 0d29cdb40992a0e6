"""How an interaction reaches the bot: signed HTTP as Slack sends it, or an envelope over Socket Mode.

Source: Slack, "Verifying requests from Slack" (the v0 signature), "Slash commands", "Interaction payloads",
"Events API". The signature's timestamp is the wall clock's, never the emulated one, because the receiver's library
compares it with its own.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from urllib.parse import urlencode

import requests

RequestKind = Literal[
    "command", "block_actions", "view_submission", "view_closed", "block_suggestion", "event", "replay"
]
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
TIMED_OUT = "operation_timeout"
FAILED = "dispatch_failed"


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """What a test wants otherwise than Slack does it; nothing, unless given.

    `signature`: this text instead of the right one, or `bad` for one of the right form that does not hold.
    `timestamp`: seconds since 1970 to sign with. `headers`: further headers, such as a retry's.
    """

    signature: str | None = None
    timestamp: int | str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RawRequest:
    """One request as it goes over the wire; deliver it again to replay it."""

    kind: RequestKind
    payload: Mapping[str, Any]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One request to the bot and what became of it; status 0 means that no answer came in time or at all."""

    kind: RequestKind
    status: int
    milliseconds: float
    raw: RawRequest
    answer: bytes
    problem: str | None

    @property
    def json(self) -> Any:
        """The answer, parsed; None for an empty one. Raises ValueError when it is not JSON."""
        return json.loads(self.answer) if self.answer.strip() else None


class Line(Protocol):
    """Socket Mode, as far as the courier sees it."""

    def is_connected(self) -> bool:
        """Whether a bot is listening."""

    def send(self, raw: "RawRequest", patience: float) -> bytes | None:
        """Send one envelope; the payload of its acknowledgement, or None when none came in `patience` seconds."""


def sign(secret: str, timestamp: int | str, body: bytes) -> str:
    """Slack's v0 signature of a body."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def pack(kind: RequestKind, payload: Mapping[str, Any], secret: str, forgery: Forgery) -> RawRequest:
    """Make the signed request: a command is a form, an interaction a form with one JSON field, an event is JSON."""
    if kind == "event":
        body, content_type = json.dumps(payload).encode(), "application/json"
    else:
        form = payload if kind == "command" else {"payload": json.dumps(payload)}
        body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
    timestamp = int(time.time()) if forgery.timestamp is None else forgery.timestamp
    signature = sign(secret, timestamp, body)
    if forgery.signature == "bad":
        signature = sign(secret + "?", timestamp, body)
    elif forgery.signature is not None:
        signature = forgery.signature
    headers = {
        "Content-Type": content_type,
        "User-Agent": USER_AGENT,
        "X-Slack-Request-Timestamp": str(timestamp),
        "X-Slack-Signature": signature,
        **forgery.headers,
    }
    return RawRequest(kind=kind, payload=payload, headers=headers, body=body)


@dataclass(kw_only=True)
class Courier:
    """Carries requests to the bot and keeps a record of each; `patience` is in real seconds."""

    signing_secret: str
    events_url: str = ""
    patience: float = 3.0
    line: Line | None = None
    deliveries: list[Delivery] = field(default_factory=list)

    def send(self, kind: RequestKind, payload: Mapping[str, Any], forgery: Forgery | None = None) -> Delivery:
        """Sign and deliver one request."""
        return self.deliver(pack(kind, payload, self.signing_secret, forgery or Forgery()))

    def deliver(self, raw: RawRequest) -> Delivery:
        """Deliver a request as it is, signature and all."""
        began = time.monotonic()
        if not self.events_url and self.line is not None and self.line.is_connected():
            status, answer, problem = self._over_socket(self.line, raw)
        else:
            status, answer, problem = self._over_http(raw)
        delivery = Delivery(
            kind=raw.kind,
            status=status,
            milliseconds=(time.monotonic() - began) * 1000,
            raw=raw,
            answer=answer,
            problem=problem,
        )
        self.deliveries.append(delivery)
        return delivery

    def _over_http(self, raw: RawRequest) -> tuple[int, bytes, str | None]:
        if not self.events_url:
            return 0, b"", FAILED
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(
                    self.events_url,
                    data=raw.body,
                    headers=dict(raw.headers),
                    timeout=self.patience,
                    allow_redirects=False,
                )
        except requests.Timeout:
            return 0, b"", TIMED_OUT
        except requests.RequestException:
            return 0, b"", FAILED
        return response.status_code, response.content, None if response.ok else FAILED

    def _over_socket(self, line: Line, raw: RawRequest) -> tuple[int, bytes, str | None]:
        answer = line.send(raw, self.patience)
        return (0, b"", TIMED_OUT) if answer is None else (200, answer, None)
