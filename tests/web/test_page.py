"""The press in a real browser: mouse, keyboard, no script; shown once, masked, copied, and told to the server."""

import re

import pytest
from playwright.sync_api import Browser, expect

from bot.model import LinkState, LinkStatus, NotMinted
from tests.sandbox.trouble import Fault
from tests.web.chromium import Visitor, visitor
from tests.web.conftest import Site
from tests.web.desk import CLIENT_ID, NOON, SECRET, TENANT_ID, Desk

pytestmark = pytest.mark.browser


def open_link(window: Visitor, site: Site, token: str) -> None:
    """Open a link as Slack's button does, and wait for the page to have looked."""
    window.page.goto(f"{site.url}/secret#{token}")
    expect(window.page.locator("#card")).to_have_attribute("aria-busy", "false")


def press(window: Visitor) -> None:
    """Press the page's one button and wait for what comes of it."""
    window.page.locator("#offer").click()
    expect(window.page.locator("#card[aria-busy=false]:not([data-state=ready])")).to_be_visible()


def test_press_with_the_mouse(window: Visitor, site: Site, desk: Desk) -> None:
    """Look, press, Show: the secret is there, and the server hears once that it was seen."""
    open_link(window, site, desk.issue())
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Your client secret is ready")
    with window.page.expect_response("**/secret/seen"):
        press(window)
    window.page.get_by_role("button", name="Show", exact=True).click()

    expect(window.page.locator("#value")).to_have_text(SECRET)
    expect(window.page.get_by_text("will not be shown again")).to_be_visible()
    assert desk.asked == ["look", "reveal", "seen"]


def test_press_with_the_keyboard_only(window: Visitor, site: Site, desk: Desk) -> None:
    """Tab, Enter and Space are enough, and after the press the focus is on the heading above the secret."""
    open_link(window, site, desk.issue())
    keys = window.page.keyboard
    keys.press("Tab")
    expect(window.page.get_by_role("button", name="Show the secret")).to_be_focused()
    keys.press("Enter")
    expect(window.page.get_by_role("heading", level=1, name="Here is your client secret")).to_be_focused()
    for _ in range(3):
        keys.press("Tab")
    expect(window.page.get_by_role("button", name="Show", exact=True)).to_be_focused()
    keys.press("Space")

    expect(window.page.locator("#value")).to_have_text(SECRET)


def test_press_without_javascript(browser: Browser, site: Site, desk: Desk) -> None:
    """With scripts off the page asks for the link, and one press shows the secret with the same facts."""
    with visitor(browser, java_script_enabled=False) as window:
        token = desk.issue()
        window.page.goto(f"{site.url}/secret#{token}")
        expect(window.page.locator("#card")).to_be_hidden()
        window.page.get_by_label("The whole link, or the part after #").fill(f"{site.url}/secret#{token}")
        window.page.get_by_role("button", name="Show the secret").click()

        expect(window.page.locator("#value")).to_have_text(SECRET)
        for fact in ("Payroll <Reader>", CLIENT_ID, TENANT_ID, "2027-05-22T12:00:00Z", "up to a minute"):
            expect(window.page.locator("main")).to_contain_text(fact)
        assert window.complaints == []


def test_masked_means_nowhere(window: Visitor, site: Site, desk: Desk) -> None:
    """Until Show, and again after Mask, the secret is neither in the document nor in what a screen reader gets."""
    open_link(window, site, desk.issue())
    press(window)
    before = SECRET in window.text() + window.accessible()
    window.page.get_by_role("button", name="Show", exact=True).click()
    shown = SECRET in window.text() and SECRET in window.accessible()
    window.page.get_by_role("button", name="Mask").click()

    assert (before, shown, SECRET in window.text() + window.accessible()) == (False, True, False)


def test_copy_secret(browser: Browser, site: Site, desk: Desk) -> None:
    """Copy puts the secret into the clipboard without showing it, and says so."""
    with visitor(browser, permissions=["clipboard-read", "clipboard-write"]) as window:
        open_link(window, site, desk.issue())
        press(window)
        window.page.get_by_role("button", name="Copy secret").click()

        expect(window.page.locator("#done")).to_contain_text("Copied.")
        assert window.page.evaluate("navigator.clipboard.readText()") == SECRET
        assert SECRET not in window.text()


