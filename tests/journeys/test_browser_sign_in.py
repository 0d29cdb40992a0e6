"""Signing in with Slack in a real Chromium: there, back, and the secret for its recipient alone.

Slack is on another site than the bot (localhost beside 127.0.0.1), as it is in the world: so the cookies' rules about
sites hold here as they do there.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from bot.settings import Settings
from tests.journeys.one_time_link import secrets
from tests.journeys.signing_in import told_of_others
from tests.journeys.test_browser import accepts, heading, open_page, press_in_slack, show_on_the_page, unmask
from tests.journeys.world import World
from tests.sandbox.slack import faults
from tests.web.chromium import Visitor, visitor

pytestmark = pytest.mark.browser


class FarFromSlack(World):
    """A world whose page asks who one is, and whose Slack is on another site."""

    def settings(self) -> Settings:
        """The bot's settings."""
        address = self.slack.api_url.replace("127.0.0.1", "localhost").rstrip("/")
        return super().settings().model_copy(update={"slack_api_url": address})


@pytest.fixture
def far(tmp_path: Path) -> Iterator[World]:
    """Such a world, in which Ada has just been sent her link."""
    made = FarFromSlack(folder=tmp_path, sign_in=True)
    made.ask()
    made.approve()
    yield made
    made.stop()


@pytest.fixture
def window(browser: Browser) -> Iterator[Visitor]:
    """A fresh window in which nobody is signed in."""
    with visitor(browser) as opened:
        yield opened


def open_link(window: Visitor, world: World) -> str:
    """Press in Slack and open what the browser is sent to; return the address."""
    url = press_in_slack(world)
    open_page(window, url)
    heading(window, "Sign in with Slack first")
    return url


def go_to_slack(window: Visitor, button: str = "Sign in with Slack") -> None:
    """Press the page's button, and wait for Slack to ask who one is."""
    window.page.get_by_role("button", name=button).click()
    heading(window, "Sign in to the sandbox")


def choose(window: Visitor, name: str) -> None:
    """Say at Slack who one is, and wait to be back on the page."""
    window.page.get_by_role("button", name=name).click()
    expect(window.page.locator("#card")).to_have_attribute("aria-busy", "false")


def storage(window: Visitor) -> list[object]:
    """What the page keeps in the browser."""
    kept: list[object] = window.page.evaluate("[{...localStorage}, {...sessionStorage}, history.state]")
    return kept


def test_there_and_back_to_the_secret(far: World, window: Visitor) -> None:
    """Press in Slack, sign in, press on the page, Show: the secret stands there, and Entra accepts it."""
    open_link(window, far)
    go_to_slack(window)
    choose(window, "Ada Lovelace")
    heading(window, "Your client secret is ready")
    show_on_the_page(window)

    assert accepts(far, unmask(window))
    assert window.page.url == f"{far.server.url}/secret"
    assert told_of_others(far) == []
    assert window.complaints == []


def test_token_stays_in_the_tab(far: World, window: Visitor) -> None:
    """On the way to Slack and back the token is in no address, header, cookie or history, and then in no storage."""
    token = open_link(window, far).rpartition("#")[2]
    before = storage(window)
    go_to_slack(window)
    at_slack = storage(window)
    choose(window, "Ada Lovelace")
    heading(window, "Your client secret is ready")
    sent = [f"{request.url.partition('#')[0]} {request.all_headers()}" for request in window.requests]
    cdp = window.context.new_cdp_session(window.page)
    visited = [entry["url"] for entry in cdp.send("Page.getNavigationHistory")["entries"]]

    assert before == at_slack == storage(window) == [{}, {}, None]
    assert [text for text in (*sent, *visited, str(window.context.cookies())) if token in text] == []
    assert [address for address in visited if "code=" in address] == []
    assert not any(token.encode() in e.request_body for e in far.slack.journal.exchanges if "openid" in e.call)


