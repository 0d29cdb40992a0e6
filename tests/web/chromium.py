"""A real Chromium that is already on this machine, and a visitor who looks over its shoulder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
# As a quiet machine runs it: no sandbox (it may be root in a container), and no talk of its own to anybody.
_QUIETLY: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Return the path of the first browser found; raises FileNotFoundError, which says which were looked for."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        raise FileNotFoundError(f"None of {', '.join(_NAMES)} is installed, so the page cannot be walked.")
    return path


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser, of which a process can have only one; raises FileNotFoundError where there is none."""
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_QUIETLY])
        yield browser
        browser.close()


@dataclass(kw_only=True)
class Visitor:
    """One window, and all that it asked for, complained of and was refused."""

    page: Page
    context: BrowserContext
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def hosts(self) -> set[str]:
        """The beginnings of all addresses that were asked for, up to the host."""
        return {"/".join(request.url.split("/", 3)[:3]) for request in self.requests}

    def text(self) -> str:
        """Everything in the document, whether it is shown or not."""
        return self.page.content()

    def accessible(self) -> str:
        """What a screen reader is given of the page, names, values and hidden texts, as one text."""
        return self.page.locator("body").aria_snapshot()


@contextmanager
def visitor(browser: Browser, **options: Any) -> Iterator[Visitor]:
    """Open a fresh window; policy violations and script errors arrive among its complaints."""
    context = browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/Vienna", **options})
    page = context.new_page()
    seen = Visitor(page=page, context=context)
    page.on("request", lambda request: seen.requests.append(request))  # noqa: PLW0108 - playwright marks the function
    page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: seen.complaints.append(f"error: {error}"))
    page.add_init_script(
        "addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective}`));"
    )
    yield seen
    context.close()
