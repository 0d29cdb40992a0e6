"""Whatever a person types, a message has the mentions, links, emoji and formatting of our own words and no others."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.model import SecretTerm
from bot.records import RequestForm
from handlers.blocks import listing, small_views
from handlers.blocks.texts import Message, escape, exact
from tests.domain import nouns
from tests.handlers import extremes
from tests.handlers.extremes import Words

PIECES = (
    *(
        "<!channel>",
        "<!here>",
        "<@U1>",
        "<#C1>",
        "<!subteam^S1>",
        "<!date^0^{date}|x>",
        "<https://x|y>",
        "<mailto:a@b|c>",
    ),
    *("`", "```", "*", "_", "~", "&", "&lt;!channel&gt;", "&amp;lt;", "<", ">", "|", "\\", "\n>", "\n>>> ", "\n• "),
    *(":x:", ":", ":100:", "::tada::", "@channel", "#general", "https://x.example", "\n", "\t", " ", "a", "1."),
    *("\u202e", "\u200b", "\u200d", "\u2028", "\u2066", "\ufeff", "\x00", "\x07", "\ue000"),
)
HOSTILE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)
HARMLESS = "harmless"

# Slack, "Formatting message text": what stands between these is a mention, a link, a broadcast or a date.
CONTROL = re.compile(r"<[^<>]*>")
SPAN = re.compile(r"`[^`\n]*`")
EMOJI = re.compile(r":[\w+'-]+:")
QUOTATION = re.compile(r"^\s*(?:>|&gt;)", re.MULTILINE)
SHOWN_BREAKS = "\n\r\t"


def typed(text: str) -> Words:
    """Somebody who types one text into every field, as far as it goes."""
    return lambda longest: text[:longest]


def form(text: str) -> RequestForm:
    """A form in which this text stands wherever words can stand; names of scopes come from whoever made the API."""
    return nouns.form(
        display_name=text,
        secret_description=text,
        justification=text,
        term=SecretTerm(days=365),
        scopes=(nouns.scope(1, value=text, resource_name=text, title=text, admin_consent=True),),
        co_owners=(nouns.owner(1, name=text),),
    )


def texts(value: Any) -> Iterator[dict[str, Any]]:
    """Every text object in blocks."""
    if isinstance(value, list):
        for entry in value:
            yield from texts(entry)
    elif isinstance(value, dict):
        if value.get("type") in {"mrkdwn", "plain_text"}:
            yield value
        for entry in value.values():
            yield from texts(entry)


def markup(text: str) -> Counter[str]:
    """What Slack would read as more than letters."""
    outside = SPAN.sub("", text)
    return Counter(
        [
            *CONTROL.findall(text),
            *EMOJI.findall(CONTROL.sub("", outside)),
            *(mark for mark in CONTROL.sub("", outside) if mark in "*_~`"),
            *(["quotation"] * len(QUOTATION.findall(text))),
            *(["code"] * len(SPAN.findall(text))),
        ]
    )


def all_markup(message: Message) -> Counter[str]:
    """The markup of a whole message: its blocks, and the text that stands for them elsewhere."""
    content = message.content()
    found = markup(content["text"])
    for entry in texts(content["blocks"]):
        found += markup(entry["text"]) if entry["type"] == "mrkdwn" else Counter()
    return found


def drawn(text: str) -> dict[str, Message]:
    """Every message that can be made of a text; the list is a short one, whose length does not depend on the text."""
    made = dict(extremes.messages(form(text), typed(text)))
    application = nouns.application(display_name=text)
    owned = listing.Owned(application=application, credentials=(nouns.credential(description=text),))
    return {**made, "list": listing.build([nouns.request(form=form(text))], [owned], nouns.NOW)}


EXPECTED = {name: all_markup(message) for name, message in drawn(HARMLESS).items()}


@settings(max_examples=30, deadline=None)
@given(HOSTILE)
@example("<!channel> <@U1> <https://x|y> *b* _i_ ~s~ `c` :x: & \u202e\u200b")
@example("\n> a\n>>> b")
def test_no_markup_of_theirs(text: str) -> None:
    """A hostile text makes the same mentions, links, emoji and formatting as a harmless one: ours."""
    found = {name: all_markup(message) for name, message in drawn(text).items()}

    assert {name: marks for name, marks in found.items() if marks != EXPECTED[name]} == {}


@settings(max_examples=20, deadline=None)
@given(HOSTILE)
def test_nothing_is_preprocessed(text: str) -> None:
    """Where a person's words stand, Slack is told to make no links and no emoji by itself."""
    for message in drawn(text).values():
        for entry in texts(message.content()["blocks"]):
            if entry["type"] == "plain_text" and entry.get("emoji", True):
                assert not any(piece in entry["text"] for piece in (":x:", ":100:", ":tada:"))
            if entry["type"] == "mrkdwn" and not entry.get("verbatim"):
                assert not re.search(r"https://x\.example|@channel|#general", entry["text"])


@settings(max_examples=20, deadline=None)
@given(HOSTILE)
def test_nothing_invisible(text: str) -> None:
    """No message carries a character that nobody sees, or that turns the line around."""
    for message in drawn(text).values():
        content = message.content()
        for shown in (content["text"], *(entry["text"] for entry in texts(content["blocks"]))):
            odd = [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}]
            assert set(odd) <= set(SHOWN_BREAKS)


@given(st.text(max_size=60))
def test_escaped_reads_the_same(text: str) -> None:
    """Ordinary words are not changed by what makes the others harmless."""
    ordinary = re.sub(r"[^\w .,!?()-]|_", "", text)
    ordinary = "".join(c for c in ordinary if c.isascii())

    assert escape(ordinary) == ordinary
    assert exact(ordinary.strip() or "x").strip("`") == (" ".join(ordinary.split()) or "x")


def test_invisible_in_an_exact_value() -> None:
    """An exact value is not tidied up: what nobody would see in it is shown by its number."""
    assert exact("User\u200b.Read") == "`User[U+200B].Read`"
    assert exact("a\u202eb") == "`a[U+202E]b`"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("a & b", "a &amp; b"),
        ("&lt;", "&amp;lt;"),
        ("10:30:00", "10\N{RATIO}30:00"),
        ("> I agree", "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} I agree"),
        ("a > b", "a &gt; b"),
        ("*bold*", "\N{ASTERISK OPERATOR}bold\N{ASTERISK OPERATOR}"),
        ("it is `so`", "it is \N{MODIFIER LETTER GRAVE ACCENT}so\N{MODIFIER LETTER GRAVE ACCENT}"),
    ],
)
def test_what_it_becomes(text: str, expected: str) -> None:
    """Each mark is shown as itself or as its look-alike."""
    assert escape(text) == expected


@given(HOSTILE)
def test_small_modal(text: str) -> None:
    """A reason is read as it was typed, without the white space around it."""
    view = {
        "private_metadata": small_views.deny_form("REQ-1", 2).to_dict()["private_metadata"],
        "state": {"values": {"reason": {"value": {"type": "plain_text_input", "value": text}}}},
    }

    assert small_views.deny_parse(view) == ("REQ-1", 2, text.strip())
