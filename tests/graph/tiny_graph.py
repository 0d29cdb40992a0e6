"""A Graph of a few lines on loopback that says what it is told to say, in order, and a token endpoint beside it."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote
from wsgiref.types import StartResponse, WSGIEnvironment

from tests.sandbox.trouble import Trouble
from tests.sandbox.wire import Journal, LoopbackServer, TroubledApp

TENANT = "7f0c2f7e-1d0a-4c5e-9a43-0c7f6a1d2b3e"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One answer in waiting; `page` is sent instead of a JSON body."""

    status: int
    body: Any = None
    page: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One request as it arrived; `query` is decoded, `body` parsed."""

    call: str
    query: str
    raw_query: str
    headers: dict[str, str]
    body: Any


def graph_error(code: str, message: str = "", *details: str) -> dict[str, Any]:
    """An error body in Graph's envelope."""
    told = [{"code": detail, "message": message, "target": "appId"} for detail in details]
    return {"error": {"code": code, "message": message, "details": told, "innerError": {"request-id": "inner-id"}}}


class TinyGraph:
    """Answers each call with what `tell` put in waiting for it; the last one told is said for ever."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self.journal = Journal()
        self.heard: list[Heard] = []
        self.tokens_given = 0
        self._told: dict[str, list[Told]] = {}
        self._server = LoopbackServer(TroubledApp(self._answer, self.trouble, self.journal))
        self.url = self._server.url

    def tell(self, call: str, *answers: Told) -> None:
        """Put `answers` in waiting for `call`, such as `GET /v1.0/users`."""
        self._told.setdefault(call, []).extend(answers)

    def graph_calls(self) -> list[str]:
        """The calls so far, without those for tokens."""
        return [heard.call for heard in self.heard if "/v1.0/" in heard.call]

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        heard = _heard(environ)
        self.heard.append(heard)
        told = self._for(heard)
        start_response(f"{told.status} -", [("Content-Type", "application/json"), *told.headers.items()])
        return [told.page if told.body is None else json.dumps(told.body).encode()]

    def _for(self, heard: Heard) -> Told:
        waiting = self._told.get(heard.call)
        if waiting:
            return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if heard.call.endswith("/openid-configuration"):
            return Told(status=200, body=self._openid_configuration())
        if heard.call.endswith("/oauth2/v2.0/token"):
            self.tokens_given += 1
            return Told(status=200, body=token_body(self.tokens_given))
        return Told(status=404, body=graph_error("Request_ResourceNotFound", "Resource does not exist."))

    def _openid_configuration(self) -> dict[str, str]:
        base = f"{self.url}/{TENANT}"
        ends = {"token_endpoint": "token", "authorization_endpoint": "authorize"}
        return {"issuer": f"{base}/v2.0", **{name: f"{base}/oauth2/v2.0/{end}" for name, end in ends.items()}}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


def token_body(number: int) -> dict[str, Any]:
    """The token endpoint's answer; the token is not signed, and its signature part says the how-manieth it is."""
    claims = base64.urlsafe_b64encode(json.dumps({"roles": ["Application.ReadWrite.OwnedBy"]}).encode())
    return {
        "token_type": "Bearer",
        "expires_in": 3599,
        "access_token": f"e30.{claims.decode().rstrip('=')}.bearer-canary-{number}",
    }


def _heard(environ: WSGIEnvironment) -> Heard:
    body = environ["wsgi.input"].read()
    is_json = "json" in environ.get("CONTENT_TYPE", "")
    return Heard(
        call=f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}",
        query=unquote(environ["QUERY_STRING"]),
        raw_query=environ["QUERY_STRING"],
        headers={name[5:].lower(): str(value) for name, value in environ.items() if name.startswith("HTTP_")},
        body=json.loads(body) if is_json and body else body.decode(),
    )
