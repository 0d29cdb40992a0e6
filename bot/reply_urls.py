"""Reply URLs: what a person typed, what cannot be registered, and what an approver should look at.

Sources: Microsoft identity platform, "Redirect URI (reply URL) restrictions and limitations" (schemes, number, length,
special characters, localhost and its port); RFC 6749, section 3.1.2 (no fragment); RFC 3986 (which characters a URI
may hold). Stricter than those: wildcards, user names and IP addresses in unusual spellings are refused, because an
address that two readers read differently is how an authorization code goes astray.
"""

import re
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bot.reply_hosts import concerns, ip_address, is_loopback

LONGEST_URL: Final = 256
MOST_URLS: Final = 256

# As much as people still read below one field of a modal.
LONGEST_SENTENCE: Final = 900
_LONGEST_SHOWN: Final = 80

_ADDRESS: Final = re.compile(r"(https?)://([^/?#]*)(.*)", re.DOTALL)
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_HIGHEST_PORT: Final = 65535
_PORT: Final = re.compile(r"[1-9][0-9]{0,4}")
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_IPV6: Final = re.compile(r"(?<=://)\[[^/?#\]]*\]")
_ENCODED_CONTROL: Final = re.compile(r"%(?:[01][0-9A-Fa-f]|7[Ff])")

# What RFC 3986 allows, less the characters that Entra refuses; * and # have rules of their own.
_ALLOWED: Final = frozenset(string.ascii_letters + string.digits + "-._~:/?@&=+%*#")
_HTTP_HOSTS: Final = frozenset({"localhost", "127.0.0.1"})


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What keeps a URL from being registered, as what to do; `url` is empty when it is about all of them."""

    url: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class UrlWarning:
    """What an approver should know of a URL that can be registered."""

    url: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class _Address:
    scheme: str
    user: str | None
    host: str
    port: str | None
    rest: str


def parse(text: str) -> tuple[str, ...]:
    """Read what a person typed: addresses apart by white space, with or without commas or semicolons at their ends.

    A comma within a word stays there: it may belong to the address, and `check` then says that it cannot.
    """
    words = (word.strip(",;") for word in text.split())
    return tuple(word for word in words if word)


def check(urls: Sequence[str], *, allow_localhost: bool = True) -> tuple[Fault, ...]:
    """Return every fault of every URL, in their order; none means that Entra will take them all."""
    faults = [
        Fault(url=url, sentence=sentence)
        for url, repetition in zip(urls, _repetitions(urls), strict=True)
        for sentence in (*_faults(url, allow_localhost=allow_localhost), *repetition)
    ]
    if len(urls) > MOST_URLS:
        faults.insert(0, Fault(url="", sentence=f"Enter at most {MOST_URLS} reply URLs; these are {len(urls)}."))
    return tuple(faults)


def sentence(faults: Sequence[Fault]) -> str:
    """Join faults into one message of at most 900 characters that ends with how many were left out."""
    message, before = "", ""
    for at, fault in enumerate(faults):
        name = f"{_shown(fault.url)}: " if fault.url and fault.url != before else ""
        longer = f"{message} {name}{fault.sentence}".lstrip()
        if len(longer) > LONGEST_SENTENCE - len(" And 9999 more."):
            return f"{message} And {len(faults) - at} more.".lstrip()
        message, before = longer, fault.url
    return message


def warnings(urls: Sequence[str], *, own_domains: Sequence[str]) -> tuple[UrlWarning, ...]:
    """Return what is worth an approver's look. No `own_domains` means that they are not known."""
    return tuple(
        UrlWarning(url=url, reason=reason)
        for url in urls
        if (address := _split(url)) is not None
        for reason in _reasons(address, own_domains)
    )


def _split(url: str) -> _Address | None:
    """Take a URL apart without repairing anything; None when it does not begin as one of ours."""
    found = _ADDRESS.fullmatch(url)
    if found is None:
        return None
    scheme, authority, rest = found.groups()
    user, at, place = authority.rpartition("@")
    host, colon, port = place.rpartition(":") if ":" in place.rpartition("]")[2] else (place, "", "")
    return _Address(
        scheme=scheme, user=user if at else None, host=host.lower(), port=port if colon else None, rest=rest
    )


