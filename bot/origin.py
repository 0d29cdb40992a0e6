"""An origin as a browser writes it in its Origin header (RFC 6454, 6.1; URL Standard, "Host parsing")."""

import ipaddress
import re
from typing import Final

_FORM: Final = re.compile(
    r"(?P<scheme>https?)://(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<host>[a-z0-9.-]+))(?::(?P<port>[0-9]{1,5}))?/?",
    re.ASCII | re.IGNORECASE,
)
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})
_OWN_PORTS: Final = {"http": 80, "https": 443}
_MOST_PORT: Final = 65535
_LONGEST_HOST: Final = 253


def origin_of(address: str) -> str:
    """Return scheme, host and port in the one way in which a browser writes them. Raises ValueError with a sentence."""
    if not address.isascii():
        raise ValueError("must be in ASCII, as a browser sends it: the host's other letters are written xn--…")
    found = _FORM.fullmatch(address)
    if found is None:
        raise ValueError(
            "must be an https address such as https://apps.example.com, with nothing before or behind its host but a"
            " port (http only on loopback)"
        )
    scheme, host = found["scheme"].lower(), _host(found["six"], found["host"])
    if scheme == "http" and host not in _LOOPBACK:
        raise ValueError("must be an https address such as https://apps.example.com (http only on loopback)")
    return f"{scheme}://{host}{_port(scheme, found['port'])}"


def _host(six: str | None, host: str | None) -> str:
    try:
        if six is not None:
            return f"[{ipaddress.IPv6Address(six).compressed}]"
        labels = (host or "").lower().split(".")
        # What ends in a number is an IPv4 address to a browser, or nothing.
        if _NUMBER.fullmatch(labels[-1]):
            return str(ipaddress.IPv4Address(".".join(labels)))
    except ValueError:
        raise ValueError("must be an https address: the host of this one is no IP address") from None
    if len(".".join(labels)) > _LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must be an https address: the host of this one is no name")
    return ".".join(labels)


def _port(scheme: str, digits: str | None) -> str:
    if digits is None:
        return ""
    port = int(digits)
    if not 0 < port <= _MOST_PORT:
        raise ValueError("must be an https address: the port of this one is not between 1 and 65535")
    return "" if port == _OWN_PORTS[scheme] else f":{port}"
