"""The web side over a working desk: as a Flask app, and served on loopback."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser

from handlers.web import create_web
from tests.sandbox.trouble import Trouble
from tests.sandbox.wire import Journal, LoopbackServer, TroubledApp
from tests.web.chromium import Visitor, visitor
from tests.web.desk import Clock, Desk

PUBLIC_URL = "https://apps.contoso.example"


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still at noon."""
    return Clock()


@pytest.fixture
def desk() -> Desk:
    """The desk behind the page."""
    return Desk()


@pytest.fixture
def reasons() -> dict[str, str]:
    """What the readiness check answers; empty means ready."""
    return {}


@pytest.fixture
def make_web(desk: Desk, clock: Clock, reasons: dict[str, str]) -> Callable[..., Flask]:
    """Build the app with what a test wants to be different."""

    def make(**changes: Any) -> Flask:
        usual = {"public_url": PUBLIC_URL, "ready": lambda: reasons, "clock": clock}
        return create_web(desk, **{**usual, **changes})

    return make


@pytest.fixture
def client(make_web: Callable[..., Flask]) -> FlaskClient:
    """A client of the app as it usually stands."""
    return make_web().test_client()


@dataclass(kw_only=True)
class Site:
    """The app on a loopback port, with every exchange written down and faults to be had."""

    url: str
    trouble: Trouble
    journal: Journal = field(default_factory=Journal)


@pytest.fixture
def site(make_web: Callable[..., Flask]) -> Iterator[Site]:
    """The app served as it is in production, but on loopback and without TLS."""
    apps: list[Flask] = []

    def late(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # The port is known only when the server stands, and the app must know its public address.
        return apps[0](environ, start_response)

    trouble, journal = Trouble(), Journal()
    with LoopbackServer(TroubledApp(late, trouble, journal)) as server:
        apps.append(make_web(public_url=server.url))
        yield Site(url=server.url, trouble=trouble, journal=journal)


@pytest.fixture
def window(browser: Browser) -> Iterator[Visitor]:
    """A fresh window of a visitor in Vienna."""
    with visitor(browser) as opened:
        yield opened