def test_copy_env_lines(browser: Browser, site: Site, desk: Desk) -> None:
    """The .env lines are copied with the secret in its place, while the page shows them masked."""
    with visitor(browser, permissions=["clipboard-read", "clipboard-write"]) as window:
        open_link(window, site, desk.issue())
        press(window)
        window.page.get_by_role("button", name="Copy .env lines").click()
        expect(window.page.locator("#done")).to_contain_text("Copied.")
        lines = window.page.evaluate("navigator.clipboard.readText()").splitlines()

        assert lines[1:4] == [
            f"AZURE_TENANT_ID={TENANT_ID}",
            f"AZURE_CLIENT_ID={CLIENT_ID}",
            f"AZURE_CLIENT_SECRET={SECRET}",
        ]
        window.page.get_by_text("For your configuration").click()
        expect(window.page.locator("#env")).to_contain_text("AZURE_CLIENT_SECRET=••••")


def test_copy_in_a_browser_without_clipboard(browser: Browser, site: Site, desk: Desk) -> None:
    """Where the page has no clipboard of its own, the old way of copying is taken and leaves nothing behind."""
    with visitor(browser, permissions=["clipboard-read", "clipboard-write"]) as window:
        window.page.add_init_script(
            "window.theirs = navigator.clipboard; Object.defineProperty(navigator, 'clipboard', {value: undefined});"
        )
        open_link(window, site, desk.issue())
        press(window)
        window.page.get_by_role("button", name="Copy secret").click()

        expect(window.page.locator("#done")).to_contain_text("Copied.")
        assert window.page.evaluate("theirs.readText()") == SECRET
        assert window.page.locator("textarea").count() == 0


def test_copy_that_is_not_allowed(window: Visitor, site: Site, desk: Desk) -> None:
    """Where no copying is allowed the page says what to do instead."""
    window.page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', {value: undefined}); document.execCommand = () => false;"
    )
    open_link(window, site, desk.issue())
    press(window)
    window.page.get_by_role("button", name="Copy secret").click()

    expect(window.page.locator("#done")).to_contain_text("Press Show, select the secret")


def test_double_click_is_one_press(window: Visitor, site: Site, desk: Desk) -> None:
    """Two quick clicks are one press: the page that pressed shows the secret."""
    open_link(window, site, desk.issue())
    window.page.locator("#offer").dblclick()

    expect(window.page.locator("#vault")).to_be_visible()
    assert desk.asked.count("reveal") == 1


STATES: dict[LinkState, str] = {
    "not_armed": "Open it from the button in Slack",
    "minting": "It is being opened right now",
    "viewed": "This secret has been shown",
    "expired": "This link has ended",
    "replaced": "There is a newer link",
    "past_its_day": "The last day of this secret has passed",
    "unknown": "This link is not known here",
}


@pytest.mark.parametrize(("state", "title"), STATES.items())
def test_every_state_says_what_it_is(window: Visitor, site: Site, desk: Desk, state: LinkState, title: str) -> None:
    """A link that shows nothing says why, says what to do next, and is announced."""
    token = desk.issue()
    desk.put(token, LinkStatus(state=state, viewed_at=NOON))
    open_link(window, site, token)

    expect(window.page.get_by_role("heading", level=1)).to_have_text(title)
    expect(window.page.locator("#advice")).not_to_be_empty()
    expect(window.page.locator("#said")).to_contain_text(title)
    expect(window.page.locator("#vault")).to_be_hidden()


def test_armed_meanwhile(window: Visitor, site: Site, desk: Desk) -> None:
    """A page that waits for the button in Slack goes on by Look again, without a new link."""
    token = desk.issue()
    ready = desk.links[token]
    desk.put(token, LinkStatus(state="not_armed"))
    open_link(window, site, token)
    desk.put(token, ready)
    window.page.get_by_role("button", name="Look again").click()

    expect(window.page.get_by_role("button", name="Show the secret")).to_be_visible()


