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
        # Werkzeug's reader of this header raises at credentials that are no text. WSGI carries the header's bytes as
        # Latin-1 (PEP 3333).
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        named = given.strip() if scheme.lower() == "bearer" else ""
        if not hmac.compare_digest(named.encode("latin-1"), self.token.encode()):
            raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
        return Response(self.exposition(), content_type=self.content_type)
