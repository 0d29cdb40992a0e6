"""What Entra takes as a reply URL (redirect URI), and what an approver should look at in one.

The rules are those of the Microsoft identity platform, "Redirect URI (reply URL) restrictions and limitations".
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

MOST_URLS = 256
LONGEST_URL = 256
LONGEST_SENTENCE = 900
LOCALHOSTS = frozenset({"localhost", "127.0.0.1"})
_REFUSED = "!$'(),;"
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?")

# Names under these can be claimed again by anybody once their owner lets go of them.
RECLAIMABLE = (
    "azurewebsites.net",
    "azurefd.net",
    "azureedge.net",
    "blob.core.windows.net",
    "cloudapp.net",
    "cloudapp.azure.com",
    "trafficmanager.net",
    "github.io",
    "herokuapp.com",
    "netlify.app",
    "pages.dev",
    "vercel.app",
)
# Services that show or keep whatever is sent to them, sign-in codes included.
CATCHERS = (
    "getpostman.com",
    "oauth.pstmn.io",
    "jwt.ms",
    "jwt.io",
    "webhook.site",
    "ngrok.io",
    "ngrok.app",
    "ngrok-free.app",
    "oauthdebugger.com",
    "oidcdebugger.com",
    "requestbin.com",
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A reply URL that Entra or we refuse, and what to do about it."""

    url: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Warning:  # noqa: A001 - an approver's warning; Python's own is not used in this room
    """A reply URL that works but is worth a look, and why."""

    url: str
    reason: str


def parse(text: str) -> tuple[str, ...]:
    """Split what a person typed: white space separates, and a comma or semicolon that ends a word does too.

    One inside a URL stays, so that `check` can name it.
    """
    return tuple(word for part in text.split() if (word := part.rstrip(",;").strip("<>")))


def check(urls: Sequence[str], *, allow_localhost: bool = True) -> tuple[Fault, ...]:
    """Return what is wrong with the URLs, the first fault of each; nothing when all can be registered."""
    faults = [
        Fault(url=url, sentence=sentence)
        for url in urls
        if (sentence := _fault(url, allow_localhost=allow_localhost))
    ]
    if len(urls) > MOST_URLS:
        faults.append(Fault(url="", sentence=f"An application can have at most {MOST_URLS} reply URLs."))
    return (*faults, *_duplicates(urls))


def _fault(url: str, *, allow_localhost: bool) -> str | None:
    for rule in (_length, _characters, _shape):
        if sentence := rule(url):
            return sentence
    parts = urlsplit(url)
    for judge in (_scheme, _authority, _rest):
        if sentence := judge(parts):
            return sentence
    if is_localhost(url) and not allow_localhost:
        return "localhost is not allowed here. Use the address where the application really runs."
    return None


def _length(url: str) -> str | None:
    return f"is longer than {LONGEST_URL} characters. Shorten it." if len(url) > LONGEST_URL else None


def _characters(url: str) -> str | None:
    if "*" in url:
        return "has a wildcard (*). Name each address in full."
    if any(not 0x21 <= ord(character) <= 0x7E for character in url):  # noqa: PLR2004 - ASCII's visible characters
        return "has spaces or characters beyond plain ASCII. Write host names in punycode, paths percent-encoded."
    bad = next((character for character in url if character in _REFUSED or character in '\\"<>^`{|}'), None)
    return f"has the character {bad}, which Entra refuses. Leave it out or percent-encode it." if bad else None


def _shape(url: str) -> str | None:
    try:
        port = urlsplit(url).port
    except ValueError:
        return "has no valid port or host. Write it like https://app.example.com/auth/callback."
    return "has port 0. Leave the port out or name the right one." if port == 0 else None


def _scheme(parts: SplitResult) -> str | None:
    if parts.scheme not in {"https", "http"}:
        return "must begin with https:// (or http://localhost while developing)."
    if not parts.hostname:
        return "names no host. Write it like https://app.example.com/auth/callback."
    if parts.scheme == "http" and parts.hostname not in LOCALHOSTS:
        return "must begin with https://; http is for localhost only."
    return None


