"""The page for every eye: narrow windows, light and dark, and texts that can be read."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Sandbox, Window
from tests.sandbox.page.walker import Walker
from tests.web.test_page_looks import LOWEST_CONTRAST

pytestmark = pytest.mark.browser
LONG: Final = "W" * 140


def conversation(sandbox: Sandbox, walker: Walker) -> None:
    """Walk to a conversation with a long word, code, a quote, a mention and fields."""
    texts = [f"*{LONG}*\n`{LONG}`\n> {LONG}", f"<@{sandbox.around.ids['ada']}> :tada:"]
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in texts]
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "W" * 75}}
    fields = [{"type": "mrkdwn", "text": f"*{LONG}*\n{LONG}"}] * 2
    accessory = {"type": "section", "fields": fields, "accessory": button}
    sandbox.post("ada", "x", [*blocks, accessory, {"type": "actions", "elements": [{**button, "style": "danger"}]}])
    expect(walker.page.locator("#messages .accessory").last).to_be_visible()


def modal(_: Sandbox, walker: Walker) -> None:
    """Walk to the form with an error beside each field."""
    walker.open_form()
    walker.submit()
    expect(walker.error("display_name")).to_be_visible()


def people(_: Sandbox, walker: Walker) -> None:
    """Walk to the list of channels and people, which a narrow window folds away."""
    menu = walker.page.get_by_role("button", name="Channels and people")
    if menu.is_visible():
        menu.click()
    expect(walker.page.locator("#people").get_by_role("button", name="Grace Hopper")).to_be_visible()


def behind(_: Sandbox, walker: Walker) -> None:
    """Walk to the second view with its switches unfolded and the calls listed."""
    toggle = walker.page.get_by_role("button", name="Behind the scenes")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    walker.page.locator(".trouble summary").click()
    walker.page.get_by_role("tab", name="Graph calls").click()
    expect(walker.page.locator(".call").first).to_be_visible()


def home(_: Sandbox, walker: Walker) -> None:
    """Walk to the empty Home tab."""
    walker.page.get_by_role("tab", name="Home").click()


WALKS: Final = (conversation, modal, people, behind, home)
Walk = Callable[[Sandbox, Walker], None]


def close_everything(walker: Walker) -> None:
    """Leave no modal behind for the next test."""
    if walker.modal.count():
        walker.modal.get_by_role("button", name="Close").click()
        expect(walker.modal).to_have_count(0)


@pytest.mark.parametrize("walk", WALKS)
def test_320_pixels(sandbox: Sandbox, open_window: Callable[..., Window], walk: Walk) -> None:
    """In a window of 320 pixels nothing has to be scrolled sideways, however long a word is."""
    walker = open_window(viewport={"width": 320, "height": 568}).walker
    walk(sandbox, walker)
    wide = walker.page.evaluate(
        """() => [...document.querySelectorAll("body, body *")]
            .filter((node) => node.checkVisibility() && !node.closest(".scroll, svg, .unseen"))
            .filter((node) => node.getBoundingClientRect().right > innerWidth + 1 && node.offsetWidth > 1)
            .map((node) => node.outerHTML.slice(0, 120))"""
    )
    scrolls = walker.page.evaluate(
        """() => [...document.querySelectorAll("body, body *")]
            .filter((node) => node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 1)
            .filter((node) => ["auto", "scroll"].includes(getComputedStyle(node).overflowX) && !node.matches(".scroll"))
            .map((node) => node.outerHTML.slice(0, 120))"""
    )
    close_everything(walker)

    assert wide == []
    assert scrolls == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("walk", WALKS)
def test_contrast(sandbox: Sandbox, open_window: Callable[..., Window], walk: Walk, scheme: str) -> None:
    """In light and dark every text stands out from its ground by 4.5 to 1 at least (WCAG 2.2, 1.4.3)."""
    walker = open_window(color_scheme=scheme).walker
    walk(sandbox, walker)
    contrast, words = walker.page.evaluate(LOWEST_CONTRAST)
    close_everything(walker)

    assert contrast >= 4.5, words


def test_dark(open_window: Callable[..., Window]) -> None:
    """The page is dark where the system is."""
    walker = open_window(color_scheme="dark").walker

    expect(walker.page.locator("body")).to_have_css("background-color", "rgb(26, 29, 33)")