def test_somebody_else(far: World, window: Visitor) -> None:
    """Somebody else is shown what an unknown link shows, and Ada is told; then Ada signs in, and is let in."""
    open_link(window, far)
    go_to_slack(window)
    choose(window, "Grace Hopper")
    heading(window, "This link is not known here")
    refused = window.text()
    told = told_of_others(far)
    before = secrets(far)
    go_to_slack(window, "Sign in with another account")
    choose(window, "Ada Lovelace")
    heading(window, "Your client secret is ready")

    assert far.entra.applications[0].app_id not in refused
    assert "Ward dashboard" not in refused
    assert (len(told), before) == (1, ())


def test_unknown_link_reads_the_same(far: World, window: Visitor) -> None:
    """What stands on the page for somebody else's link stands there for a link that never was."""
    open_link(window, far)
    go_to_slack(window)
    choose(window, "Grace Hopper")
    heading(window, "This link is not known here")
    theirs = window.accessible()
    open_page(window, f"{far.server.url}/secret#{'u' * 43}")
    heading(window, "This link is not known here")

    assert window.accessible() == theirs


def test_cancelled(far: World, window: Visitor) -> None:
    """Whoever cancels at Slack reads it, signs in after all, and has not lost their link."""
    open_link(window, far)
    go_to_slack(window)
    window.page.get_by_role("button", name="Cancel").click()
    heading(window, "You did not sign in")
    window.page.get_by_role("link", name="Sign in again").click()
    choose(window, "Ada Lovelace")

    heading(window, "Your client secret is ready")


def test_slack_is_away(far: World, window: Visitor) -> None:
    """When Slack does not answer the page says so, and the next try goes on with the same link."""
    open_link(window, far)
    go_to_slack(window)
    far.slack.trouble.add(faults.down("openid.connect.token"))
    window.page.get_by_role("button", name="Ada Lovelace").click()
    heading(window, "Slack is not answering")
    window.page.get_by_role("link", name="Sign in again").click()
    choose(window, "Ada Lovelace")

    heading(window, "Your client secret is ready")


def test_back_from_slack(far: World, window: Visitor) -> None:
    """Whoever goes Back instead of signing in finds the page as it was, and can still sign in."""
    open_link(window, far)
    go_to_slack(window)
    window.page.go_back()
    heading(window, "Sign in with Slack first")
    go_to_slack(window)
    choose(window, "Ada Lovelace")

    heading(window, "Your client secret is ready")


def test_kept_for_ten_minutes(far: World, window: Visitor) -> None:
    """A token that waited in the tab for more than ten minutes is thrown away, and the page sends to Slack's button."""
    window.page.clock.install()
    open_link(window, far)
    go_to_slack(window)
    window.page.clock.fast_forward("10:01")
    choose(window, "Ada Lovelace")
    heading(window, "Open it from the button in Slack")

    assert storage(window) == [{}, {}, None]


def test_browser_without_storage(far: World, window: Visitor) -> None:
    """Where the tab can keep nothing, signing in still works, and the button in Slack brings the link again."""
    window.page.add_init_script("Object.defineProperty(window, 'sessionStorage', {get() { throw new Error('no'); }});")
    url = open_link(window, far)
    go_to_slack(window)
    choose(window, "Ada Lovelace")
    heading(window, "Open it from the button in Slack")
    open_page(window, url)

    heading(window, "Your client secret is ready")


def test_second_link_needs_no_second_sign_in(far: World, window: Visitor) -> None:
    """Whoever signed in a moment ago opens the next link straight away."""
    open_link(window, far)
    go_to_slack(window)
    choose(window, "Ada Lovelace")
    far.around.person("ada").click(far.link_message(), "renew_link")
    far.settle()
    open_page(window, press_in_slack(far))

    heading(window, "Your client secret is ready")


def test_without_javascript(far: World, browser: Browser) -> None:
    """Without JavaScript one copies the link, signs in by a link, hands the copy over, and sees the secret."""
    url = press_in_slack(far)
    with visitor(browser, java_script_enabled=False) as window:
        window.page.goto(url)
        window.page.get_by_role("link", name="Sign in with Slack").click()
        window.page.get_by_role("button", name="Ada Lovelace").click()
        window.page.get_by_label("The whole link, or the part after #").fill(url)
        window.page.get_by_role("button", name="Show the secret").click()
        secret = window.page.locator("#value").inner_text()

    assert accepts(far, secret)
