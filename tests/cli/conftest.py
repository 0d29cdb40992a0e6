"""A terminal beside both emulators, as an operator has one beside Slack and Entra."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.terminal import Terminal
from tests.sandbox.surroundings import Surroundings


@pytest.fixture
def around() -> Iterator[Surroundings]:
    """Both emulators, peopled, by the real clock, because the command looks at its own."""
    made = Surroundings(clock=lambda: datetime.now(UTC))
    yield made
    made.stop()


@pytest.fixture
def terminal(around: Surroundings, tmp_path: Path) -> Terminal:
    """A terminal with every setting as it should be."""
    environment = around.environment(
        public_url="https://apps.contoso.example", database=tmp_path / "register-app.sqlite3"
    )
    return Terminal(folder=tmp_path, environment=environment)


@pytest.fixture
def bare(tmp_path: Path) -> Terminal:
    """A terminal in which nothing was set."""
    return Terminal(folder=tmp_path)
