"""The web side: one page for the one-time link, Slack's endpoint, health. `create_web` is its table of contents."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException, NotFound, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from bot.errors import StorageUnavailable
from handlers import web_says
from handlers.openid import OpenId
from handlers.web_answers import plain_json, say
from handlers.web_guard import JSON, guarded
from handlers.web_headers import dresser
from handlers.web_metrics import MetricsDoor
from handlers.web_secret import Limits, LinkDesk, SecretCounter
from handlers.web_sign_in import SignInDoor
from handlers.web_viewer import telling_of_a_forgotten_proxy, viewer_of

__all__ = ["Limits", "LinkDesk", "create_web", "viewer_of"]

_log = logging.getLogger(__name__)
_USUAL_LIMITS: Final = Limits()
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
# Named here, not guessed from the machine's own table: with nosniff a wrong type is a dead page.
_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
)


def create_web(  # noqa: PLR0913 - the composition root names every part of the web side in this one call
    desk: LinkDesk,
    *,
    public_url: str,
    ready: Callable[[], Mapping[str, str]],
    clock: Callable[[], datetime],
    trusted_proxies: int = 0,
    slack: Callable[[Request], AnyResponse] | None = None,
    metrics: MetricsDoor | None = None,
    limits: Limits = _USUAL_LIMITS,
    hsts_subdomains: bool = True,
    sign_in: OpenId | None = None,
) -> Flask:
    """Return the WSGI app.

    `public_url` is where browsers reach it (an origin, no path): requests are held against it, never against
    their own Host header. `ready` returns a plain sentence for each check that fails, and nothing when all is
    well. `clock` returns an aware datetime. `trusted_proxies` says how many of ours stand in front. `slack` is
    Bolt's Flask handler; without it (Socket Mode) there is no such address. `metrics` answers Prometheus. `sign_in`
    asks Slack who somebody is; without it the page asks nobody.
    """
    web = Flask("handlers", static_folder=None)
    web.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    web.url_map.merge_slashes = False
    door = _sign_in_door(web, sign_in, public_url, trusted_proxies, limits, clock)
    counter = SecretCounter(
        desk, public_url=public_url, trusted_proxies=trusted_proxies, limits=limits, clock=clock, door=door
    )
    counter.attach(web)
    _attach_plain_routes(web, ready)
    if slack is not None:
        slacks_door = guarded(slack, limits.slack_body)
        web.add_url_rule("/slack/events", "slack", lambda: slacks_door(request), methods=["POST"])
    if metrics is not None:
        metrics.attach(web)
    web.register_error_handler(HTTPException, _refused)
    web.register_error_handler(Exception, _failed)
    if trusted_proxies == 0:
        look = telling_of_a_forgotten_proxy()
        web.before_request(lambda: look(request))
    # Flask runs these in reverse order: the headers are on before the line is written.
    web.after_request(_written_down)
    web.after_request(dresser(public_url, hsts_subdomains=hsts_subdomains))
    return web


def _sign_in_door(
    web: Flask,
    open_id: OpenId | None,
    public_url: str,
    trusted_proxies: int,
    limits: Limits,
    clock: Callable[[], datetime],
) -> SignInDoor | None:
    if open_id is None:
        return None
    door = SignInDoor(
        open_id,
        secure=public_url.startswith("https:"),
        trusted_proxies=trusted_proxies,
        addresses=limits.addresses,
        clock=clock,
    )
    door.attach(web)
    return door


def _attach_plain_routes(web: Flask, ready: Callable[[], Mapping[str, str]]) -> None:
    assets = _assets()

    def asset(name: str) -> Response:
        if name not in assets:
            raise NotFound
        body, kind = assets[name]
        return Response(body, mimetype=kind)

    web.add_url_rule("/", "home", lambda: say(web_says.HOME, as_json=False))
    web.add_url_rule("/static/<name>", "asset", asset)
    web.add_url_rule("/robots.txt", "robots", lambda: _text("User-agent: *\nDisallow: /\n"))
    web.add_url_rule("/healthz", "healthz", lambda: _text("ok\n"))
    web.add_url_rule("/readyz", "readyz", lambda: _readiness(ready))


def _assets() -> dict[str, tuple[bytes, str]]:
    """Read our own few assets once; a name that is not among them cannot reach any file."""
    return {
        item.name: (item.read_bytes(), _KINDS[f".{item.name.rpartition('.')[2]}"])
        for item in files("handlers").joinpath("static").iterdir()
        if item.name.endswith(tuple(_KINDS))
    }


def _text(text: str) -> Response:
    return Response(text, mimetype="text/plain")


def _readiness(ready: Callable[[], Mapping[str, str]]) -> Response:
    try:
        reasons = dict(ready())
    except StorageUnavailable as error:
        _log.error("The database cannot be used: %s", error)
        reasons = {"database": "The database cannot be used; the log says why."}
    except Exception:  # noqa: BLE001 - a check that breaks in any way is a check that does not pass
        _log.exception("The readiness check itself failed.")
        reasons = {"check": "The check itself failed; the log says how."}
    return plain_json({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


def _refused(error: HTTPException) -> Response:
    """Answer an HTTP error in our own plain words, keeping the headers that the status asks for."""
    status = error.code or 500
    if isinstance(error, TooManyRequests) and isinstance(error.retry_after, int):
        words = web_says.throttled(error.retry_after)
    else:
        words = web_says.for_status(status)
    response = say(words, status, as_json=request.mimetype == JSON)
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After", "WWW-Authenticate"}:
            response.headers[name] = value
    return response


def _failed(error: Exception) -> Response:
    """Answer what nobody foresaw: the log gets the traceback under the route's template, the person a sentence."""
    if isinstance(error, StorageUnavailable):
        _log.error("%s %s failed: the database cannot be used: %s", _method(), _route(), error)
        return say(web_says.for_status(503), 503, as_json=request.mimetype == JSON)
    _log.error("%s %s failed", _method(), _route(), exc_info=error)
    return say(web_says.for_status(500), 500, as_json=request.mimetype == JSON)


def _written_down(response: Response) -> Response:
    """Write one line: method, route template and status. No path, no query, no address, no body."""
    level = logging.DEBUG if _route() in _QUIET else logging.INFO
    _log.log(level, "%s %s %d", _method(), _route(), response.status_code)
    return response


def _route() -> str:
    return "no route" if request.url_rule is None else request.url_rule.rule


def _method() -> str:
    return request.method if request.method in _METHODS else "another method"
