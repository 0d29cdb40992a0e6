"""The whole sandbox with its page, and windows in which it is open."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from slack_sdk import WebClient

from tests.sandbox.page.server import Page
from tests.sandbox.page.walker import Walker
from tests.sandbox.stage import Stage
from tests.sandbox.surroundings import Surroundings
from tests.web.chromium import Visitor, visitor


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """Both emulators, the real bot, and the page."""

    stage: Stage
    page: Page

    @property
    def around(self) -> Surroundings:
        """Both emulators."""
        return self.stage.around

    @property
    def client(self) -> WebClient:
        """The Web API with the bot's own token."""
        return WebClient(token=self.around.slack.bot_token, base_url=self.around.slack.api_url)

    def dm(self, name: str) -> str:
        """The id of somebody's direct messages with the bot."""
        return str(self.client.conversations_open(users=self.around.ids[name])["channel"]["id"])

    def post(self, name: str, text: str, blocks: list[dict[str, Any]] | None = None) -> str:
        """Send somebody a direct message as the bot; its ts."""
        return str(self.client.chat_postMessage(channel=self.dm(name), text=text, blocks=blocks)["ts"])


@dataclass(frozen=True, kw_only=True)
class Window:
    """A window with the page in it: who walks there, and what the browser says of it."""

    walker: Walker
    visitor: Visitor


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the tests of a file, which leave each other alone by being different people."""
    with ExitStack() as stack:
        stage = Stage(folder=Path(tmp_path_factory.mktemp("sandbox")))
        stack.callback(stage.stop)
        page = Page(stage)
        stack.callback(page.stop)
        yield Sandbox(stage=stage, page=page)


@pytest.fixture
def open_window(browser: Browser, sandbox: Sandbox) -> Iterator[Callable[..., Window]]:
    """Open further windows, such as a narrow one."""
    with ExitStack() as stack:

        def opened(**options: Any) -> Window:
            seen = stack.enter_context(visitor(browser, **options))
            window = Window(walker=Walker(seen.page), visitor=seen)
            window.walker.arrive(sandbox.page.address)
            return window

        yield opened


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """A window of the usual size."""
    return open_window()


@pytest.fixture
def walker(window: Window) -> Walker:
    """Whoever walks in the window."""
    return window.walker
