"""What is left of a secret and of a token when the page is left, kept, reloaded, printed, or forgotten."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.web.chromium import Visitor, visitor
from tests.web.conftest import Site
from tests.web.desk import SECRET, Desk
from tests.web.test_page import open_link, press

pytestmark = pytest.mark.browser


def show_secret(window: Visitor, site: Site, token: str) -> None:
    """Walk up to the secret standing on the page in plain text."""
    open_link(window, site, token)
    press(window)
    window.page.get_by_role("button", name="Show", exact=True).click()
    expect(window.page.locator("#value")).to_have_text(SECRET)


def test_reload_shows_nothing_and_the_link_says_viewed(window: Visitor, site: Site, desk: Desk) -> None:
    """After a reload the secret is gone; the link, opened again, says when it was shown."""
    token = desk.issue()
    show_secret(window, site, token)
    window.page.reload()
    expect(window.page.locator("#advice")).to_contain_text("it was shown once and is gone from here")
    after_reload = window.text()
    open_link(window, site, token)

    expect(window.page.get_by_role("heading", level=1)).to_have_text("This secret has been shown")
    assert (SECRET in after_reload, desk.asked.count("reveal")) == (False, 1)


def test_back_and_forward_show_nothing(window: Visitor, site: Site, desk: Desk) -> None:
    """Neither Back nor Forward brings the secret back, whether the browser kept the page or not."""
    window.page.goto(f"{site.url}/")
    show_secret(window, site, desk.issue())
    texts = []
    window.page.goto(f"{site.url}/robots.txt")
    for step in (window.page.go_back, window.page.go_back, window.page.go_forward):
        step(wait_until="commit")
        expect(window.page.get_by_role("heading", level=1)).not_to_be_empty()
        texts.append(window.text())

    assert [SECRET in text for text in texts] == [False, False, False]


@pytest.mark.parametrize("event", ["pagehide", "pageshow"])
def test_kept_page_is_kept_without_the_secret(window: Visitor, site: Site, desk: Desk, event: str) -> None:
    """Leaving the page, or coming back to a page that was kept whole, clears the secret and says so."""
    show_secret(window, site, desk.issue())
    window.page.evaluate(f"dispatchEvent(new PageTransitionEvent('{event}', {{persisted: true}}))")

    expect(window.page.get_by_role("heading", level=1)).to_have_text("The secret is hidden")
    expect(window.page.locator("#vault")).to_be_hidden()
    assert SECRET not in window.text() + window.accessible()


def test_pageshow_of_a_fresh_page_changes_nothing(window: Visitor, site: Site, desk: Desk) -> None:
    """A page that was not kept is not touched by being shown."""
    show_secret(window, site, desk.issue())
    window.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: false}))")

    expect(window.page.locator("#value")).to_have_text(SECRET)


def test_kept_page_before_the_press_still_works(window: Visitor, site: Site, desk: Desk) -> None:
    """A page that was kept before the press looks again by itself, and can be pressed."""
    open_link(window, site, desk.issue())
    with window.page.expect_response("**/secret/look"):
        window.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
        window.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    press(window)

    expect(window.page.locator("#vault")).to_be_visible()


def test_answer_to_a_page_that_was_left_is_dropped(window: Visitor, site: Site, desk: Desk) -> None:
    """A secret that arrives after the page was left is dropped unread."""
    open_link(window, site, desk.issue())

    def leave_first(route: Route) -> None:
        answer = route.fetch()
        window.page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
        route.fulfill(response=answer)

    window.page.route("**/secret/reveal", leave_first)
    with window.page.expect_event("requestfinished", lambda request: request.url.endswith("/secret/reveal")):
        window.page.locator("#offer").click()
    with window.page.expect_response("**/secret/look"):
        window.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    expect(window.page.get_by_role("heading", level=1)).to_have_text("This secret has been shown")
    assert (SECRET in window.text(), "seen" in desk.asked) == (False, False)


def test_five_minutes_are_enough(window: Visitor, site: Site, desk: Desk) -> None:
    """The page counts down, warns in the last minute, and clears the secret after five."""
    window.page.clock.install()
    show_secret(window, site, desk.issue())
    expect(window.page.locator("#timer")).to_have_text("Hides in 5 minutes")
    window.page.clock.fast_forward("04:15")
    expect(window.page.locator("#timer")).to_contain_text("seconds")
    expect(window.page.locator("#done")).to_have_text("The secret hides in one minute.")
    window.page.clock.fast_forward("00:50")

    expect(window.page.locator("#sentence")).to_contain_text("Five minutes have passed")
    assert SECRET not in window.text() + window.accessible()


def test_clear_it_now(window: Visitor, site: Site, desk: Desk) -> None:
    """Who has kept the secret can clear it at once, and the focus goes to what is said about it."""
    show_secret(window, site, desk.issue())
    window.page.get_by_role("button", name="Clear it now").click()

    expect(window.page.get_by_role("heading", level=1, name="The secret is hidden")).to_be_focused()
    assert SECRET not in window.text()


def test_another_link_in_the_same_window(window: Visitor, site: Site, desk: Desk) -> None:
    """A second link opened in the same window clears the first one's secret and is looked at itself."""
    show_secret(window, site, desk.issue())
    with window.page.expect_response("**/secret/look"):
        window.page.goto(f"{site.url}/secret#{desk.issue()}")

    expect(window.page.get_by_role("heading", level=1)).to_have_text("Your client secret is ready")
    assert (SECRET in window.text(), urlsplit(window.page.url).fragment) == (False, "")


