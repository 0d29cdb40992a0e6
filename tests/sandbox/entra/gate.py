"""From a request to its endpoint: bearer, permissions, body, answer; everything else is refused as Graph refuses it."""

import json
import re
from datetime import UTC
from typing import Any, Final

from flask import Flask, Request, Response, request

from tests.sandbox.entra import applications, directory, owners, passwords, service_principals
from tests.sandbox.entra.asks import Ask, Route
from tests.sandbox.entra.permissions import suffices
from tests.sandbox.entra.records import new_id
from tests.sandbox.entra.replies import GraphRefusal, Reply, bad_request, denied
from tests.sandbox.entra.tenant import Tenant
from tests.sandbox.entra.tokens import read_token

METHODS: Final = ("GET", "POST", "PATCH", "PUT", "DELETE")
ROUTES: Final[tuple[Route, ...]] = (
    *applications.ROUTES,
    *passwords.ROUTES,
    *owners.ROUTES,
    *service_principals.ROUTES,
    *directory.ROUTES,
)
_VERSIONED: Final = re.compile(r"(?P<version>v1\.0|beta)/(?P<path>.*)")
_JSON: Final = "application/json"
_RICH_JSON: Final = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


def add_graph(app: Flask, tenant: Tenant) -> None:
    """Let `app` answer every path that nothing else answers as Graph does."""

    @app.route("/", defaults={"path": ""}, methods=METHODS)
    @app.route("/<path:path>", methods=METHODS)
    def graph(path: str) -> Response:
        request_id = new_id()
        with tenant.lock:
            tenant.expire_deleted()
            try:
                reply = _answer(tenant, request, path)
            except GraphRefusal as refusal:
                said = request.headers.get("client-request-id", request_id)
                body = refusal.as_json(tenant.clock(), request_id, said)
                reply = Reply(status=refusal.status, body=body, headers=refusal.headers)
            return _response(tenant, reply, request_id)


def _answer(tenant: Tenant, asked: Request, path: str) -> Reply:
    caller = read_token(tenant, asked.headers.get("Authorization", ""))
    found = _VERSIONED.fullmatch(path)
    if found is None or found["version"] != "v1.0":
        raise bad_request(f"Invalid version: {path.split('/', 1)[0]}", code="BadRequest")
    route, names = _route(asked.method, found["path"])
    if not suffices(caller.roles, route.needs):
        raise denied()
    body = _body(asked, route) if asked.method in {"POST", "PATCH"} else {}
    ask = Ask(
        root=asked.root_url.rstrip("/"),
        path=found["path"],
        names=names,
        query=asked.args.to_dict(),
        headers={name.casefold(): value for name, value in asked.headers.items()},
        caller=caller,
        body=body,
    )
    return route.answer(tenant, ask)


def _route(method: str, path: str) -> tuple[Route, Any]:
    fitting = [(route, names) for route in ROUTES if (names := route.match(path)) is not None]
    for route, names in fitting:
        if route.method == method:
            return route, names
    if fitting:
        raise GraphRefusal(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    raise bad_request(f"Resource not found for the segment '{path.rsplit('/', 1)[-1]}'.", code="BadRequest")


def _body(asked: Request, route: Route) -> dict[str, Any]:
    if not asked.data:
        if route.bodiless:
            return {}
        raise bad_request("Empty Payload. JSON content expected.", code="BadRequest")
    if asked.mimetype != _JSON:
        raise bad_request(
            "Write requests (excluding DELETE) must contain the Content-Type header declaration.", code="BadRequest"
        )
    try:
        body = json.loads(asked.data)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
            "JSON format.",
            code="BadRequest",
        )
    return body


def _response(tenant: Tenant, reply: Reply, request_id: str) -> Response:
    response = Response(status=reply.status)
    response.headers.clear()
    if reply.body is not None:
        response.set_data(json.dumps(reply.body))
        response.headers["content-type"] = _JSON if "error" in reply.body else _RICH_JSON
    if reply.body is not None and "error" not in reply.body:
        response.headers["odata-version"] = "4.0"
    for name, value in reply.headers.items():
        response.headers[name] = value
    response.headers["cache-control"] = "no-cache"
    response.headers["date"] = tenant.clock().astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    response.headers["request-id"] = request_id
    response.headers["strict-transport-security"] = "max-age=31536000"
    response.headers["x-ms-ags-diagnostic"] = json.dumps(
        {"ServerInfo": {"DataCenter": "Loopback", "Slice": "E", "Ring": "0", "ScaleUnit": "000", "RoleInstance": "X"}}
    )
    response.headers["x-ms-resource-unit"] = str(reply.units)
    return response
