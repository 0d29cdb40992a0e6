"""A name that nobody knows, and a server that speaks no TLS: nothing was done, nothing fails, and it is done later."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import pytest
import requests

from bot.graph.bounded import BoundedAdapter, bounded_session
from tests.journeys.making import applications, assert_made_once, events, let_time_pass
from tests.journeys.one_time_link import accepts, secrets
from tests.journeys.world import World

Address = Callable[[str], str]


def unknown_name(_address: str) -> str:
    """An address of a host that there never is (RFC 6761, "invalid.")."""
    return "https://nobody.invalid"


def no_tls(address: str) -> str:
    """The same address with TLS, which nobody speaks there."""
    return address.replace("http://", "https://")


class Elsewhere(BoundedAdapter):
    """A way that leads to another address than it should."""

    def __init__(self, broken: Address) -> None:
        super().__init__()
        self._broken = broken

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # passed on as they come
        """Send a request there."""
        request.url = self._broken(str(request.url))
        return super().send(request, **options)


def to_graph(world: World) -> str:
    """What the addresses of Graph's calls begin with."""
    return f"{world.entra.graph_root}/v1.0/"


def to_tokens(world: World) -> str:
    """What the address of the token endpoint begins with."""
    return f"{world.entra.authority}/{world.entra.tenant_id}/"


BROKEN: Final = pytest.mark.parametrize("broken", [unknown_name, no_tls])
OF_ENTRA: Final = pytest.mark.parametrize("way", [to_graph, to_tokens])
Way = Callable[[World], str]


def break_off(world: World, way: Way, broken: Address) -> None:
    """Take away the way to Graph, or to the token endpoint, when the bot's token has just run out."""
    world.session = bounded_session()
    world.restart()
    world.session.mount(way(world), Elsewhere(broken))
    world.clock.advance(timedelta(hours=2))


def break_off_slack(world: World, broken: Address) -> None:
    """Start the bot anew without a way to Slack."""
    world.more["slack_api_url"] = broken(str(world.settings().slack_api_url))
    world.restart()


def mend(world: World) -> None:
    """Start the bot anew with every way open, and let every pause run out."""
    world.more.clear()
    world.session = None
    world.restart()
    let_time_pass(world)


@OF_ENTRA
@BROKEN
def test_while_it_is_made(world: World, lines: io.StringIO, way: Way, broken: Address) -> None:
    """An approved request waits while there is no way to Graph or to the token endpoint, and is then made once."""
    world.ask()
    break_off(world, way, broken)
    world.approve()
    made_meanwhile = applications(world)
    mend(world)

    assert made_meanwhile == []
    assert "request:fail" not in events(world)
    assert_made_once(world)
    assert "Traceback" not in lines.getvalue()


@OF_ENTRA
@BROKEN
def test_at_the_press(approved: World, lines: io.StringIO, way: Way, broken: Address) -> None:
    """A press without a way to Entra uses nothing up, and the next one shows the one secret there is."""
    break_off(approved, way, broken)
    told = approved.reveal(approved.press()).json()
    mend(approved)
    shown = approved.secret()

    assert "Nothing was used up" in told["sentence"]
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert accepts(approved, shown)
    assert "Traceback" not in lines.getvalue()


@BROKEN
def test_slack(world: World, lines: io.StringIO, broken: Address) -> None:
    """What was to be said waits while there is no way to Slack, and is said once; a click then changes nothing."""
    world.around.person("ada").command("/register-app")
    world.fill()
    world.around.person("ada").submit()
    break_off_slack(world, broken)
    let_time_pass(world)
    said_meanwhile = len(world.around.person("ada").dm)
    mend(world)
    break_off_slack(world, broken)
    told = world.approve().texts
    approved_meanwhile = "request:approve" in events(world)
    mend(world)

    assert (said_meanwhile, approved_meanwhile) == (0, False)
    assert "Slack did not answer me in time" in told[0]
    assert len(world.around.person("grace").messages(world.around.channel)) == 1
    assert len(world.around.person("ada").dm) == 1
    assert "Traceback" not in lines.getvalue()