def test_address_without_a_token(window: Visitor, site: Site, desk: Desk) -> None:
    """Without a token the page sends to Slack and asks the server nothing."""
    open_link(window, site, "")

    expect(window.page.get_by_role("heading", level=1)).to_have_text("Open it from the button in Slack")
    assert desk.asked == []


def test_print_leaves_it_out(window: Visitor, site: Site, desk: Desk) -> None:
    """On paper there is no secret, and a line that says so."""
    show_secret(window, site, desk.issue())
    window.page.emulate_media(media="print")

    expect(window.page.locator("#value")).to_be_hidden()
    expect(window.page.get_by_text("left out of print")).to_be_visible()


def test_token_is_in_bodies_only(window: Visitor, site: Site, desk: Desk) -> None:
    """The token is in no address, no header, no history entry and no storage: only in the bodies of our posts."""
    token = desk.issue()
    show_secret(window, site, token)
    cdp = window.context.new_cdp_session(window.page)
    entries = [entry["url"] for entry in cdp.send("Page.getNavigationHistory")["entries"]]
    stored = window.page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state, document.cookie])")
    # A browser keeps the fragment of an address to itself; all before it, and the headers, go over the wire.
    sent = [f"{request.url.split('#')[0]} {request.all_headers()}" for request in window.requests]

    assert not any(token in text for text in (*sent, *entries, stored, window.page.url, window.text()))
    assert not any(token in exchange.call for exchange in site.journal.exchanges)


def test_secret_is_in_one_response(window: Visitor, site: Site, desk: Desk) -> None:
    """Of all that went over the wire one body holds the secret, once, and no request does."""
    show_secret(window, site, desk.issue())
    secret = SECRET.encode()
    bodies = [exchange.response_body.count(secret) for exchange in site.journal.exchanges]

    assert (sum(bodies), any(secret in exchange.request_body for exchange in site.journal.exchanges)) == (1, False)


def test_own_host_only_and_no_complaints(browser: Browser, site: Site, desk: Desk) -> None:
    """The whole press asks no other host for anything, breaks no policy, and leaves the console empty."""
    with visitor(browser, permissions=["clipboard-read", "clipboard-write"]) as window:
        show_secret(window, site, desk.issue())
        window.page.get_by_role("button", name="Copy .env lines").click()
        expect(window.page.locator("#done")).to_contain_text("Copied.")
        window.page.get_by_text("For your configuration").click()
        window.page.get_by_role("button", name="Clear it now").click()

        assert (window.hosts, window.complaints) == ({site.url}, [])


def test_policy_is_in_force(window: Visitor, site: Site) -> None:
    """An inline script and a markup sink, were they to get in, are refused by the browser and heard of here."""
    window.page.goto(f"{site.url}/")
    window.page.evaluate(
        "const s = document.createElement('script');"
        "try { s.text = 'document.title = 1'; } catch { console.log('sink'); }"
        "const t = document.createElement('style'); t.textContent = 'body { display: none }'; document.head.append(t);"
    )

    expect(window.page.locator("body")).to_be_visible()
    assert [text for text in window.complaints if "policy: style-src" in text]
    assert "log: sink" in window.complaints