def _authority(parts: SplitResult) -> str | None:
    if "@" in parts.netloc:
        return "holds a user name or password. Leave that out."
    if parts.netloc.startswith("["):
        return "has an IPv6 address, which Entra does not take. Use localhost or a host name."
    if parts.netloc.endswith(":"):
        return "ends its host with a colon. Leave the colon out."
    host = parts.hostname or ""
    return None if _HOST.fullmatch(host) else f"has the host {host}, which is not a valid host name. Correct it."


def _rest(parts: SplitResult) -> str | None:
    if parts.fragment or "#" in parts.geturl():
        return "has a fragment (#…). Leave out the # and what follows."
    return None


def is_localhost(url: str) -> bool:
    """Say whether a URL leads to the machine it is opened on; the host is compared, not the text."""
    return urlsplit(url).hostname in LOCALHOSTS


def _duplicates(urls: Sequence[str]) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for url in urls:
        same = _identity(url)
        if same in seen:
            faults.append(Fault(url=url, sentence=_twin(url)))
        seen.add(same)
    return faults


def _identity(url: str) -> str:
    """Return what two URLs have in common that Entra takes for one: for localhost the port does not count."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    if host in LOCALHOSTS or port == {"https": 443, "http": 80}.get(parts.scheme):
        port = None
    return f"{parts.scheme}://{host}:{port or ''}{parts.path}?{parts.query}"


def _twin(url: str) -> str:
    try:
        local = is_localhost(url)
    except ValueError:
        local = False
    if local:
        return "is there twice; for localhost the port makes no difference. Keep one."
    return "is there twice. Keep one."


def sentence(faults: Sequence[Fault]) -> str:
    """Join faults into one message of at most 900 characters; what does not fit is counted."""
    lines = [f"{_shown(fault.url)} {fault.sentence}".strip() for fault in faults]
    for count in range(len(lines), 0, -1):
        rest = len(lines) - count
        text = "\n".join([*lines[:count], *([f"And {rest} more."] if rest else [])])
        if len(text) <= LONGEST_SENTENCE:
            return text
    return ""


def _shown(url: str) -> str:
    return url if len(url) <= 80 else f"{url[:79]}…"  # noqa: PLR2004 - enough to recognise which one is meant


def warnings(urls: Sequence[str], *, own_domains: Sequence[str] = ()) -> tuple[Warning, ...]:
    """Return what is worth a look in URLs that passed `check`; several for one URL are possible."""
    return tuple(
        Warning(url=url, reason=reason) for url in urls for judge in _JUDGES if (reason := judge(url, own_domains))
    )


def _local(url: str, _: Sequence[str]) -> str | None:
    return "leads to the user's own machine; for development only" if is_localhost(url) else None


def _foreign(url: str, own_domains: Sequence[str]) -> str | None:
    if not own_domains or is_localhost(url):
        return None
    host = _host(url)
    return None if any(_under(host, own) for own in own_domains) else "is on a domain that is not your company's"


def _raw_address(url: str, _: Sequence[str]) -> str | None:
    try:
        ipaddress.ip_address(_host(url))
    except ValueError:
        return None
    return None if is_localhost(url) else "is a bare IP address; nobody can tell whose it will be"


def _reclaimable(url: str, _: Sequence[str]) -> str | None:
    return "can be claimed by somebody else once it is given up" if _under_any(url, RECLAIMABLE) else None


def _catcher(url: str, _: Sequence[str]) -> str | None:
    return (
        "belongs to a public test service, which would receive sign-in codes" if _under_any(url, CATCHERS) else None
    )


def _punycode(url: str, _: Sequence[str]) -> str | None:
    labels = _host(url).split(".")
    return (
        "is an internationalised name, which may look like another"
        if any(label.startswith("xn--") for label in labels)
        else None
    )


_JUDGES: tuple[Callable[[str, Sequence[str]], str | None], ...] = (
    _catcher,
    _local,
    _foreign,
    _raw_address,
    _reclaimable,
    _punycode,
)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").lower()


def _under(host: str, domain: str) -> bool:
    wanted = domain.lower().strip(".")
    return host == wanted or host.endswith(f".{wanted}")


def _under_any(url: str, domains: Sequence[str]) -> bool:
    return any(_under(_host(url), domain) for domain in domains)
