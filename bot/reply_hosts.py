"""Host names of reply URLs: what an approver should know of who answers at one.

The lists are this project's own and never complete: a host that is on none of them is not thereby safe. Names that can
be claimed anew are those of hosting services that give a name to whoever asks first (Microsoft, "Prevent dangling DNS
entries and avoid subdomain takeover").
"""

import unicodedata
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from typing import Final

# Names that anybody can claim once their holder has given them up.
CLAIMABLE: Final = (
    "appspot.com",
    "azure-api.net",
    "azurecontainer.io",
    "azurecontainerapps.io",
    "azureedge.net",
    "azurefd.net",
    "azurestaticapps.net",
    "azurewebsites.net",
    "cloudapp.azure.com",
    "cloudapp.net",
    "cloudfront.net",
    "core.windows.net",
    "elasticbeanstalk.com",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "netlify.app",
    "onrender.com",
    "pages.dev",
    "railway.app",
    "run.app",
    "s3.amazonaws.com",
    "surge.sh",
    "trafficmanager.net",
    "vercel.app",
    "web.app",
    "workers.dev",
)

# Services that receive, and often show or forward, whatever is sent to them.
CATCHERS: Final = (
    "beeceptor.com",
    "devtunnels.ms",
    "getpostman.com",
    "jwt.io",
    "jwt.ms",
    "loca.lt",
    "ngrok-free.app",
    "ngrok-free.dev",
    "ngrok.app",
    "ngrok.dev",
    "ngrok.io",
    "nip.io",
    "oauthdebugger.com",
    "oidcdebugger.com",
    "pipedream.net",
    "pstmn.io",
    "requestbin.com",
    "serveo.net",
    "sslip.io",
    "trycloudflare.com",
    "webhook.site",
)

INTERNAL: Final = ("corp", "home.arpa", "internal", "intranet", "lan", "local", "private")


def concerns(host: str, own_domains: Sequence[str]) -> Iterator[str]:
    """Say what is worth a look in a host name in small letters. No `own_domains` means that they are not known."""
    if is_loopback(host):
        yield "Works only on the computer of the person who signs in; it belongs to development."
    elif ip_address(host) is not None:
        yield "A bare IP address does not tell who answers there."
    else:
        yield from _of_name(host, own_domains)
        yield from (_look_alike(label) for label in host.split(".") if label.startswith("xn--"))


def ip_address(host: str) -> IPv4Address | None:
    """Return the IPv4 address that a host is, in its usual spelling of four numbers, or None."""
    try:
        return IPv4Address(host)
    except ValueError:
        return None


def is_loopback(host: str) -> bool:
    """Say whether a host is the reader's own computer: localhost, a name under it, or an address of 127.0.0.0/8."""
    address = ip_address(host)
    return _under(host, ("localhost",)) is not None if address is None else address.is_loopback


def _of_name(host: str, own_domains: Sequence[str]) -> Iterator[str]:
    own = [name for domain in own_domains if (name := domain.strip().lower().removeprefix("*.").strip("."))]
    if "." not in host or _under(host, INTERNAL):
        yield "A name inside a network: on another network somebody else may answer to it."
    if own and not _under(host, own):
        yield "Its host is under none of your own domains."
    if suffix := _under(host, CLAIMABLE):
        yield f"Once given up, a name under {suffix} can be claimed by anybody, who then receives the sign-ins."
    if suffix := _under(host, CATCHERS):
        yield f"{suffix} belongs to a third party, who receives the authorization codes."


def _under(host: str, domains: Sequence[str]) -> str | None:
    return next((domain for domain in domains if host == domain or host.endswith(f".{domain}")), None)


def _look_alike(label: str) -> str:
    try:
        text = label.removeprefix("xn--").encode().decode("punycode")
    except ValueError:
        text = ""
    if not text.isprintable() or not text:
        return f"{label} is no valid punycode."
    scripts = sorted({unicodedata.name(letter, "unknown").partition(" ")[0] for letter in text if letter.isalpha()})
    mixture = f" and mixes alphabets ({', '.join(scripts).lower()})" if len(scripts) > 1 else ""
    return f"{label} reads as “{text}”{mixture}; it may be made to look like another name."
