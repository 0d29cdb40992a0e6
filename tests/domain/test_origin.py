"""An address becomes the origin that a browser sends, or is refused with a sentence."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.origin import origin_of

ORIGINS = [
    ("https://apps.contoso.example", "https://apps.contoso.example"),
    ("HTTPS://Apps.Contoso.Example", "https://apps.contoso.example"),
    ("https://apps.contoso.example/", "https://apps.contoso.example"),
    ("https://apps.contoso.example:443", "https://apps.contoso.example"),
    ("https://apps.contoso.example:8443/", "https://apps.contoso.example:8443"),
    ("https://apps.contoso.example:08443", "https://apps.contoso.example:8443"),
    ("https://apps", "https://apps"),
    ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ("https://192.0.2.7", "https://192.0.2.7"),
    ("https://[2001:DB8:0:0::7]:8443", "https://[2001:db8::7]:8443"),
    ("http://localhost:3000/", "http://localhost:3000"),
    ("http://127.0.0.1:80", "http://127.0.0.1"),
    ("http://[::1]:80", "http://[::1]"),
]
REFUSED = [
    *("", "apps.contoso.example", "https://", "https:///", "https://:443", "//apps.contoso.example", "ftp://a.example"),
    *("http://apps.contoso.example", "http://localhost.contoso.example", "http://127.0.0.2"),
    *(
        "https://a.example/app",
        "https://a.example//",
        "https://a.example?",
        "https://a.example?x",
        "https://a.example#",
    ),
    *("https://u@a.example", "https://u:p@a.example", "https://:p@a.example", "https://@a.example"),
    *(" https://a.example", "https://a.example ", "https://a.example\n", "https://a b.example", "https://a.example\t"),
    *("https://a.example:", "https://a.example:abc", "https://a.example:0", "https://a.example:99999", "https://a:-1"),
    *("https://bücher.example", "https://a.example\u3002", "http\u017f://a.example", "https://a.example:\uff14\uff13"),
    *("https://a..example", "https://.example", "https://a.example.", "https://-a.example", "https://a-.example"),
    *("https://a_b.example", "https://a%2eexample", "https://a*.example", "https://a\\b", f"https://{'a' * 64}.x"),
    *("https://1.2.3", "https://1.2.3.256", "https://1.2.3.04", "https://a.7", "https://0x7f", "https://1.2.3.0x"),
    *("https://[::1", "https://[:::]", "https://[]", f"https://{'a.' * 130}example"),
]


@pytest.mark.parametrize(("address", "origin"), ORIGINS)
def test_origins(address: str, origin: str) -> None:
    """However it is written, one origin is one text; and it is its own origin."""
    assert (origin_of(address), origin_of(origin)) == (origin, origin)


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address: str) -> None:
    """What a browser would not send as an origin is refused, in words that say what it must be."""
    with pytest.raises(ValueError, match=r"^must be (an https address|in ASCII)"):
        origin_of(address)


@given(st.one_of(st.text(max_size=40), st.from_regex(re.compile(r"\Ahttps?://[\x21-\x7e]{1,30}\Z", re.ASCII))))
def test_whatever_is_written(address: str) -> None:
    """Anything is an origin that stays what it is, or refused with a sentence."""
    try:
        said = origin_of(address)
    except ValueError as error:
        said = str(error)

    assert said.startswith("must be ") or (origin_of(said), said.lower(), said.isascii()) == (said, said, True)
