"""Cookies that only this bot can have written, each good for some minutes; the server keeps nothing of them."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, Literal

from flask import Request, Response
from itsdangerous import BadData, URLSafeSerializer

_SIGNED_WITH: Final = {"key_derivation": "hmac", "digest_method": hashlib.sha256}


class SignedCookie:
    """One cookie: signed, and read only in the time that stands in it.

    Over https its name begins with `__Host-`, so that no other host of the domain can set it and no plain connection
    carries it (RFC 6265bis, "The __Host- Prefix"). It is signed under its own name: none passes for another.
    """

    def __init__(
        self,
        name: str,
        *,
        key: bytes,
        secure: bool,
        same_site: Literal["Lax", "Strict"],
        seconds: int,
        clock: Callable[[], datetime],
    ) -> None:
        self.name: Final = f"__Host-{name}" if secure else name
        self._secure = secure
        self._same_site = same_site
        self._seconds = seconds
        self._clock = clock
        self._serializer = URLSafeSerializer(key, salt=f"register-app {name}", signer_kwargs=_SIGNED_WITH)

    def put(self, response: Response, facts: Mapping[str, str]) -> None:
        """Set the cookie."""
        until = int(self._clock().timestamp()) + self._seconds
        self._set(response, self._serializer.dumps({"until": until, "facts": dict(facts)}), self._seconds)

    def drop(self, response: Response) -> None:
        """Take the cookie away."""
        self._set(response, "", 0)

    def read(self, request: Request) -> Mapping[str, str]:
        """Return the facts in the cookie; none when it is missing, not ours, or too old."""
        try:
            found = self._serializer.loads(request.cookies.get(self.name, ""))
        except BadData:
            return {}
        facts: Mapping[str, str] = found["facts"]
        return facts if found["until"] > self._clock().timestamp() else {}

    def _set(self, response: Response, value: str, seconds: int) -> None:
        response.set_cookie(
            self.name,
            value,
            max_age=seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite=self._same_site,
        )
