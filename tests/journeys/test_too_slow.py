"""Graph and Slack answer later than anybody waits: what they did meanwhile is found, and done once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.journeys.making import events
from tests.journeys.test_garbage import OF_GRAPH, OF_SLACK, approved, asked, assert_all_is_well, cards
from tests.journeys.world import World
from tests.sandbox.trouble import Fault

WAITED: Final = 1.0
LATER: Final = 1.5


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[World]:
    """A world whose bot waits a second for an answer, so that no test has to wait for longer."""
    monkeypatch.setattr("bot.graph.client.TIMEOUT", (5.0, WAITED))
    monkeypatch.setattr("bot.app.SLACK_ANSWER_SECONDS", WAITED)
    monkeypatch.setattr("bot.app.COURIER_SECONDS", WAITED)
    monkeypatch.setattr("bot.connections.SLACK_ANSWER_SECONDS", WAITED)
    made = World(folder=tmp_path)
    yield made
    made.stop()


def late(match: str) -> Fault:
    """The call has its effect, and the true answer comes when nobody listens any more."""
    return Fault(match=match, when="after", seconds=LATER)


@pytest.mark.parametrize("call", OF_GRAPH)
def test_graph(hasty: World, call: str) -> None:
    """An answer of Graph's that nobody waited for is a lost one: in the end one of everything is there."""
    hasty.entra.trouble.add(late(call))
    asked(hasty)
    approved(hasty)

    assert_all_is_well(hasty)


@pytest.mark.parametrize("method", OF_SLACK)
def test_slack(hasty: World, method: str) -> None:
    """An answer of Slack's that nobody waited for is a lost one: everything is said once."""
    hasty.slack.trouble.add(late(f" /api/{method}$"))
    asked(hasty)
    approved(hasty)

    assert_all_is_well(hasty)
    assert len(cards(hasty)) == 1
    assert events(hasty).count("request:submit") == 1
