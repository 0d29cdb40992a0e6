"""Over Socket Mode: each envelope once, nothing unsaid at the end, and all else goes on while Slack is away."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import requests

from bot.events import AuditEvent
from bot.hearing import Hearing
from tests.journeys.instances import Instances
from tests.journeys.world import World
from tests.sandbox.entra import faults as entra_faults
from tests.sandbox.slack import faults
from tests.sandbox.stage import until


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[Instances]:
    """A small world in which no process runs yet, and Slack is heard over Socket Mode."""
    made = Instances(folder=tmp_path)
    made.around.slack.socket_mode()
    made.around.slack.events_url = ""
    yield made
    made.stop()


def test_an_envelope_that_comes_twice(world: World) -> None:
    """A second copy of an envelope is acknowledged and changes nothing."""
    socket = world.slack.socket_mode()
    world.slack.events_url = ""
    hearing = Hearing(world.bot.slack, world.slack.app_token, world.clock.now)
    hearing.begin()
    socket.wait_for(connections=1)
    world.entra.trouble.add(
        entra_faults.refused(entra_faults.CREATE_APPLICATION, 403, "Authorization_RequestDenied", "No.", times=3)
    )
    world.ask()
    world.approve()
    world.around.person("grace").click(world.card(), "retry")
    world.settle()
    copy = socket.again(patience=3.0)
    world.settle()
    hearing.close()
    retries = [row for row in world.bot.store.audit.rows() if row["event"] == AuditEvent.REQUEST_RETRY.value]

    assert copy is not None
    assert len(retries) == 1
    assert len(world.entra.journal.calls("POST /v1.0/applications")) == 2


@pytest.mark.parametrize("command", ["run", "worker"])
def test_slack_is_away_at_the_start(instances: Instances, command: str) -> None:
    """While Slack lets nobody connect, everything else starts and works; then it is heard."""
    token = instances.around.slack.app_token
    instances.around.slack.trouble.add(faults.refused("apps.connections.open", "too_many_websockets", times=1))
    process = instances.start("-m", "bot", command, SLACK_APP_TOKEN=token)
    process.wait_for("Slack cannot be heard over Socket Mode just now (too_many_websockets)")
    process.wait_for("Register App hears Slack over Socket Mode.")
    instances.around.slack.socket_mode().wait_for(connections=1)

    assert "Traceback" not in process.log
    assert command == "worker" or requests.get(f"{instances.url}/readyz", timeout=5).ok
    assert process.end() == 0


def test_a_token_that_is_not_good(instances: Instances) -> None:
    """An app token that Slack refuses is told of with what to do, and keeps nobody from the page."""
    instances.around.slack.trouble.add(faults.refused("apps.connections.open", "invalid_auth", times=100))
    process = instances.start("-m", "bot", "run", SLACK_APP_TOKEN=instances.around.slack.app_token)
    process.wait_for("Slack refuses SLACK_APP_TOKEN (invalid_auth): correct it and start again.")
    process.wait_for("Register App listens")

    assert process.end() == 0


def test_told_to_end_in_the_middle(instances: Instances) -> None:
    """A click that is in hand when the process is told to end is acknowledged first."""
    worker = instances.start_worker(SLACK_APP_TOKEN=instances.around.slack.app_token)
    instances.around.slack.socket_mode().wait_for(connections=1)
    instances.ask()
    until(instances.cards, seconds=20)
    begun = Event()
    slow = faults.slow("users.info", 0.5)
    slow.act = begun.set
    instances.around.slack.trouble.add(slow)
    with ThreadPoolExecutor() as pool:
        clicked = pool.submit(instances.around.person("grace").click, instances.cards()[-1], "approve")
        in_hand = begun.wait(10)
        code = worker.end()

    assert in_hand
    assert code == 0
    assert clicked.result().notice is None
    assert "Traceback" not in worker.log
