"""The database goes away, fills up or is read only: everybody is told, nothing is lost, and all goes on by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from bot.lifecycle import LinkStage
from tests.journeys.database_trouble import ANY, AWAY, Troubled
from tests.journeys.one_time_link import newest_link, secrets
from tests.journeys.test_asking import requests_of
from tests.sandbox.entra.faults import ADD_PASSWORD
from tests.sandbox.trouble import Fault

GONE = "I cannot reach my database just now. Please try again in a minute: doing it twice does no harm."


@pytest.fixture(params=list(ANY))
def troubled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Troubled]:
    """A world whose database can be in trouble."""
    yield from ANY[request.param](tmp_path)


@pytest.fixture
def approved(troubled: Troubled) -> Troubled:
    """The same, with Ada's link in her hands."""
    troubled.world.ask()
    troubled.world.approve()
    return troubled


@pytest.mark.parametrize("troubled", AWAY, indirect=True)
def test_slash_command(troubled: Troubled) -> None:
    """Who asks for a list is told in the answer itself, and gets the list when the database is back."""
    ada = troubled.world.around.person("ada")
    with troubled.trouble():
        said = ada.command("/register-app", "list").texts
    after = ada.command("/register-app", "list")

    assert said == (GONE,)
    assert "Your applications" in after.texts[0]


def test_submission(troubled: Troubled) -> None:
    """The form stays open with what was typed and says so; sent once more, it is one request."""
    ada = troubled.world.around.person("ada")
    ada.command("/register-app")
    troubled.world.fill()
    with troubled.trouble():
        refused = ada.submit()
    typed = str(ada.modal and ada.modal.typed)
    accepted = ada.submit()

    assert not refused.closed
    assert GONE in refused.errors.values()
    assert "Ward dashboard" in typed
    assert accepted.closed
    assert len(requests_of(troubled.world)) == 1


def test_approval(troubled: Troubled) -> None:
    """An approver is told beside the card, and can press again."""
    world = troubled.world
    world.ask()
    with troubled.trouble():
        told = world.around.person("grace").click(world.card(), "approve")
    world.approve()

    assert GONE in told.texts
    assert world.secret()


@pytest.mark.parametrize("path", ["look", "reveal"])
def test_page(approved: Troubled, path: str) -> None:
    """The page answers 503 or how the link stands, uses nothing up, and afterwards the same press shows the secret."""
    world = approved.world
    token = world.press()
    with approved.trouble():
        answer = world.post(path, token)
    made = len(secrets(world))
    after = world.reveal(token)

    assert made == 0
    assert answer.status_code == 503 or answer.json()["state"] == "ready"
    assert not any(word in answer.text for word in ("Traceback", "sqlite", "PostgreSQL"))
    assert after.status_code == 200


def test_between_the_mint_and_the_record(approved: Troubled) -> None:
    """When it happens while Entra mints, no secret is shown; what was made is removed, and the link is good again."""
    world = approved.world
    token = world.press()
    stack = approved.trouble()
    world.entra.trouble.add(Fault(match=ADD_PASSWORD, act=stack.__enter__))
    answer = world.reveal(token)
    stack.__exit__(None, None, None)
    orphans = len(secrets(world))
    world.advance(minutes=10)
    stage, left = newest_link(world).stage, len(secrets(world))

    assert answer.status_code == 503
    assert orphans == 1
    assert (stage, left) == (LinkStage.OPEN, 0)
    assert world.secret()
    assert len(secrets(world)) == 1


@pytest.mark.parametrize("troubled", AWAY, indirect=True)
def test_readiness(troubled: Troubled) -> None:
    """While it is gone the instance is alive and not ready, by name; then it is ready again."""
    url = troubled.world.server.url
    with troubled.trouble():
        health = requests.get(f"{url}/healthz", timeout=10)
        not_ready = requests.get(f"{url}/readyz", timeout=10)
    ready = requests.get(f"{url}/readyz", timeout=10)

    assert health.status_code == 200
    assert (not_ready.status_code, not_ready.json()["reasons"]) == (
        503,
        {"database": "The database cannot be used; the log says why."},
    )
    assert ready.status_code == 200


def test_background_work(troubled: Troubled) -> None:
    """No round dies of it: each is walked again, and does what waited."""
    world = troubled.world
    world.ask()
    world.around.person("grace").click(world.card(), "approve")
    with troubled.trouble():
        for entry in world.bot.rounds:
            world.bot.clock.walk(entry)
    world.advance(minutes=2)

    assert world.secret()
