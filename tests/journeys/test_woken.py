"""Work wakes the work that follows from it: nothing on the way from form to secret waits for the next look."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app import build
from bot.rounds import Part
from tests.journeys.instances import Instances
from tests.journeys.world import World
from tests.sandbox.stage import until

LOOKS_ONCE_AN_HOUR = (
    "import sys\nfrom bot import log\nfrom bot.app import build\nfrom bot.serving import Server\n"
    "from bot.settings import load_settings\n"
    "settings = load_settings()\nbind = f'{settings.host}:{settings.port}'\n"
    "log.configure(sys.stderr, level='INFO', json=True)\n"
    "Server(lambda: build(settings, poll_seconds=3600), bind=bind, threads=settings.threads).run()\n"
)


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[Instances]:
    """A small world in which no process runs yet."""
    made = Instances(folder=tmp_path)
    yield made
    made.stop()


@pytest.mark.parametrize("socket_mode", [False, True], ids=["over HTTP", "over Socket Mode"])
def test_from_form_to_secret(instances: Instances, *, socket_mode: bool) -> None:
    """Though each round looks once an hour, card, application, link, secret and the last word follow at once."""
    changes = {}
    if socket_mode:
        instances.around.slack.events_url = ""
        changes["SLACK_APP_TOKEN"] = instances.around.slack.app_token
        instances.around.slack.socket_mode()
    instances.start("-c", LOOKS_ONCE_AN_HOUR, **changes).wait_for("Register App listens")
    if socket_mode:
        instances.around.slack.socket_mode().wait_for(connections=1)
    instances.ask()
    instances.approve()
    answer = instances.press()
    until(lambda: not instances.links(), seconds=20)

    assert "secret" in answer.json()


def test_web_has_nothing_to_wake(world: World) -> None:
    """A process that does what web does alone has rounds, and none of them follows from other work."""
    web = build(world.settings(), part=Part.WEB)
    follows = [entry.follows for entry in web.rounds]
    web.close()

    assert follows == [False] * 3
