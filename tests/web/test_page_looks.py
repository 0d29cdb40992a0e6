"""The page for every eye and hand: contrast, narrow screens, motion, names and roles."""

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import Browser, expect

from bot.model import LinkStatus
from tests.web.chromium import Visitor, visitor
from tests.web.conftest import Site
from tests.web.desk import NOON, Desk, renamed
from tests.web.test_page import open_link, press

pytestmark = pytest.mark.browser

# The contrast of every text that is shown, as WCAG 2.2 reckons it (1.4.3), and the lowest of them.
LOWEST_CONTRAST: Final = """() => {
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parts = (color) => color.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = parts(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.closest(".unseen, noscript")) continue;
    const [one, two] = [light(parts(getComputedStyle(node).color).slice(0, 3)), light(ground(node))];
    found.push([(Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05), node.textContent.trim().slice(0, 40)]);
  }
  return found.sort((a, b) => a[0] - b[0])[0];
}"""


def ready(window: Visitor, site: Site, desk: Desk) -> None:
    """Walk to the page before the press."""
    open_link(window, site, desk.issue())


def masked(window: Visitor, site: Site, desk: Desk) -> None:
    """Walk to the page after the press, all of it unfolded."""
    ready(window, site, desk)
    press(window)
    window.page.get_by_role("button", name="Show", exact=True).click()
    window.page.get_by_role("button", name="Copy secret").click()
    window.page.get_by_text("For your configuration").click()
    expect(window.page.locator("#done")).not_to_be_empty()


def viewed(window: Visitor, site: Site, desk: Desk) -> None:
    """Walk to the page of a link that was used."""
    token = desk.issue()
    desk.put(token, LinkStatus(state="viewed", viewed_at=NOON))
    open_link(window, site, token)


def waiting(window: Visitor, site: Site, desk: Desk) -> None:
    """Walk to the page of a link that is not armed."""
    token = desk.issue()
    desk.put(token, LinkStatus(state="not_armed"))
    open_link(window, site, token)


def nowhere(window: Visitor, site: Site, _: Desk) -> None:
    """Walk to a page that is not there."""
    window.page.goto(f"{site.url}/nowhere")


WALKS: Final = (ready, masked, viewed, waiting, nowhere)
Walk = Callable[[Visitor, Site, Desk], None]


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out(browser: Browser, site: Site, desk: Desk, walk: Walk, scheme: str) -> None:
    """Every text that is shown has at least the contrast that WCAG AA asks of small text, 4.5 to 1."""
    with visitor(browser, color_scheme=scheme, reduced_motion="reduce") as window:
        walk(window, site, desk)
        contrast, where = window.page.evaluate(LOWEST_CONTRAST)

        assert contrast >= 4.5, where


def test_dark_is_dark(browser: Browser, site: Site, desk: Desk) -> None:
    """Who has set the system to dark gets light text on a dark page."""
    with visitor(browser, color_scheme="dark") as window:
        ready(window, site, desk)

        expect(window.page.locator("body")).to_have_css("background-color", "rgb(20, 24, 26)")


@pytest.mark.parametrize("walk", WALKS)
def test_narrow_phone_scrolls_one_way(browser: Browser, site: Site, desk: Desk, walk: Walk) -> None:
    """At 320 pixels, and with an unbroken name of 120 letters, nothing has to be scrolled sideways."""
    desk.facts = renamed("W" * 120)
    with visitor(browser, viewport={"width": 320, "height": 568}) as window:
        walk(window, site, desk)
        widths = window.page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")

        assert widths[0] <= widths[1]


def test_buttons_are_big_enough_to_touch(browser: Browser, site: Site, desk: Desk) -> None:
    """The buttons of the secret are at least 44 pixels high."""
    with visitor(browser, viewport={"width": 320, "height": 568}, has_touch=True) as window:
        ready(window, site, desk)
        press(window)
        heights = window.page.locator("#vault .button").evaluate_all("all => all.map((b) => b.offsetHeight)")

        assert (len(heights), min(heights) >= 44) == (3, True)


@pytest.mark.parametrize(("motion", "duration"), [("reduce", "0s"), ("no-preference", "0.12s, 0.12s")])
def test_nothing_moves_for_who_wants_stillness(
    browser: Browser, site: Site, desk: Desk, motion: str, duration: str
) -> None:
    """The little motion that there is stops where the system asks for less."""
    with visitor(browser, reduced_motion=motion) as window:
        ready(window, site, desk)

        expect(window.page.locator("#offer")).to_have_css("transition-duration", duration)


def test_names_and_roles_before_the_press(window: Visitor, site: Site, desk: Desk) -> None:
    """A screen reader gets one heading, the facts as terms with definitions, one button, and a status."""
    ready(window, site, desk)

    expect(window.page.locator("main")).to_match_aria_snapshot("""
      - heading "Your client secret is ready" [level=1]
      - paragraph: /shown once/
      - term: Application
      - definition: Payroll <Reader>
      - paragraph:
        - button "Show the secret"
      - status: /Your client secret is ready/
    """)
    assert window.page.locator("button:visible").count() == 1


def test_names_and_roles_after_the_press(window: Visitor, site: Site, desk: Desk) -> None:
    """The secret is a region with its name, says that it is masked, and each of its buttons has a name."""
    ready(window, site, desk)
    press(window)

    expect(window.page.locator("main")).to_match_aria_snapshot("""
      - heading "Here is your client secret" [level=1]
      - region "Client secret":
        - heading "Client secret" [level=2]
        - paragraph: Masked. Press Show to read it.
        - button "Copy secret"
        - button "Copy .env lines"
        - button "Show"
        - paragraph:
          - text: Hides in 5 minutes
          - button "Clear it now"
    """)


def test_work_is_announced(window: Visitor, site: Site, desk: Desk) -> None:
    """While Entra makes the secret the page is busy, says so, and its button cannot be pressed again."""
    ready(window, site, desk)
    window.page.route("**/secret/reveal", lambda _: None)
    window.page.locator("#offer").click()

    expect(window.page.locator("#card")).to_have_attribute("aria-busy", "true")
    expect(window.page.get_by_role("button", name="Making the secret…")).to_be_disabled()
    expect(window.page.locator("#said")).to_have_text("Microsoft Entra is making the secret.")


def test_language_is_named(window: Visitor, site: Site) -> None:
    """The page says that it is in English."""
    window.page.goto(f"{site.url}/secret")

    expect(window.page.locator("html")).to_have_attribute("lang", "en")
