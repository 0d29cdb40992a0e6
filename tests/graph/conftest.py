"""The fixtures of bot/graph's tests."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from bot.graph import Entra as Floor
from bot.graph import EntraAccess, open_entra
from bot.graph.applications import Applications
from bot.graph.client import GraphClient
from bot.graph.tokens import ClientSecret, Tokens
from bot.model import EntraApplication
from tests.graph.hourglass import Hourglass
from tests.graph.shapes import entra_draft
from tests.graph.tiny_graph import TENANT, TinyGraph
from tests.sandbox.entra import Entra


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


class MovableClock:
    """A clock that a test sets forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """The moment it is in the emulated tenant."""
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> MovableClock:
    """The emulated tenant's clock."""
    return MovableClock()


@pytest.fixture
def entra(clock: MovableClock) -> Iterator[Entra]:
    """A tenant of its own for each test."""
    with Entra(clock) as entra:
        yield entra


@pytest.fixture
def floor(entra: Entra, session: requests.Session, hourglass: Hourglass) -> Floor:
    """Everything that calls Microsoft, pointed at the emulated tenant; its pauses pass at once."""
    access = EntraAccess(
        tenant_id=entra.tenant_id,
        client_id=entra.bot_client_id,
        credential=ClientSecret(text=entra.bot_secret),
        authority=entra.authority,
        graph_root=entra.graph_root,
    )
    return open_entra(
        access,
        clock=lambda: datetime.now(UTC),
        session=session,
        sleep=hourglass.sleep,
        monotonic=hourglass.monotonic,
    )


@pytest.fixture
def made(floor: Floor, entra: Entra) -> EntraApplication:
    """An application that the bot made, known everywhere."""
    return floor.applications.create(entra_draft(entra))
