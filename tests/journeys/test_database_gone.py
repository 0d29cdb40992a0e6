"""The database goes away for a while: everybody is told, nothing is lost, and all goes on by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from bot.lifecycle import LinkStage
from storage.sqlite import SqliteDatabase
from tests.journeys.one_time_link import newest_link, secrets
from tests.journeys.test_asking import requests_of
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.slack import faults as slack_faults
from tests.sandbox.trouble import Fault

GONE = "I cannot reach my database just now. Nothing was changed; please try again in a minute."


@contextmanager
def gone(world: World) -> Iterator[None]:
    """The file is out of reach, as when its volume is."""
    database = world.bot.store.database
    assert isinstance(database, SqliteDatabase)
    place = database.path
    database.close()
    database.path = Path("/nowhere/at/all/bot.sqlite3")
    try:
        yield
    finally:
        database.close()
        database.path = place


def test_slash_command(world: World) -> None:
    """Who asks for a list is told in the answer itself, and gets the list when the database is back."""
    ada = world.around.person("ada")
    with gone(world):
        said = ada.command("/register-app", "list").texts
    after = ada.command("/register-app", "list")

    assert said == (GONE,)
    assert "Your applications" in after.texts[0]


def test_submission(world: World) -> None:
    """The form stays open with what was typed and says so; sent once more, it is one request."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    with gone(world):
        refused = ada.submit()
    typed = str(ada.modal and ada.modal.typed)
    accepted = ada.submit()

    assert not refused.closed
    assert GONE in refused.errors.values()
    assert "Ward dashboard" in typed
    assert accepted.closed
    assert len(requests_of(world)) == 1


def test_approval(world: World) -> None:
    """An approver is told beside the card, and can press again."""
    world.ask()
    grace = world.around.person("grace")
    with gone(world):
        told = grace.click(world.card(), "approve")
    world.approve()

    assert GONE in told.texts
    assert world.secret()


@pytest.mark.parametrize("path", ["look", "reveal"])
def test_page(approved: World, path: str) -> None:
    """The page answers 503 and uses nothing up; afterwards the same press shows the secret."""
    token = approved.press()
    with gone(approved):
        answer = approved.post(path, token)
    after = approved.reveal(token)

    assert answer.status_code == 503
    assert "Traceback" not in answer.text
    assert "sqlite" not in answer.text.lower()
    assert after.status_code == 200


def test_between_the_mint_and_the_record(approved: World) -> None:
    """When it goes while Entra mints, no secret is shown; what was made is removed, and the link is good again."""
    token = approved.press()
    stack = gone(approved)
    fault = faults.slow(faults.ADD_PASSWORD, 0.0)
    fault.act = stack.__enter__
    approved.entra.trouble.add(fault)
    answer = approved.reveal(token)
    stack.__exit__(None, None, None)
    orphans = len(secrets(approved))
    approved.advance(minutes=10)
    stage = newest_link(approved).stage
    left = len(secrets(approved))
    shown = approved.secret()

    assert answer.status_code == 503
    assert orphans == 1
    assert (stage, left) == (LinkStage.OPEN, 0)
    assert shown
    assert len(secrets(approved)) == 1


def test_readiness(world: World) -> None:
    """While it is gone the instance is alive and not ready, by name; then it is ready again."""
    with gone(world):
        health = requests.get(f"{world.server.url}/healthz", timeout=10)
        not_ready = requests.get(f"{world.server.url}/readyz", timeout=10)
    ready = requests.get(f"{world.server.url}/readyz", timeout=10)

    assert health.status_code == 200
    assert (not_ready.status_code, not_ready.json()["reasons"]) == (
        503,
        {"database": "The database cannot be used; the log says why."},
    )
    assert ready.status_code == 200


def test_background_work(world: World) -> None:
    """No round dies of it: each is walked again, and does what waited."""
    world.ask()
    world.around.person("grace").click(world.card(), "approve")
    with gone(world):
        for entry in world.bot.rounds:
            world.bot.clock.walk(entry)
    world.settle()

    assert world.secret()


TROUBLE: list[Callable[[], Fault]] = [
    lambda: slack_faults.rate_limited("views.open", 30),
    lambda: slack_faults.down("views.open"),
    lambda: slack_faults.unreachable("views.open"),
]


@pytest.mark.parametrize("trouble", TROUBLE, ids=["throttled", "down", "unreachable"])
def test_slack_in_trouble(world: World, trouble: Callable[[], Fault]) -> None:
    """When Slack itself does not take the form, the person is told that it was Slack, and to try once more."""
    world.slack.trouble.add(trouble())
    said = world.around.person("ada").command("/register-app")

    assert "Slack did not answer me in time. Nothing was changed; please try once more." in " ".join(said.texts)
