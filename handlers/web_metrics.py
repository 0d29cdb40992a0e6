"""GET /metrics for whoever has the token: figures of the whole, none of a person, an application or a secret."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, Response, request
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized


@dataclass(frozen=True, kw_only=True)
class MetricsDoor:
    """Who may read the figures (Prometheus, "scrape_config", `authorization`), and what they read."""

    token: str = field(repr=False)
    exposition: Callable[[], bytes]
    content_type: str

    def attach(self, web: Flask) -> None:
        """Add the route."""
        web.add_url_rule("/metrics", "metrics", self._answer, methods=["GET"])

    def _answer(self) -> Response:
        given = request.authorization
        named = (given.token or "") if given is not None and given.type == "bearer" else ""
        if not hmac.compare_digest(named.encode(), self.token.encode()):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
        return Response(self.exposition(), content_type=self.content_type)
