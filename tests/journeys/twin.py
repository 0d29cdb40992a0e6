"""A second instance of the bot beside the world's own, over the same database and the same clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import requests

from bot.app import Bot, build
from bot.graph import open_entra
from tests.journeys.world import World
from tests.sandbox.wire import LoopbackServer


class Twin:
    """One more bot. It does nothing by itself: `bot.settle()` does what is due."""

    def __init__(self, world: World) -> None:
        connect = partial(open_entra, sleep=lambda _seconds: None, monotonic=lambda: world.clock.now().timestamp())
        self._world = world
        self.bot: Bot = build(world.settings(), now=world.clock.now, proof_pause_seconds=0, connect=connect)
        self.bot.entra.catalogue.refresh()
        self._server = LoopbackServer(self.bot.web)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._server.url

    def reveal(self, token: str) -> requests.Response:
        """Press the button on its page."""
        return requests.post(f"{self.url}/secret/reveal", json={"token": token}, headers={}, timeout=30)

    @contextmanager
    def in_front(self) -> Iterator[None]:
        """While this lasts, what people do in Slack reaches this instance."""
        direct = self._world.slack.events_url
        self._world.slack.events_url = f"{self.url}/slack/events"
        yield
        self._world.slack.events_url = direct

    def stop(self) -> None:
        """End it."""
        self._server.stop()
        self.bot.close()