def _faults(url: str, *, allow_localhost: bool) -> Iterator[str]:
    address = _split(url)
    if address is None:
        yield "Begin it with https:// in small letters (http:// only for localhost)."
        return
    yield from filter(None, (rule(url) for rule in _TEXT_RULES))
    yield from filter(None, (rule(address) for rule in _ADDRESS_RULES))
    if not allow_localhost and is_loopback(address.host):
        yield "Enter the address at which people will use it; the policy here allows no localhost."


def _too_long(url: str) -> str | None:
    return f"Shorten it to {LONGEST_URL} characters; it has {len(url)}." if len(url) > LONGEST_URL else None


def _odd_characters(url: str) -> str | None:
    odd = sorted(set(_IPV6.sub("", url)) - _ALLOWED)
    if any(not "!" <= character <= "~" for character in odd):
        return "Use plain ASCII without spaces: punycode (xn--…) in the host name, %XX in the rest."
    if "\\" in odd:
        return "Write / instead of \\."
    return f"Remove {' '.join(odd)} from it; Entra takes no such characters." if odd else None


def _wildcard(url: str) -> str | None:
    return "Write it out in full, without *." if "*" in url else None


def _fragment(url: str) -> str | None:
    return "Remove the # and what follows it." if "#" in url else None


def _encoding(url: str) -> str | None:
    if _ENCODED_CONTROL.search(url):
        return "Remove the encoded control characters (%00 to %1F, %7F)."
    return "Write %25 for a % that stands for itself." if re.search(r"%(?![0-9A-Fa-f]{2})", url) else None


def _user(address: _Address) -> str | None:
    return None if address.user is None else "Remove the user name and password before the @."


def _host(address: _Address) -> str | None:
    if not address.host:
        return "Add the host name, as in https://app.example.com/auth/callback."
    if address.host.startswith("["):
        return "Use a host name, or 127.0.0.1 for your own computer, instead of an IPv6 address."
    if set(address.host) - _ALLOWED or "*" in address.host:
        return None  # The rules of the whole text have said so already.
    if not _HOST.fullmatch(address.host):
        return f"Check the host name; {_shown(address.host)} is none."
    if _NUMBER.fullmatch(address.host.rpartition(".")[2]) and ip_address(address.host) is None:
        return "Write the IP address as four numbers, such as 127.0.0.1."
    return None


def _port(address: _Address) -> str | None:
    fits = address.port is None or (_PORT.fullmatch(address.port) and int(address.port) <= _HIGHEST_PORT)
    return None if fits else "Give a port from 1 to 65535, or leave out the colon."


def _scheme(address: _Address) -> str | None:
    fits = address.scheme == "https" or address.host in _HTTP_HOSTS or address.host.startswith("[")
    return None if fits else "Use https://; http:// is only for localhost and 127.0.0.1."


_TEXT_RULES: Final[tuple[Callable[[str], str | None], ...]] = (
    _too_long,
    _odd_characters,
    _wildcard,
    _fragment,
    _encoding,
)
_ADDRESS_RULES: Final[tuple[Callable[[_Address], str | None], ...]] = (_scheme, _user, _host, _port)


def _repetitions(urls: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """For each URL nothing, or what to do because Entra cannot tell it from an earlier one."""
    seen: dict[object, str] = {}
    for url in urls:
        address = _split(url)
        identity = _identity(address) if address else url
        if identity not in seen:
            yield ()
        elif seen[identity] == url:
            yield ("Remove it; it stands here twice.",)
        else:
            yield (f"Remove it; to Entra it is the same as {_shown(seen[identity])}.",)
        seen.setdefault(identity, url)


def _identity(address: _Address) -> object:
    """What Entra tells addresses apart by: for localhost the port is not part of it."""
    port = None if address.host in _HTTP_HOSTS else address.port
    return (address.scheme, address.user, address.host, port, address.rest)


def _reasons(address: _Address, own_domains: Sequence[str]) -> Iterator[str]:
    yield from concerns(address.host, own_domains)
    if not is_loopback(address.host) and not address.rest.startswith("/"):
        yield "Has no path: Entra comes back to it with a / at the end, and the application must expect that."


def _shown(text: str) -> str:
    """A text that is safe to show: nothing invisible, nothing that turns the line around, not too long."""
    visible = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return visible if len(visible) <= _LONGEST_SHOWN else f"{visible[: _LONGEST_SHOWN - 1]}…"
