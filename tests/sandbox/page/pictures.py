"""`--screenshots`: a Chromium walks the story, and README's pictures are taken on the way."""

from pathlib import Path
from typing import Final

from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.sandbox.page.walker import PATIENCE, Walker
from tests.web.chromium import chromium, visitor

# Twice the pixels, so that a picture that is shown 800 wide is sharp; tall enough for a whole card.
_VIEW: Final = {
    "viewport": {"width": 1056, "height": 1400},
    "device_scale_factor": 2,
    "color_scheme": "light",
    "reduced_motion": "reduce",
}


class Photographer:
    """Walks the story in one window and writes PNGs to a folder."""

    def __init__(self, walker: Walker, folder: Path) -> None:
        self._walker = walker
        self._folder = folder

    def walk(self, address: str) -> None:
        """Take every picture."""
        self._walker.arrive(address)
        self._modal()
        self._approval()
        self._secret()
        self._reminder()

    def _modal(self) -> None:
        walker = self._walker
        walker.fill_form()
        walker.choose("scopes", "user.read", "User.Read ·")
        walker.choose("scopes", "patient", "patient.read")
        # The picture ends where the form would have to be scrolled.
        walker.modal.locator(".modal-body").evaluate("body => body.scrollTo(0, 0)")
        walker.modal.get_by_role("heading").click()
        self._take("modal", walker.modal, margin=16)
        walker.send_form()

    def _approval(self) -> None:
        walker = self._walker
        walker.be("Grace Hopper")
        walker.go("app-approvals")
        self._take("approval", walker.message("Waiting for a decision"))
        walker.approve()

    def _secret(self) -> None:
        walker = self._walker
        walker.be("Ada Lovelace")
        self._take("dm", walker.message("is registered"))
        page = walker.open_link("is registered", "Show the secret")
        _reveal(page)
        self._take("secret", page.locator("#card"), margin=16)
        page.close()
        expect(walker.message("Shown")).to_contain_text("Entra accepted it", timeout=PATIENCE)

    def _reminder(self) -> None:
        walker = self._walker
        walker.page.get_by_role("button", name="Behind the scenes").click()
        walker.page.get_by_role("button", name="Next reminder").click()
        expect(walker.message("Rotate now")).to_be_visible(timeout=PATIENCE)
        walker.page.get_by_role("button", name="Fold away").click()
        self._take("reminder", walker.message("Rotate now"))

    def _take(self, name: str, what: Locator, margin: int = 0) -> None:
        expect(what).to_be_visible(timeout=PATIENCE)
        # Nothing is to look pointed at.
        what.page.mouse.move(1, 1)
        what.scroll_into_view_if_needed()
        clip = _around(what, margin)
        what.page.screenshot(path=self._folder / f"{name}.png", clip=clip, animations="disabled", caret="hide")


def _around(what: Locator, margin: int) -> FloatRect:
    box = what.bounding_box()
    if box is None:
        raise ValueError("What is not shown has no picture.")
    return {
        "x": box["x"] - margin,
        "y": box["y"] - margin,
        "width": box["width"] + 2 * margin,
        "height": box["height"] + 2 * margin,
    }


def _reveal(page: Page) -> None:
    page.get_by_role("button", name="Show the secret").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Here is your client secret")


def take(address: str, folder: Path) -> int:
    """Write the pictures of the page at this address to a folder; return the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser, visitor(browser, **_VIEW) as window:
            Photographer(Walker(window.page), folder).walk(address)
    except FileNotFoundError as none_found:
        print(none_found)
        return 1
    print(f"The pictures are in {folder}.")
    return 0
