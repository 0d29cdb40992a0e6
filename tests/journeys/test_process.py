"""The bot as the operator runs it: a process of its own, ended by signals, over HTTP or Socket Mode."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import requests
from slack_bolt.adapter.socket_mode import SocketModeHandler

from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.narrator import Narrator
from tests.sandbox.stage import Stage
from tests.sandbox.tour import Tour, play


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The whole sandbox."""
    made = Stage(folder=tmp_path)
    yield made
    made.stop()


class Silence:
    """A terminal that nobody reads."""

    def write(self, text: str) -> int:
        """Take a text."""
        return len(text)

    def flush(self) -> None:
        """Do nothing."""

    def isatty(self) -> bool:
        """Say that nobody reads."""
        return False


def test_tour(stage: Stage) -> None:
    """The tour ends with 0: every step of the story is as it should be."""
    narrator = Narrator(Silence())  # type: ignore[arg-type]  # only these three methods of a terminal are used

    assert play(stage, narrator) == 0
    assert narrator.wrong == []


def test_sigterm(stage: Stage) -> None:
    """A process that is told to end first finishes the press that is in hand."""
    tour = Tour(stage, Narrator(Silence()))  # type: ignore[arg-type]  # only these three methods are used
    tour.until_armed()
    begun = Event()
    slow = faults.slow(faults.ADD_PASSWORD, 1.0)
    slow.act = begun.set
    stage.around.entra.trouble.add(slow)
    token = tour.token()
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(requests.post, f"{stage.url}/secret/reveal", json={"token": token}, timeout=30)
        assert begun.wait(timeout=10)
        code = stage.end_bot()

    assert code == 0
    assert "secret" in answer.result().json()


def test_health(stage: Stage) -> None:
    """The process says that it lives and that it is ready."""
    assert requests.get(f"{stage.url}/healthz", timeout=5).status_code == requests.codes.ok
    assert requests.get(f"{stage.url}/readyz", timeout=5).json() == {"ready": True, "reasons": {}}


def test_socket_mode(world: World) -> None:
    """Over Socket Mode the same form is asked and the same request is made."""
    socket = world.slack.socket_mode()
    world.slack.events_url = ""
    handler = SocketModeHandler(world.bot.slack, world.slack.app_token)
    handler.connect()  # type: ignore[no-untyped-call]  # bolt leaves this one untyped
    socket.wait_for(connections=1)
    world.ask()
    world.approve()
    handler.close()  # type: ignore[no-untyped-call]  # bolt leaves this one untyped

    assert len(world.entra.applications) == 1
