"""New names: of the right form, and different."""

import re

from bot.identifiers import request_name, row_name, short_name


def test_request_names_can_be_said() -> None:
    """A request's name has eight letters or digits, none of which looks like another."""
    names = [request_name() for _ in range(1000)]

    assert [name for name in names if not re.fullmatch(r"REQ-[0-9A-HJKMNP-TV-Z]{8}", name)] == []
    assert len(names) == len(set(names))


def test_row_names_differ() -> None:
    """Ten thousand rows have ten thousand names."""
    names = [row_name() for _ in range(10_000)]

    assert len(names) == len(set(names))


def test_short_names_cannot_be_guessed() -> None:
    """A short name carries 64 random bits behind its prefix."""
    names = [short_name("link") for _ in range(1000)]

    assert [name for name in names if not re.fullmatch(r"link-[0-9a-f]{16}", name)] == []
    assert len(names) == len(set(names))
