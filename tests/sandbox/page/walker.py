"""A person at the page, for pictures and tests: types, presses and looks in a real browser; waits, never sleeps."""

import re

from playwright.sync_api import Locator, Page, expect

NAME = "Ward dashboard"
REPLY_URL = "https://ward.contoso.example/auth/callback"
# How long the bot may take to make something in Entra and to tell of it, in milliseconds.
PATIENCE = 20_000


class Walker:
    """Drives one window in which the sandbox's page is open."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def arrive(self, address: str) -> None:
        """Open the page, and wait until it knows the workspace."""
        self.page.goto(address)
        expect(self.page.locator("body")).to_have_attribute("data-ready", "true", timeout=PATIENCE)

    def be(self, name: str) -> None:
        """Become the person of this name, or of this part such as "Guest"."""
        face = self.page.locator("#people").get_by_role("button", name=name)
        face.click()
        expect(face).to_have_attribute("aria-pressed", "true")

    def go(self, room: str) -> None:
        """Open a channel, or the bot's direct messages."""
        self.page.locator("#channels, #apps").get_by_role("button", name=room).click()

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.locator("#composer").get_by_role("combobox")

    def say(self, text: str) -> None:
        """Type a message or a slash command, and send it."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def open_form(self) -> None:
        """Type the slash command, and wait for the form."""
        self.say("/register-app")
        expect(self.input("display_name")).to_be_visible(timeout=PATIENCE)

    def fill_form(self, reply_url: str = REPLY_URL) -> None:
        """Fill in what the form demands."""
        self.open_form()
        self.fill("display_name", NAME)
        self.fill("reply_urls", reply_url)
        self.fill("secret_description", "production web server")
        self.fill("justification", "Nurses see the beds of their ward.")

    def send_form(self) -> None:
        """Submit, and wait until the form is gone."""
        self.submit()
        expect(self.modal).to_have_count(0)

    def approve(self) -> None:
        """As Grace, press Approve in the channel and agree to the question."""
        self.be("Grace Hopper")
        self.go("app-approvals")
        self.press(NAME, "Approve")
        self.agree("Approve")
        expect(self.message(NAME)).to_contain_text("Approved by @Grace Hopper", timeout=PATIENCE)

    @property
    def modal(self) -> Locator:
        """The modal in front."""
        return self.page.locator("dialog.modal[open]")

    def input(self, block: str) -> Locator:
        """One input of the modal with its label, its hint and its error."""
        return self.modal.locator(f'.input[data-block="{block}"]')

    def fill(self, block: str, text: str) -> None:
        """Type into a field."""
        self.input(block).locator("input, textarea").fill(text)

    def choose(self, block: str, query: str, option: str) -> None:
        """Type into a menu, and choose what begins with these words."""
        box = self.input(block).get_by_role("combobox")
        box.click()
        box.press_sequentially(query)
        self.input(block).get_by_role("option", name=re.compile(f"^{re.escape(option)}")).first.click(timeout=PATIENCE)
        if box.get_attribute("aria-expanded") == "true":
            box.press("Escape")
            box.fill("")

    def submit(self) -> None:
        """Press the modal's button."""
        self.modal.locator("button[type=submit]").click()

    def error(self, block: str) -> Locator:
        """The words beside a field."""
        return self.input(block).locator(".error")

    def message(self, words: str) -> Locator:
        """The latest message that holds these words."""
        return self.page.locator("#messages .message").filter(has_text=words).last

    def press(self, words: str, button: str) -> None:
        """Press a button of the latest message that holds these words."""
        self.message(words).get_by_role("button", name=button, exact=True).click(timeout=PATIENCE)

    def agree(self, button: str) -> None:
        """Answer the question that stands in front."""
        self.page.get_by_role("alertdialog").get_by_role("button", name=button, exact=True).click()

    def link(self, words: str, button: str) -> str:
        """Where a button of the latest message with these words leads."""
        button_found = self.message(words).get_by_role("link", name=button, exact=True)
        return button_found.get_attribute("href", timeout=PATIENCE) or ""

    def open_link(self, words: str, button: str) -> Page:
        """Press a button that leads elsewhere; the window that it opens."""
        with self.page.expect_popup() as popup:
            self.message(words).get_by_role("link", name=button, exact=True).click(timeout=PATIENCE)
        return popup.value
