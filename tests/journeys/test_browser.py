"""From the button in Slack to the secret on the screen: the true page of the real bot, in a real Chromium."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.world import NAME, World
from tests.sandbox.entra import faults
from tests.sandbox.entra.probe import Probe
from tests.web.chromium import Visitor, visitor

pytestmark = pytest.mark.browser
CLIPBOARD = ["clipboard-read", "clipboard-write"]


@pytest.fixture
def window(browser: Browser) -> Iterator[Visitor]:
    """A fresh window that may use the clipboard."""
    with visitor(browser, permissions=CLIPBOARD) as opened:
        yield opened


def press_in_slack(world: World) -> str:
    """Press "Show the secret" in Slack; return the address that the browser opens."""
    message = next(message for message in reversed(world.around.person("ada").dm) if "secret#" in str(message.blocks))
    outcome = world.around.person("ada").click(message, "open_link")
    assert outcome.url is not None
    return outcome.url


def open_page(window: Visitor, url: str) -> None:
    """Open the address in a page of its own, and wait for it to have looked."""
    window.page.goto("about:blank")
    window.page.goto(url)
    expect(window.page.locator("#card")).to_have_attribute("aria-busy", "false")


def heading(window: Visitor, words: str) -> None:
    """Wait for the page to say this."""
    expect(window.page.get_by_role("heading", level=1)).to_have_text(words)


def show_on_the_page(window: Visitor) -> None:
    """Press the page's button, and wait until it has told the bot that it showed the secret."""
    with window.page.expect_response("**/secret/seen"):
        window.page.get_by_role("button", name="Show the secret").click()
    heading(window, "Here is your client secret")


def unmask(window: Visitor) -> str:
    """Press Show, and read the secret."""
    window.page.get_by_role("button", name="Show", exact=True).click()
    return window.page.locator("#value").inner_text()


def accepts(world: World, secret: str) -> bool:
    """Whether Entra takes this secret for the application."""
    with Probe(world.entra) as probe:
        return probe.sign_in(client_id=world.entra.applications[0].app_id, client_secret=secret).ok


def test_from_slack_to_the_secret(approved: World, window: Visitor) -> None:
    """Press in Slack, press on the page, Show: the secret stands there, and Entra accepts it."""
    application = approved.entra.applications[0]
    open_page(window, press_in_slack(approved))
    heading(window, "Your client secret is ready")
    for fact in (NAME, application.app_id, approved.entra.tenant_id, "Ada Lovelace", "180 days"):
        expect(window.page.locator("main")).to_contain_text(fact)
    before = approved.entra.secrets(application.id)
    show_on_the_page(window)
    secret = unmask(window)

    assert before == ()
    assert [password.hint for password in approved.entra.secrets(application.id)] == [secret[:3]]
    assert accepts(approved, secret)


def test_masked_until_show(approved: World, window: Visitor) -> None:
    """Until Show the secret is nowhere in the document, nor in what a screen reader gets; Copy works all the same."""
    open_page(window, press_in_slack(approved))
    show_on_the_page(window)
    masked = window.text() + window.accessible()
    window.page.get_by_role("button", name="Copy secret").click()
    expect(window.page.locator("#done")).to_contain_text("Copied.")
    copied = window.page.evaluate("navigator.clipboard.readText()")

    assert copied not in masked
    assert copied == unmask(window)
    assert accepts(approved, copied)


def test_env_lines(approved: World, window: Visitor) -> None:
    """The copied .env lines hold the true tenant, client ID, secret, authority and scopes."""
    open_page(window, press_in_slack(approved))
    show_on_the_page(window)
    window.page.get_by_role("button", name="Copy .env lines").click()
    expect(window.page.locator("#done")).to_contain_text("Copied.")
    lines = window.page.evaluate("navigator.clipboard.readText()").splitlines()

    assert lines[0] == f"# {NAME}: the secret ends 2027-05-22T09:00:00Z"
    assert lines[1:] == [
        f"AZURE_TENANT_ID={approved.entra.tenant_id}",
        f"AZURE_CLIENT_ID={approved.entra.applications[0].app_id}",
        f"AZURE_CLIENT_SECRET={unmask(window)}",
        f"AZURE_AUTHORITY={approved.entra.authority}/{approved.entra.tenant_id}",
        'AZURE_SCOPES="https://graph.microsoft.com/User.Read"',
    ]


