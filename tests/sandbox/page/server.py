"""`Page`: the sandbox's page on loopback."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Response, abort, jsonify, redirect, request
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as AnyResponse

from tests.sandbox.page.acts import act
from tests.sandbox.page.behind import calls
from tests.sandbox.page.controls import Controls
from tests.sandbox.page.database import tables
from tests.sandbox.page.door import Door
from tests.sandbox.page.stream import Bell, Pieces, stream
from tests.sandbox.page.workspace import workspace
from tests.sandbox.stage import Stage
from tests.sandbox.wire import LoopbackServer

STATIC: Final = Path(__file__).with_name("static")
_TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_LONGEST_BODY: Final = 256 * 1024
_NO_KEY: Final = "Open the address that the terminal shows: it carries the key to this sandbox.\n"


class Page:
    """Serves the page until `stop`; `address` is where to open it."""

    def __init__(self, stage: Stage, port: int = 0) -> None:
        self._stage = stage
        self._door = Door()
        self._bell = Bell()
        self._controls = Controls(stage)
        self._app = self._make_app()
        self._server = LoopbackServer(self._answer, port)
        self._door.host = self._server.url.removeprefix("http://")
        self._quiet = stage.around.slack.subscribe(self._bell.ring)
        stage.around.entra.journal.listeners.append(self._bell.ring)

    @property
    def url(self) -> str:
        """The server's address, without a slash at its end."""
        return self._server.url

    @property
    def address(self) -> str:
        """Where a browser opens the page, with the key."""
        return f"{self.url}/?key={self._door.key}"

    @property
    def cookie(self) -> dict[str, str]:
        """The key as a browser that came by `address` carries it."""
        return {self._door.cookie: self._door.key}

    def stop(self) -> None:
        """End every stream and free the port."""
        self._quiet()
        self._bell.end()
        self._server.stop()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)

    def _make_app(self) -> Flask:
        app = Flask("tests.sandbox.page", static_folder=None)
        app.config["MAX_CONTENT_LENGTH"] = _LONGEST_BODY
        app.before_request(self._guard)
        app.after_request(self._door.close_behind)
        app.add_url_rule("/", "index", view_func=lambda: _static("index.html"))
        app.add_url_rule("/static/<path:name>", "static", view_func=_static)
        app.add_url_rule("/api/stream", "stream", view_func=self._stream)
        app.add_url_rule("/api/act", "act", view_func=lambda: self._carry_out(self._act), methods=["POST"])
        app.add_url_rule("/api/control", "control", view_func=lambda: self._carry_out(self._control), methods=["POST"])
        return app

    def _guard(self) -> AnyResponse | None:
        refusal = self._door.refuses(request)
        if refusal is not None:
            return Response(f"{refusal}\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")
        if request.path == "/" and self._door.knows(request.args.get("key", "")):
            return self._door.hand_over(Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/"}))
        if not self._door.let_in(request):
            return Response(_NO_KEY, HTTPStatus.FORBIDDEN, mimetype="text/plain")
        return redirect("/") if "key" in request.args else None

    def _stream(self) -> Response:
        return Response(stream(self._pieces(), self._bell), mimetype="text/event-stream")

    def _pieces(self) -> Pieces:
        around = self._stage.around
        return {
            "status": self._controls.look,
            "workspace": lambda: workspace(around),
            "calls": lambda: calls(around),
            "tenant": around.entra.snapshot,
            "database": lambda: tables(self._stage.database),
        }

    def _act(self, wish: dict[str, Any]) -> dict[str, Any]:
        return act(self._stage.around, wish)

    def _control(self, wish: dict[str, Any]) -> dict[str, Any]:
        self._controls.turn(wish)
        return {}

    def _carry_out(self, how: Callable[[dict[str, Any]], dict[str, Any]]) -> AnyResponse | tuple[AnyResponse, int]:
        """Do what was asked for; what cannot be done is answered with the reason."""
        try:
            answer = how(request.get_json())
        except (AssertionError, LookupError, RuntimeError, TypeError, ValueError) as error:
            reason = str(error) or type(error).__name__
            return jsonify({"error": reason[:1].upper() + reason[1:]}), HTTPStatus.CONFLICT
        finally:
            self._bell.ring()
        return jsonify(answer)


def _static(name: str) -> Response:
    """Answer with a file of the page, read at once: a visitor who leaves early leaves none open."""
    path = Path(safe_join(str(STATIC), name) or STATIC)
    if path.suffix not in _TYPES or not path.is_file():
        abort(HTTPStatus.NOT_FOUND)
    return Response(path.read_bytes(), mimetype=_TYPES[path.suffix])
