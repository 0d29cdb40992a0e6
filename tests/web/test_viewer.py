"""Who is at the other end: which address is believed, and how little of it is kept."""

import ipaddress

import pytest
from flask import Request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder

from handlers.web_viewer import address_of, throttle_key, viewer_of


def request(*, forwarded: str | None = None, remote: str = "192.0.2.1", agent: str = "") -> Request:
    """A request as it arrives from `remote`."""
    headers = Headers({"User-Agent": agent})
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    return Request(EnvironBuilder(headers=headers, environ_base={"REMOTE_ADDR": remote}).get_environ())


@pytest.mark.parametrize(
    ("forwarded", "proxies", "expected"),
    [
        (None, 0, "192.0.2.1"),
        (None, 1, "192.0.2.1"),
        ("203.0.113.9", 0, "192.0.2.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9", 1, "203.0.113.9"),
        ("6.6.6.6, 203.0.113.9, 10.0.0.1", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "192.0.2.1"),
        ("203.0.113.9:51234", 1, "203.0.113.9"),
        ("[2001:db8::7]:51234", 1, "2001:db8::7"),
        ("2001:db8::7", 1, "2001:db8::7"),
        ("::ffff:203.0.113.9", 1, "203.0.113.9"),
        ("unknown", 1, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
        ("203.0.113.9, ", 1, "192.0.2.1"),
        ("203.0.113.999", 1, "192.0.2.1"),
    ],
)
def test_address_is_the_one_our_proxies_wrote(forwarded: str | None, proxies: int, expected: str) -> None:
    """With n trusted proxies the nth entry from the right counts, and nothing to the left of it."""
    assert ipaddress.ip_address(expected) == address_of(request(forwarded=forwarded), proxies)


@given(lies=st.lists(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126)), max_size=5))
def test_client_cannot_choose_its_address(lies: list[str]) -> None:
    """Whatever a client writes into the header before our one proxy adds to it, the proxy's word counts."""
    assert str(address_of(request(forwarded=", ".join([*lies, "203.0.113.9"])), 1)) == "203.0.113.9"


def test_no_address_is_unknown() -> None:
    """A connection without an address, as over a Unix socket, is unknown, and all such count together."""
    bare = request(remote="")

    assert (address_of(bare), throttle_key(None), viewer_of(bare).address_family) == (None, "None", "unknown")


def test_one_household_is_one_key() -> None:
    """The addresses of one IPv6 /64 are counted together, IPv4 addresses each alone."""
    keys = [throttle_key(ipaddress.ip_address(text)) for text in ("2001:db8::1", "2001:db8::ffff:2", "192.0.2.1")]

    assert keys == ["2001:db8::/64", "2001:db8::/64", "192.0.2.1"]


@pytest.mark.parametrize(
    ("remote", "family"), [("192.0.2.1", "IPv4"), ("2001:db8::1", "IPv6"), ("nonsense", "unknown")]
)
def test_family_of_the_address(remote: str, family: str) -> None:
    """The address itself is reduced to its family."""
    assert family == viewer_of(request(remote=remote)).address_family


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/141.0 Safari/537.36 Edg/141.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari on macOS"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1",
            "Safari on iOS",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) CriOS/141.0 Mobile Safari/604.1", "Chrome on iOS"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/141.0 Mobile Safari/537.36", "Chrome on Android"),
        (
            "Mozilla/5.0 (Linux; Android 16) SamsungBrowser/28.0 Chrome/130.0 Safari/537.36",
            "Samsung Internet on Android",
        ),
        ("Mozilla/5.0 (X11; CrOS x86_64 16181) Chrome/141.0 Safari/537.36", "Chrome on ChromeOS"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36 OPR/125.0", "Opera on Linux"),
        ("curl/8.5.0", "Another browser on an unknown system"),
        ("", "Another browser on an unknown system"),
    ],
)
def test_family_of_the_browser(agent: str, expected: str) -> None:
    """The User-Agent is reduced to a browser's and a system's name."""
    assert expected == viewer_of(request(agent=agent)).browser


@given(agent=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), min_size=30))
def test_nothing_of_a_strange_agent_is_kept(agent: str) -> None:
    """Of any text at all, only names from our own table are kept."""
    words = set(
        viewer_of(request(agent=agent)).browser.replace("Another browser", "").replace("an unknown system", "").split()
    )

    assert words <= {"on", "Edge", "Opera", "Samsung", "Internet", "Firefox", "Chrome", "Safari"} | {
        "iOS",
        "Android",
        "ChromeOS",
        "Windows",
        "macOS",
        "Linux",
    }
