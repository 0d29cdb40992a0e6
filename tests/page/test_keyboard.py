"""Without a mouse, and by ear: completion, focus in the modal, Escape, and new messages said aloud."""

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Sandbox
from tests.sandbox.page.walker import PATIENCE, Walker

pytestmark = pytest.mark.browser


def test_completion(walker: Walker) -> None:
    """A slash offers the commands; arrows and Enter take one, a second Enter sends it."""
    keys = walker.page.keyboard
    walker.composer.focus()
    keys.type("/reg")
    offered = walker.page.get_by_role("listbox", name="Slash commands").get_by_role("option")
    expect(offered).to_have_count(4)
    expect(walker.composer).to_have_attribute("aria-expanded", "true")
    for _ in range(3):
        keys.press("ArrowDown")
    expect(offered.last).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    expect(walker.composer).to_have_value("/register-app help")
    keys.press("Enter")

    expect(walker.message("Only visible to you")).to_contain_text("/register-app")
    expect(walker.composer).to_have_value("")


def test_command_typed_in_full(walker: Walker) -> None:
    """A command that was typed in full is sent by Enter, though longer ones are offered below it."""
    walker.be("Grace Hopper")
    walker.composer.focus()
    walker.page.keyboard.type("/register-app")
    expect(walker.page.get_by_role("listbox", name="Slash commands").get_by_role("option")).to_have_count(3)
    walker.page.keyboard.press("Enter")
    expect(walker.input("display_name")).to_be_visible(timeout=PATIENCE)
    walker.modal.get_by_role("button", name="Close").click()

    expect(walker.modal).to_have_count(0)


def test_unknown_command(walker: Walker) -> None:
    """A command that nobody answers stays in the box, and one is told."""
    walker.say("/remind me")

    expect(walker.page.locator("#toast")).to_have_text("/remind is not a command of this workspace. Try /register-app.")
    expect(walker.composer).to_have_value("/remind me")


def test_guest_is_told_why_not(walker: Walker) -> None:
    """A guest gets no form but the reason."""
    walker.be("Gus Guest")
    walker.say("/register-app")

    expect(walker.modal).to_contain_text("Only full members can register applications", timeout=PATIENCE)
    expect(walker.modal.locator("input, textarea")).to_have_count(0)


def test_escape_closes_the_modal(walker: Walker) -> None:
    """Escape closes an open list first, then the modal; the focus is back where it was."""
    walker.be("Katherine Johnson")
    walker.open_form()
    menu = walker.input("duration").get_by_role("combobox")
    menu.click()
    walker.page.keyboard.press("Escape")
    expect(menu).to_have_attribute("aria-expanded", "false")
    expect(walker.modal).to_be_visible()
    walker.page.keyboard.press("Escape")

    expect(walker.modal).to_have_count(0)
    expect(walker.composer).to_be_focused()


def test_focus_stays_in_the_modal(walker: Walker) -> None:
    """The first field has the focus; Tab goes round inside the modal, both ways."""
    walker.be("Alan Turing")
    walker.open_form()
    expect(walker.input("display_name").locator("input")).to_be_focused()
    inside = "document.querySelector('dialog.modal').contains(document.activeElement)"
    walked = []
    for key in ["Tab"] * 20 + ["Shift+Tab"] * 20:
        walker.page.keyboard.press(key)
        walked.append(walker.page.evaluate(inside))

    assert walked == [True] * 40
    walker.modal.get_by_role("button", name="Close").click()
    expect(walker.modal).to_have_count(0)


def test_what_was_typed_stays(walker: Walker) -> None:
    """A modal stays open with what was typed and chosen when the page is loaded again."""
    walker.be("Grace Hopper")
    walker.open_form()
    walker.fill("display_name", "Half an application")
    walker.input("display_name").locator("input").blur()
    walker.choose("duration", "90", "90 days")
    walker.page.reload()
    expect(walker.input("duration").get_by_role("combobox")).to_have_value("90 days", timeout=PATIENCE)

    expect(walker.input("display_name").locator("input")).to_have_value("Half an application")


def test_new_messages_are_said_aloud(sandbox: Sandbox, walker: Walker) -> None:
    """A new message goes into the live region as one line without its marks."""
    sandbox.post("ada", "*Hello* <https://a.example|there> :tada:")

    expect(walker.page.locator("#live")).to_have_text("Register App: Hello there")


def test_drafts(walker: Walker) -> None:
    """What somebody began to write waits for them, and is nobody else's."""
    walker.composer.fill("as Ada")
    walker.be("Katherine Johnson")
    expect(walker.composer).to_have_value("")
    walker.composer.fill("as Katherine")
    walker.go("app-approvals")
    expect(walker.composer).to_have_value("")
    walker.be("Ada Lovelace")

    expect(walker.composer).to_have_value("as Ada")


def test_unread(sandbox: Sandbox, walker: Walker) -> None:
    """What others were told is marked unread beside their names until one reads it as they."""
    sandbox.post("alan", "one")
    sandbox.post("alan", "two")
    face = walker.page.locator("#people").get_by_role("button", name="Alan Turing")
    expect(face.get_by_label("2 unread")).to_be_visible()
    walker.be("Alan Turing")
    walker.be("Ada Lovelace")

    expect(face.locator(".badge")).to_have_count(0)


def test_thread(sandbox: Sandbox, walker: Walker) -> None:
    """A thread opens beside the conversation, takes a reply, and Escape closes it."""
    ts = sandbox.post("ada", "a question")
    sandbox.client.chat_postMessage(channel=sandbox.dm("ada"), text="an answer", thread_ts=ts)
    walker.page.get_by_role("button", name="1 reply").click()
    thread = walker.page.get_by_role("complementary", name="Thread")
    expect(thread.locator(".words")).to_have_text(["a question", "an answer"])
    thread.get_by_role("combobox").fill("thanks")
    thread.get_by_role("combobox").press("Enter")
    expect(thread.locator(".words").last).to_have_text("thanks")
    expect(walker.page.locator("#messages").get_by_text("thanks")).to_have_count(0)
    walker.page.keyboard.press("Escape")

    expect(thread).to_be_hidden()