def test_entra_failing_and_coming_back(window: Visitor, site: Site, desk: Desk) -> None:
    """When Entra fails the page says so, and Try again shows the secret once Entra is back."""
    desk.refusal = NotMinted(sentence="Entra is resting.", lasting=False)
    open_link(window, site, desk.issue())
    press(window)
    expect(window.page.get_by_text("Entra is resting.")).to_be_visible()
    desk.refusal = None
    window.page.get_by_role("button", name="Try again").click()

    expect(window.page.locator("#vault")).to_be_visible()


def test_lasting_refusal_offers_no_button(window: Visitor, site: Site, desk: Desk) -> None:
    """What waiting cannot mend offers no button to wait with."""
    desk.refusal = NotMinted(sentence="The application is gone.", lasting=True)
    open_link(window, site, desk.issue())
    press(window)

    expect(window.page.get_by_role("heading", level=1)).to_have_text("Microsoft Entra refused")
    expect(window.page.locator("#offer")).to_be_hidden()


def test_offline_before_the_press(window: Visitor, site: Site, desk: Desk) -> None:
    """Without a connection the page says that nothing is used up, and looks again when asked."""
    site.trouble.add(Fault(match="POST /secret/look", reset=True))
    open_link(window, site, desk.issue())
    expect(window.page.get_by_role("heading", level=1)).to_have_text("No connection")
    window.page.get_by_role("button", name="Look again").click()

    expect(window.page.get_by_role("button", name="Show the secret")).to_be_visible()


def test_answer_lost_on_its_way(window: Visitor, site: Site, desk: Desk) -> None:
    """When the answer to the press is lost the page does not guess: it looks again, and sends to Slack."""
    site.trouble.add(Fault(match="POST /secret/reveal", when="after", reset=True))
    open_link(window, site, desk.issue())
    press(window)
    expect(window.page.get_by_role("heading", level=1)).to_have_text("The answer did not arrive")
    window.page.get_by_role("button", name="Look again").click()

    expect(window.page.get_by_role("heading", level=1)).to_have_text("This secret has been shown")
    expect(window.page.locator("#advice")).to_contain_text("I did not see it")


@pytest.mark.parametrize("body", [None, {"nothing": "ours"}])
def test_strange_answer_is_no_answer(window: Visitor, site: Site, desk: Desk, body: object) -> None:
    """What a proxy puts in place of our answer is not taken for one."""
    site.trouble.add(Fault(match="POST /secret/reveal", status=502, body=body))
    open_link(window, site, desk.issue())
    press(window)

    expect(window.page.get_by_role("heading", level=1)).to_have_text("The answer did not arrive")


def test_fault_of_ours(window: Visitor, site: Site, desk: Desk) -> None:
    """When we fail the page says that it was us, and looks again when asked."""

    def fail() -> None:
        desk.act = lambda: None
        raise RuntimeError("the disk is full")

    desk.act = fail
    open_link(window, site, desk.issue())
    expect(window.page.get_by_role("heading", level=1)).to_have_text("Something went wrong here")
    window.page.get_by_role("button", name="Look again").click()

    expect(window.page.get_by_role("button", name="Show the secret")).to_be_visible()


def test_throttled(window: Visitor, site: Site, desk: Desk) -> None:
    """Who asks too often reads how long to wait, in the page."""
    open_link(window, site, desk.issue())
    for _ in range(30):
        window.page.request.post(f"{site.url}/secret/look", data={"token": "u" * 43})
    press(window)

    expect(window.page.locator("#sentence")).to_have_text(re.compile("Wait 60 seconds"))


@pytest.mark.parametrize(
    ("zone", "times"),
    [
        ("Europe/Vienna", ["24 November 2026, 13:00 CET", "24 November 2026, 12:00 UTC"]),
        ("America/Los_Angeles", ["24 November 2026, 04:00 GMT-8", "24 November 2026, 12:00 UTC"]),
        ("UTC", ["24 November 2026, 12:00 UTC"]),
    ],
)
def test_times_in_the_viewers_zone(browser: Browser, site: Site, desk: Desk, zone: str, times: list[str]) -> None:
    """A time stands in the viewer's own zone and in UTC, and once only where the two are one."""
    with visitor(browser, timezone_id=zone) as window:
        open_link(window, site, desk.issue())

        assert window.page.locator("#rows time, #rows .aside").all_inner_texts() == times
