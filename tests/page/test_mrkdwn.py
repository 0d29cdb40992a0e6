"""Slack's mrkdwn: read into a tree by a pure parser, and drawn as text, never as HTML."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.page.conftest import Sandbox, Window
from tests.sandbox.page.walker import Walker

pytestmark = pytest.mark.browser


def text(words: str) -> dict[str, Any]:
    """A piece that is plain text."""
    return {"is": "text", "text": words}


def link(url: str, label: str) -> dict[str, Any]:
    """A piece that is a link."""
    return {"is": "link", "url": url, "label": [text(label)]}


INLINE = [
    ("plain", [text("plain")]),
    ("*bold*", [{"is": "bold", "pieces": [text("bold")]}]),
    ("_italic_", [{"is": "italic", "pieces": [text("italic")]}]),
    ("~gone~", [{"is": "strike", "pieces": [text("gone")]}]),
    ("*a _b_*", [{"is": "bold", "pieces": [text("a "), {"is": "italic", "pieces": [text("b")]}]}]),
    ("snake_case_name", [text("snake_case_name")]),
    ("2 * 3 * 4", [text("2 * 3 * 4")]),
    ("**", [text("**")]),
    ("*open", [text("*open")]),
    ("`*code*`", [{"is": "code", "text": "*code*"}]),
    ("`a &lt; b`", [{"is": "code", "text": "a < b"}]),
    ("*`a*b` c*", [{"is": "bold", "pieces": [{"is": "code", "text": "a*b"}, text(" c")]}]),
    ("&lt;b&gt; &amp;amp;", [text("<b> &amp;")]),
    ("<b>", [text("<b>")]),
    ("<script>alert(1)</script>", [text("<script>alert(1)</script>")]),
    ("<javascript:alert(1)|press>", [text("<javascript:alert(1)|press>")]),
    ("<https://a.example/?b=1&amp;c=2|here>", [link("https://a.example/?b=1&c=2", "here")]),
    ("<https://a.example>", [link("https://a.example", "https://a.example")]),
    ("see https://a.example/x.", [text("see "), link("https://a.example/x", "https://a.example/x"), text(".")]),
    ("<mailto:a@b.example|mail>", [link("mailto:a@b.example", "mail")]),
    ("<@U012AB>", [{"is": "user", "id": "U012AB"}]),
    ("<#C012AB|general>", [{"is": "channel", "id": "C012AB", "label": "general"}]),
    ("<!subteam^S012|@team>", [{"is": "group", "id": "S012", "label": "@team"}]),
    ("<!here>", [{"is": "broadcast", "name": "here"}]),
    (":tada: 10:30:00", [{"is": "emoji", "name": "tada"}, text(" 10"), {"is": "emoji", "name": "30"}, text("00")]),
    (
        "<!date^1767225600^{date} at {time}^https://a.example|x &amp; y>",
        [
            {
                "is": "date",
                "seconds": 1767225600,
                "form": "{date} at {time}",
                "url": "https://a.example",
                "fallback": "x & y",
            }
        ],
    ),
    ("<!date^soon^{date}|x>", [text("<!date^soon^{date}|x>")]),
]


@pytest.fixture(scope="module")
def expected_count() -> int:
    """How many lines the table has, so that a lost one is noticed."""
    return len(INLINE)


def test_inline(walker: Walker, expected_count: int) -> None:
    """Every mark, link, mention and date of a line is read as Slack reads it; what is none stays as it was typed."""
    module = "/static/mrkdwn.js"
    lines = [line for line, _ in INLINE]

    read = walker.page.evaluate(
        "async ([module, lines]) => { const { inline } = await import(module); return lines.map((l) => inline(l)); }",
        [module, lines],
    )

    assert len(read) == expected_count
    assert dict(zip(lines, read, strict=True)) == dict(INLINE)


def test_verbatim(walker: Walker) -> None:
    """In verbatim text an address that is not marked as a link stays text."""
    read = walker.page.evaluate(
        "async () => (await import('/static/mrkdwn.js')).parse('https://a.example', { verbatim: true })"
    )

    assert read == [{"is": "lines", "lines": [[text("https://a.example")]]}]


def test_blocks(walker: Walker) -> None:
    """Quotes, lists and code in three backticks stand apart from the lines around them."""
    read = walker.page.evaluate(
        "async (t) => (await import('/static/mrkdwn.js')).parse(t)",
        "one\n&gt; two\n> three\n• four\n• five\n```six &lt; *7*\n```\neight",
    )

    assert [(block["is"], len(block.get("lines", []))) for block in read] == [
        ("lines", 1),
        ("quote", 2),
        ("list", 2),
        ("pre", 0),
        ("lines", 1),
    ]
    assert read[3]["text"] == "six < *7*"


DATES = [
    ("{date_num}", "2026-06-30"),
    ("{date}", "June 30th, 2026"),
    ("{date_short}", "Jun 30, 2026"),
    ("{date_long}", "Tuesday, June 30th, 2026"),
    ("{date_pretty}", "Tomorrow"),
    ("{date_short_pretty} at {time}", "Tomorrow at 1:30 AM"),
    ("{time_secs}", "1:30:00 AM"),
    ("{nonsense}", None),
]


@pytest.mark.parametrize(("form", "shown"), DATES)
def test_dates(walker: Walker, form: str, shown: str | None) -> None:
    """A date is written in the viewer's time zone, in which it may be another day than in UTC."""
    moment, now = 1782775800, 1782732600  # 29 June 2026, 23:30 and 11:30 UTC

    found = walker.page.evaluate(
        "async ([m, f, n]) => (await import('/static/dates.js')).format(m, f, 'Europe/Amsterdam', n * 1000)",
        [moment, form, now],
    )

    assert found == shown


def test_no_html(sandbox: Sandbox, window: Window) -> None:
    """A message that looks like HTML is shown as it was typed, and nothing in it runs or is loaded."""
    hostile = "<img src=x onerror=alert(1)> &lt;script&gt;alert(1)&lt;/script&gt; &amp;lt;"
    sandbox.post("alan", hostile)
    window.walker.be("Alan Turing")

    expect(window.walker.page.locator("#messages .words").last).to_have_text(
        "<img src=x onerror=alert(1)> <script>alert(1)</script> &lt;"
    )
    assert window.walker.page.locator("#messages .words script, #messages .words img").count() == 0
    assert window.visitor.complaints == []


def test_what_one_types(walker: Walker) -> None:
    """What a person types is shown as typed, also where it looks like an escape or a mark of Slack's."""
    walker.be("Katherine Johnson")
    walker.say("if a < b && c: see <!here> &lt;")

    expect(walker.message("if a")).to_contain_text("if a < b && c: see <!here> &lt;")


def test_mentions(sandbox: Sandbox, walker: Walker) -> None:
    """A mention shows the name, and stands out when it means oneself."""
    ids = sandbox.around.ids
    sandbox.post("gus", f"<@{ids['ada']}> and <@{ids['gus']}> and <!subteam^{sandbox.around.group}> and <@UNOBODY>")
    walker.be("Gus Guest")
    words = walker.page.locator("#messages .words").last

    expect(words).to_have_text("@Ada Lovelace and @Gus Guest and @identity-approvers and @UNOBODY")
    expect(words.locator(".mention.me")).to_have_text("@Gus Guest")
