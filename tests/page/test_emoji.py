"""The page has a picture of every emoji that the bot uses."""

import re
from pathlib import Path

from tests.sandbox.page.server import STATIC
from tests.sandbox.stage import ROOT

PICTURES = {path.stem for path in (STATIC / "emoji").glob("*.svg")}


def said(folder: str) -> set[str]:
    """The names of emoji in the texts of a folder."""
    text = "\n".join(path.read_text() for path in Path(ROOT / folder).rglob("*.py"))
    return set(re.findall(r"(?<![\w:]):([a-z][a-z0-9_]+):(?!\w)", text))


def test_what_the_bot_says_can_be_drawn() -> None:
    """No message of the bot shows an emoji by its name because a picture is missing."""
    used = said("bot") | said("handlers")

    assert "tada" in used
    assert used - PICTURES == set()


def test_the_page_knows_its_pictures() -> None:
    """What emoji.js lists is what there is."""
    listed = set(re.findall(r'"(\w+)"', (STATIC / "emoji.js").read_text()))

    assert listed == PICTURES
