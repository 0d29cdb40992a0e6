"""The stores under test: a fresh one for each test and each engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import Store, open_store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import ENGINES


# Every engine keeps the one contract.
@pytest.fixture(params=sorted(ENGINES))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    with ENGINES[request.param](tmp_path) as address:
        yield address


@pytest.fixture
def empty(url: str) -> Iterator[Store]:
    """A store whose schema was not made yet."""
    store = open_store(url)
    yield store
    store.close()


@pytest.fixture
def store(empty: Store) -> Store:
    """A store with its schema and nothing in it."""
    empty.migrate(NOW)
    return empty


@pytest.fixture
def peopled(store: Store) -> Store:
    """A store with one request, its application, and one open link."""
    store.requests.add(nouns.request())
    store.applications.add(nouns.application())
    store.links.add(nouns.link())
    return store
