"""The door: the page acts for its visitor, so that only its own browser window may ask it for anything.

Against other sites that a browser has open: the Host must be this server's (DNS rebinding), a request that changes
anything must come from this Origin, and everything needs the key that only the printed address carries.
"""

import hmac
import secrets
from dataclasses import dataclass, field

from flask import Request, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(kw_only=True)
class Door:
    """Who may come in; `host` is known once the server stands."""

    host: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def cookie(self) -> str:
        """The name of the cookie; cookies do not tell ports apart, so the name does."""
        return f"sandbox_{self.host.rpartition(':')[2]}"

    def refuses(self, request: Request) -> str | None:
        """Why this request is turned away, or None."""
        if request.headers.get("Host") != self.host:
            return "This address is not the sandbox's."
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{self.host}":
            return "Another site may not use the sandbox."
        if request.method not in ("GET", "HEAD") and origin is None:
            return "A request that changes something must say where it comes from."
        return None

    def knows(self, given: str) -> bool:
        """Whether this is the key."""
        return hmac.compare_digest(given.encode(), self.key.encode())

    def let_in(self, request: Request) -> bool:
        """Whether the visitor carries the key."""
        return self.knows(request.cookies.get(self.cookie, ""))

    def hand_over(self, response: Response) -> Response:
        """Give the visitor the key to carry."""
        response.set_cookie(self.cookie, self.key, httponly=True, samesite="Strict")
        return response

    @staticmethod
    def close_behind(response: Response) -> Response:
        """Put the rules for the browser on every answer."""
        response.headers.update(_HEADERS)
        return response
