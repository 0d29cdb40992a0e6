"""What may stand in web.redirectUris (Microsoft identity platform, "Redirect URI restrictions and limitations").

No copy of Graph's refusal of a bad one was found; it is refused as any other value is. Beyond the characters that the
page forbids, those that no address may hold bare (RFC 3986) are refused too.
"""

from typing import Any, Final
from urllib.parse import urlsplit

_LONGEST: Final = 256
_MOST: Final = 256
_MOST_PERSONAL: Final = 100
_FORBIDDEN: Final = frozenset("!$'(),; \t\r\n\"<>\\^`{|}")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1"})
_OTHER_SCHEMES: Final = frozenset({"urn", "ms-appx-web", "brk-multihub"})


def holds(value: Any, *, personal: bool) -> bool:
    """Whether `value` is a list of reply URLs that Entra takes."""
    if not isinstance(value, list) or len(value) > (_MOST_PERSONAL if personal else _MOST):
        return False
    if not all(isinstance(url, str) for url in value) or len(set(value)) != len(value):
        return False
    return all(_good(url, personal=personal) for url in value)


def _good(url: str, *, personal: bool) -> bool:
    if not 1 <= len(url) <= _LONGEST or _FORBIDDEN & set(url) or "#" in url:
        return False
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme in _OTHER_SCHEMES:
        return True
    if not host or parts.username is not None or ":" in host:
        return False
    if personal and (parts.query or "*" in url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)
