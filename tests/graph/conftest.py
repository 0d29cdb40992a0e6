"""The fixtures of bot/graph's tests."""

from collections.abc import Iterator

import pytest
import requests

from bot.graph.applications import Applications
from bot.graph.client import GraphClient
from bot.graph.tokens import ClientSecret, Tokens
from tests.graph.hourglass import Hourglass
from tests.graph.tiny_graph import TENANT, TinyGraph


@pytest.fixture
def hourglass() -> Hourglass:
    """Time that stands still until somebody sleeps."""
    return Hourglass()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    """A transport that is closed after the test."""
    with requests.Session() as session:
        yield session


@pytest.fixture
def tiny() -> Iterator[TinyGraph]:
    """A Graph that says what the test tells it to say."""
    with TinyGraph() as tiny:
        yield tiny


@pytest.fixture
def tiny_tokens(tiny: TinyGraph, session: requests.Session) -> Tokens:
    """Tokens of the small Graph's token endpoint."""
    return Tokens(TENANT, "bot", ClientSecret(text="bot-secret-canary"), tiny.url, tiny.url, session)


@pytest.fixture
def client(tiny: TinyGraph, tiny_tokens: Tokens, session: requests.Session, hourglass: Hourglass) -> GraphClient:
    """A client of the small Graph, with a patience of sixty seconds that pass at once."""
    return GraphClient(tiny_tokens, tiny.url, session, hourglass.sleep, hourglass.monotonic, 60.0)


@pytest.fixture
def applications(client: GraphClient) -> Applications:
    """The applications of the small Graph."""
    return Applications(client)
