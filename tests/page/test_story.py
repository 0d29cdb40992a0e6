"""The whole story on the page, as a person lives it: from the slash command to the old secret's removal."""

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import Sandbox, Window
from tests.sandbox.entra.probe import Probe
from tests.sandbox.page.walker import NAME, PATIENCE, REPLY_URL, Walker

pytestmark = pytest.mark.browser


def ask(walker: Walker) -> None:
    """As Ada fill in the form with a fault, read what is said of it, and correct it."""
    walker.fill_form("http://ward.contoso.example/auth#callback")
    walker.choose("scopes", "user.read", "User.Read ·")
    walker.choose("scopes", "patient", "patient.read")
    walker.submit()
    expect(walker.error("reply_urls")).to_contain_text("Remove the #")
    expect(walker.input("reply_urls").locator("textarea")).to_be_focused()
    expect(walker.input("display_name").locator("input")).to_have_value(NAME)
    walker.fill("reply_urls", REPLY_URL)
    walker.send_form()
    expect(walker.message(NAME)).to_contain_text("Waiting for an approver")


def approve(walker: Walker) -> None:
    """As Grace, who sees an unread mark, agree in the channel."""
    walker.be("Grace Hopper")
    expect(walker.page.locator("#channels").get_by_label("1 unread")).to_be_visible()
    walker.approve()


def reveal(walker: Walker) -> str:
    """As Ada press the newest link in Slack, and the page's one button; the secret."""
    page = walker.open_link("The secret is made when you press", "Show the secret")
    page.get_by_role("button", name="Show the secret").click()
    heading(page, "Here is your client secret")
    page.get_by_role("button", name="Show", exact=True).click()
    secret = page.locator("#value").inner_text()
    page.close()
    return secret


def heading(page: Page, words: str) -> None:
    """Wait for the one-time page to say this."""
    expect(page.get_by_role("heading", level=1)).to_have_text(words)


def accepted(sandbox: Sandbox, secret: str) -> bool:
    """Whether Entra takes this secret for the application."""
    with Probe(sandbox.around.entra) as probe:
        return probe.sign_in(client_id=sandbox.around.entra.applications[0].app_id, client_secret=secret).ok


def test_whole_story(sandbox: Sandbox, window: Window) -> None:
    """Ask, correct, approve, reveal once, be reminded, rotate, be warned, and see the old secret go."""
    walker = window.walker
    ask(walker)
    approve(walker)
    walker.be("Ada Lovelace")
    expect(walker.message("is registered")).to_be_visible(timeout=PATIENCE)
    link = walker.link("is registered", "Show the secret")
    old = reveal(walker)
    expect(walker.message("Shown")).to_contain_text("Entra accepted it", timeout=PATIENCE)

    again = window.visitor.context.new_page()
    again.goto(link)
    heading(again, "This secret has been shown")
    again.close()

    walker.page.get_by_role("button", name="Next reminder").click()
    walker.press("ends in 60 days", "Rotate now")
    new = reveal(walker)

    assert new != old
    assert accepted(sandbox, old)
    assert accepted(sandbox, new)
    walker.page.get_by_role("button", name="A week later").click()
    expect(walker.message("is removed from Entra on")).to_be_visible(timeout=PATIENCE)
    expect(walker.page.locator("#panel-tenant .credential")).to_have_count(2)
    walker.page.get_by_role("button", name="A day later").click()
    expect(walker.message("was removed from Entra")).to_be_visible(timeout=PATIENCE)
    expect(walker.page.locator("#panel-tenant .credential")).to_have_count(1)
    assert not accepted(sandbox, old)
    assert accepted(sandbox, new)

    seen = walker.page.content() + walker.page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
    assert old not in seen
    assert new not in seen
    assert window.visitor.complaints == []
    assert window.visitor.hosts == {sandbox.page.url}
