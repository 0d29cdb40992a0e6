"""Who may read the figures: the one header is read as bytes, whatever is in it."""

from collections.abc import Callable

import pytest
from flask import Flask

from handlers.web_metrics import MetricsDoor

TOKEN = "0123456789abcdef" * 2


def status(make_web: Callable[..., Flask], header: str, token: str = TOKEN) -> int:
    """What is answered to this header, as WSGI carries its bytes (PEP 3333)."""
    door = MetricsDoor(token=token, exposition=lambda: b"figures", content_type="text/plain")
    raw = header.encode("utf-8", "surrogateescape").decode("latin-1")
    return make_web(metrics=door).test_client().get("/metrics", headers={"Authorization": raw}).status_code


@pytest.mark.parametrize("header", [f"Bearer {TOKEN}", f"bearer {TOKEN}", f"BEARER   {TOKEN} "])
def test_the_token(make_web: Callable[..., Flask], header: str) -> None:
    """The token lets in, however its scheme is written (RFC 9110, 11.1)."""
    assert status(make_web, header) == 200


def test_a_token_of_any_letters(make_web: Callable[..., Flask]) -> None:
    """A token need not be of ASCII."""
    token = "schlüssel" * 4

    assert (status(make_web, f"Bearer {token}", token), status(make_web, f"Bearer {token}x", token)) == (200, 401)


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer ", "Bearer =", "Bearer a=b, c=", f"Bearer{TOKEN}", TOKEN, f"Basic {TOKEN}"),
        *("Basic \udcff", "Basic Og==", "Basic x", "Digest \udcff", "Digest x", "\x01", "Bearer \udcff\udcfe"),
        f"Bearer {TOKEN[:-1]}é",
    ],
)
def test_anything_else(make_web: Callable[..., Flask], header: str) -> None:
    """Anything else is 401, also what a reader of credentials stumbles over."""
    assert status(make_web, header) == 401
