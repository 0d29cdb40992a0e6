"""Who is at the other end: the address, and the little of address and browser that is kept."""

import ipaddress
import logging
import re
from collections.abc import Callable
from threading import Lock
from typing import Final

from flask import Request

from bot.model import Viewer

_log = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# The first mark found names the browser: every later one is also claimed by those before it.
_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
# Azure's gateways append the port to each address of X-Forwarded-For.
_WITH_PORT: Final = re.compile(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+))(?::[0-9]{1,5})?")


def address_of(request: Request, trusted_proxies: int = 0) -> Address | None:
    """Return the client's address; None when there is none that can be read.

    With n trusted proxies it is the nth entry of X-Forwarded-For from the right, which the outermost of them
    wrote; everything further left was written by the client and is not believed. A header with fewer entries
    did not pass all of them, and the address of the connection counts.
    """
    entries = request.headers.get("X-Forwarded-For", "").split(",")
    if 0 < trusted_proxies <= len(entries):
        written = _parse(entries[-trusted_proxies].strip())
        if written is not None:
            return written
    return _parse(request.remote_addr or "")


def throttle_key(address: Address | None) -> str:
    """Return what is counted together: an IPv4 address, or the /64 of an IPv6 address, which is one household's."""
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def telling_of_a_forgotten_proxy() -> Callable[[Request], None]:
    """Return what looks at each request for the word of a proxy, where none is set, and tells the log once."""
    first = Lock()

    def look(request: Request) -> None:
        # Never let go of: only the first gets it.
        if "X-Forwarded-For" in request.headers and first.acquire(blocking=False):
            _log.warning(
                "X-Forwarded-For has arrived, and TRUSTED_PROXIES is 0. If a proxy of yours wrote it, all who come"
                " through it count as one visitor, so that one of them can keep the page from all others: set"
                " TRUSTED_PROXIES to the number of proxies."
            )

    return look


def viewer_of(request: Request, trusted_proxies: int = 0) -> Viewer:
    """Return what is kept of who pressed: two families, never the address or the User-Agent itself."""
    address = address_of(request, trusted_proxies)
    agent = request.headers.get("User-Agent", "")
    return Viewer(
        address_family="unknown" if address is None else "IPv4" if address.version == 4 else "IPv6",  # noqa: PLR2004 - the version's own number
        browser=_browser(agent),
    )


def _parse(text: str) -> Address | None:
    match = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address(match[1] or match[2] if match else text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _browser(agent: str) -> str:
    browser = next((name for mark, name in _BROWSERS if mark in agent), "another browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "an unknown system")
    return f"{browser[0].upper()}{browser[1:]} on {system}"
