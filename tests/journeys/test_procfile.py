"""The Procfile, started as a platform starts it: by a shell, beside the code, with nothing installed but the pins."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.journeys.instances import Instances
from tests.sandbox.stage import ROOT, START_SECONDS

LINES = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[Instances]:
    """A small world in which no process runs yet."""
    made = Instances(folder=tmp_path)
    yield made
    made.stop()


def test_a_release_goes_all_the_way(instances: Instances) -> None:
    """Release, web and worker start by their lines alone, and together bring a request to its secret."""
    release = instances.start_as_a_platform_does(LINES["release"])
    released = release.process.wait(START_SECONDS)
    web, worker = (instances.start_as_a_platform_does(LINES[name]) for name in ("web", "worker"))
    web.wait_for("Register App listens")
    worker.wait_for("Register App works")
    instances.ask()
    instances.approve()
    answer = instances.press()

    assert (released, "applied 0001_first.sql" in release.log) == (0, True)
    assert "secret" in answer.json()
    assert [web.end(), worker.end()] == [0, 0]


def test_the_router_reaches_web(instances: Instances) -> None:
    """The web process listens at every address, at the port that the platform names."""
    web = instances.start_as_a_platform_does(LINES["web"])
    web.wait_for("Register App listens")

    assert f"Register App listens at 0.0.0.0:{instances.port}." in web.log
    assert requests.get(f"{instances.url}/readyz", timeout=5).status_code == requests.codes.ok


def test_a_start_warns_of_nothing(instances: Instances) -> None:
    """Whoever reads the log of a healthy start finds no warning in it."""
    logs = []
    for name, words in (("web", "listens"), ("worker", "works")):
        process = instances.start_as_a_platform_does(LINES[name])
        process.wait_for(f"Register App {words}")
        logs.append(process.log)

    assert [log for log in logs if '"level": "INFO"' not in log or '"level": "WARNING"' in log] == []
