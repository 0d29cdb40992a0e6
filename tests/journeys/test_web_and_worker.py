"""What one process does can be done by several: web and worker, over one database."""

import ctypes
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
import requests

from tests.journeys.instances import Instances
from tests.sandbox.entra import faults
from tests.sandbox.stage import until
from tests.sandbox.trouble import Fault


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[Instances]:
    """A small world in which no process runs yet."""
    made = Instances(folder=tmp_path)
    yield made
    made.stop()


def test_a_request_goes_all_the_way(instances: Instances) -> None:
    """Two workers and a web process make one application, and the secret that web minted is proven by web."""
    web = instances.start_web()
    workers = instances.start_worker(), instances.start_worker()
    instances.ask()
    instances.approve()
    answer = instances.press()
    until(lambda: any("accepted it" in m.reads for m in instances.around.person("ada").dm), seconds=20)

    assert "secret" in answer.json()
    assert len(instances.around.entra.applications) == 1
    assert [web.end(), *(worker.end() for worker in workers)] == [0, 0, 0]


def test_web_works_nothing_off(instances: Instances) -> None:
    """A web process alone takes a request, says it is ready, and leaves the message about it to a worker."""
    instances.start_web()
    instances.ask()
    ready = requests.get(f"{instances.url}/readyz", timeout=5)
    said_by_web = len(instances.cards())
    instances.start_worker()
    until(instances.cards, seconds=20)

    assert (said_by_web, ready.status_code) == (0, 200)


def test_socket_mode_is_the_workers(instances: Instances) -> None:
    """With Socket Mode the worker holds the connection, and web serves the page without Slack's address."""
    socket = instances.around.slack.socket_mode()
    instances.around.slack.events_url = ""
    token = instances.around.slack.app_token
    web = instances.start_web(SLACK_APP_TOKEN=token)
    opened_by_web = instances.around.slack.journal.calls("apps.connections.open")
    instances.start_worker(SLACK_APP_TOKEN=token)
    socket.wait_for(connections=1)
    instances.ask()
    instances.approve()

    assert "secret" in instances.press().json()
    assert (opened_by_web, "the worker hears Slack" in web.log) == ([], True)
    assert requests.post(f"{instances.url}/slack/events", timeout=5).status_code == requests.codes.not_found


def test_sigterm(instances: Instances) -> None:
    """A worker that is told to end first finishes the application that it is making."""
    instances.start_web()
    worker = instances.start_worker()
    begun = Event()
    slow = faults.slow(faults.CREATE_APPLICATION, 1.0)
    slow.act = begun.set
    instances.around.entra.trouble.add(slow)
    instances.ask()
    instances.approve()
    with ThreadPoolExecutor() as pool:
        ended = pool.submit(worker.end) if begun.wait(timeout=20) else None

    assert ended is not None
    assert ended.result() == 0
    assert len(instances.around.entra.applications) == 1
    assert "finished what was in hand" in worker.log


def held(until_set: Event) -> tuple[Event, Fault]:
    """Return what is set when Entra begins to make an application, and the trouble that holds it there."""
    begun = Event()

    def hold() -> None:
        begun.set()
        until_set.wait(30)

    return begun, Fault(match=faults.CREATE_APPLICATION, act=hold)


def worker_with(changes: str) -> str:
    """Return a program that is `register-app worker` with some of its seconds changed."""
    return (
        "import sys\nfrom bot import log\nfrom bot.app import build\nfrom bot.rounds import Part\n"
        "from bot.settings import load_settings\nfrom bot.worker import Worker\n"
        "settings = load_settings()\nlog.configure(sys.stderr, level='INFO', json=True)\n"
        f"Worker(lambda: build(settings, part=Part.WORKER), {changes}).run()\n"
    )


def test_sigterm_that_wakes_nobody(instances: Instances) -> None:
    """A worker hears SIGTERM at once also when its wait does not: when it comes just before, or to another thread."""
    worker = instances.start("-c", worker_with("look_seconds=600"))
    worker.wait_for("Register App works")
    threads = [int(task.name) for task in Path(f"/proc/{worker.process.pid}/task").iterdir()]
    other = next(thread for thread in threads if thread != worker.process.pid)
    ctypes.CDLL(None).tgkill(worker.process.pid, other, signal.SIGTERM)

    assert worker.process.wait(timeout=20) == 0
    assert "finished what was in hand" in worker.log


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ("hanging_seconds=0.3, look_seconds=0.1", "work hangs: provisioning"),
        ("grace_seconds=0.3", "not finish in time"),
    ],
)
def test_what_hangs_ends_the_worker(instances: Instances, changes: str, reason: str) -> None:
    """A worker whose round hangs, or does not finish within the grace after SIGTERM, ends with 3 and says why."""
    instances.start_web()
    let_go = Event()
    begun, trouble = held(let_go)
    instances.around.entra.trouble.add(trouble)
    instances.ask()
    worker = instances.start("-c", worker_with(changes))
    instances.approve()
    assert begun.wait(20)
    ended = worker.end() if "grace" in changes else worker.process.wait(timeout=20)
    let_go.set()

    assert ended == 3
    assert reason in worker.log
