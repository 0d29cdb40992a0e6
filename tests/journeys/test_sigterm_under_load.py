"""Told to end in the middle of everything, the process finishes what it accepted; the next one does the rest."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.journeys.fleet_people import Requester
from tests.sandbox.entra import faults
from tests.sandbox.stage import Stage
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.trouble import Fault

REQUESTERS = 6
APPLICATIONS = 3
SLOW_SECONDS = 0.2
PATIENCE = 60.0


@dataclass(kw_only=True)
class OneBot:
    """One process at one address, and a clock that nobody moves: no lease runs out, so that none may be left behind."""

    stage: Stage
    around: Surroundings

    def route(self) -> str:
        """Say where it is."""
        return self.stage.url

    def advance(self, distance: timedelta) -> None:
        """Refuse: a press that nobody finished is what must not be."""
        raise AssertionError(f"A press was abandoned, and somebody had to wait for {distance}.")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The bot in a process of its own, and an Entra that takes its time."""
    made = Stage(folder=tmp_path)
    for call in (faults.CREATE_APPLICATION, faults.CREATE_SERVICE_PRINCIPAL, faults.ADD_PASSWORD):
        made.around.entra.trouble.add(faults.slow(call, SLOW_SECONDS, times=10_000))
    yield made
    made.stop()


def crowd(stage: Stage) -> list[Requester]:
    """People who want several applications each."""
    place, approving = OneBot(stage=stage, around=stage.around), threading.Lock()
    made = []
    for number in range(REQUESTERS):
        name, email = f"Requester {number}", f"requester{number}@contoso.example"
        stage.around.entra.add_person(name, email)
        made.append(
            Requester(place=place, id=stage.around.slack.add_person(name, email), name=name, approving=approving)
        )
    return made


def at(stage: Stage, call: str, number: int) -> threading.Event:
    """Tell when so many calls of a kind have begun; the one that tells is slow as well."""
    reached = threading.Event()
    told = Fault(match=call, skip=number, act=reached.set, seconds=SLOW_SECONDS)
    # Before the slowness of all calls, which would take each of them.
    stage.around.entra.trouble.put_first(told)
    return reached


def see_all_through(requester: Requester) -> None:
    """Want one application after the other, up to the secret."""
    for number in range(APPLICATIONS):
        requester.see_through(f"App {requester.id} {number}", "opened")


def test_sigterm_under_load(stage: Stage) -> None:
    """Ended twice, while applications and while secrets are made, it exits with 0 and loses and repeats nothing."""
    people = crowd(stage)
    moments = [at(stage, faults.CREATE_APPLICATION, 4), at(stage, faults.ADD_PASSWORD, 9)]
    codes = []
    with ThreadPoolExecutor(REQUESTERS) as pool:
        lives = [pool.submit(see_all_through, person) for person in people]
        for moment in moments:
            assert moment.wait(PATIENCE)
            codes.append(stage.end_bot())
            stage.start_bot()
        for life in lives:
            life.result()
    tenant = stage.around.entra.snapshot()
    made = [app for app in tenant["applications"] if app["displayName"].startswith("App ")]
    secrets = {name: text for person in people for name, text in person.secrets.items()}

    assert codes == [0, 0]
    assert {app["displayName"]: [p["hint"] for p in app["passwordCredentials"]] for app in made} == {
        name: [text[:3]] for name, text in secrets.items()
    }
    assert len(made) == len(secrets) == REQUESTERS * APPLICATIONS
    assert tenant["deleted"] == []