def test_nothing_leaks_on_the_way(approved: World, window: Visitor) -> None:
    """The page asks nobody but the bot, breaks none of its own rules, and leaves no token in address or storage."""
    url = press_in_slack(approved)
    open_page(window, url)
    show_on_the_page(window)
    unmask(window)
    stored = window.page.evaluate("[location.href, history.length, {...localStorage}, {...sessionStorage}]")

    assert window.hosts <= {approved.server.url, "about:blank"}
    assert not [request.url for request in window.requests if url.rpartition("#")[2] in request.url.partition("#")[0]]
    assert stored[0] == f"{approved.server.url}/secret"
    assert stored[2:] == [{}, {}]
    assert window.context.cookies() == []
    assert window.complaints == []


def test_reload_and_second_visit(approved: World, window: Visitor) -> None:
    """After a reload the secret is gone from the page, and the link opened again says that it was shown."""
    url = press_in_slack(approved)
    open_page(window, url)
    show_on_the_page(window)
    secret = unmask(window)
    window.page.reload()
    expect(window.page.locator("#card")).to_have_attribute("aria-busy", "false")
    after_reload = window.text()
    open_page(window, url)
    heading(window, "This secret has been shown")

    expect(window.page.locator("#advice")).to_contain_text("I did not see it")
    assert secret not in after_reload + window.text()
    assert len(approved.entra.secrets(approved.entra.applications[0].id)) == 1


def test_not_opened_from_slack(approved: World, window: Visitor) -> None:
    """A link that was not pressed in Slack shows the way there; after that press the same page lets one in."""
    leaked = f"{approved.server.url}/secret#{str(approved.link_message().blocks).partition('secret#')[2][:43]}"
    open_page(window, leaked)
    heading(window, "Open it from the button in Slack")
    told = window.text()
    press_in_slack(approved)
    window.page.get_by_role("button", name="Look again").click()
    show_on_the_page(window)

    assert NAME not in told
    assert accepts(approved, unmask(window))


def test_entra_fails_and_comes_back(approved: World, window: Visitor) -> None:
    """When Entra fails at the press the page says that nothing was used up, and Try again shows the secret."""
    approved.entra.trouble.add(faults.reset_after(faults.ADD_PASSWORD))
    open_page(window, press_in_slack(approved))
    window.page.get_by_role("button", name="Show the secret").click()
    heading(window, "Microsoft Entra is not answering")
    expect(window.page.locator("main")).to_contain_text("Nothing was used up")
    window.page.get_by_role("button", name="Try again").click()
    heading(window, "Here is your client secret")

    assert accepts(approved, unmask(window))
    assert len(approved.entra.secrets(approved.entra.applications[0].id)) == 1


def test_not_seen(approved: World, window: Visitor) -> None:
    """Who closed the page too early says so in Slack, and sees another secret by the new link; the first is dead."""
    open_page(window, press_in_slack(approved))
    show_on_the_page(window)
    lost = unmask(window)
    approved.settle()
    shown = next(message for message in approved.around.person("ada").dm if "I did not see it" in message.reads)
    approved.around.person("ada").click(shown, "not_seen")
    approved.settle()
    open_page(window, press_in_slack(approved))
    show_on_the_page(window)

    assert (accepts(approved, lost), accepts(approved, unmask(window))) == (False, True)


def test_message_names_the_browser(approved: World, window: Visitor) -> None:
    """Afterwards the message in Slack names the browser that saw it."""
    open_page(window, press_in_slack(approved))
    show_on_the_page(window)
    approved.bot.background.shutdown(wait=True)
    approved.settle()
    reads = next(message.reads for message in approved.around.person("ada").dm if "Shown" in message.reads)

    assert "Chrome on Linux, IPv4" in reads
    assert "Entra accepted it" in reads


def test_without_javascript(approved: World, browser: Browser) -> None:
    """Without JavaScript one hands over the link by hand, and the secret is shown in the answer."""
    url = press_in_slack(approved)
    with visitor(browser, java_script_enabled=False) as window:
        window.page.goto(url)
        window.page.get_by_label("The whole link, or the part after #").fill(url)
        window.page.get_by_role("button", name="Show the secret").click()
        secret = window.page.locator("#value").inner_text()

    assert accepts(approved, secret)


def test_dead_links(approved: World, window: Visitor) -> None:
    """A replaced and an expired link each say what they are and what to do next."""
    first = press_in_slack(approved)
    approved.around.person("ada").click(approved.link_message(), "renew_link")
    approved.settle()
    open_page(window, first)
    heading(window, "There is a newer link")
    second = press_in_slack(approved)
    approved.advance(hours=24)
    open_page(window, second)
    heading(window, "This link has ended")

    expect(window.page.locator("#advice")).to_contain_text("Send me a new link")
    assert approved.entra.secrets(approved.entra.applications[0].id) == ()
