"""The headers that every answer carries, whatever it is; what never reaches the bot gets them from bot/listening.py.

gunicorn adds three of its own to the bot's answers: Date, Connection, and Server, which says its name and no version.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from flask import Response

# Script, style, picture and connection come from this host or not at all, nothing inline; see Content Security
# Policy Level 3 and Trusted Types. The page holds a client secret for minutes, so there are no exceptions.
_POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "connect-src 'self'; "
    "img-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "object-src 'none'; "
    "frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; "
    "trusted-types 'none'"
)
_ALWAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": _POLICY,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "clipboard-write=(self), camera=(), geolocation=(), microphone=()",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow, noarchive, nosnippet",
    }
)


def worn(public_url: str, *, hsts_subdomains: bool = True) -> Mapping[str, str]:
    """Return the headers; HSTS only when the public address is https."""
    if urlsplit(public_url).scheme != "https":
        return _ALWAYS
    subdomains = "; includeSubDomains" if hsts_subdomains else ""
    return {**_ALWAYS, "Strict-Transport-Security": f"max-age=31536000{subdomains}"}


def dresser(public_url: str, *, hsts_subdomains: bool) -> Callable[[Response], Response]:
    """Return the function that puts the headers on a response."""
    headers = worn(public_url, hsts_subdomains=hsts_subdomains)

    def dress(response: Response) -> Response:
        for name, value in headers.items():
            response.headers[name] = value
        return response

    return dress
