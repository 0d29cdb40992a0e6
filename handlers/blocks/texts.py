"""Small pieces of text for Slack: escaping, mentions, moments in the reader's own time zone, lengths."""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from slack_sdk.models.blocks import Block, SectionBlock
from slack_sdk.models.blocks.basic_components import MarkdownTextObject, PlainTextObject

from bot.model import SecretTerm

# Slack reads these as bold, italics, strike-through and code; their look-alikes it leaves alone.
_GRAVE = "\N{MODIFIER LETTER GRAVE ACCENT}"
_LOOKALIKES = str.maketrans(
    {
        "`": _GRAVE,
        "*": "\N{ASTERISK OPERATOR}",
        "_": "\N{FULLWIDTH LOW LINE}",
        "~": "\N{TILDE OPERATOR}",
    }
)
_POINT = "\N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK}"
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# A quotation begins with this mark, also when it is escaped; an emoji is a name between colons.
_QUOTATION = re.compile(r"^(\s*)>", re.MULTILINE)
_EMOJI = re.compile(r":(?=[^\s:]+:)")
# Unicode's categories of characters that nobody sees, or everybody sees otherwise.
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})

# Slack, "Section block": the longest text of a section.
LONGEST_SECTION = 3000
# Slack, "chat.update": the longest text; "Blocks": the most in a message.
LONGEST_TEXT = 4000
MOST_BLOCKS = 50
# Slack refuses with msg_blocks_too_long somewhat above 13,000 characters of JSON; no page of it says so.
LONGEST_BLOCKS = 12_900


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message: blocks for the eye, and the text that notifications and screen readers use."""

    text: str
    blocks: tuple[Block, ...]

    def content(self) -> dict[str, Any]:
        """Return the arguments for chat.postMessage and chat.update; Slack's limits are checked on the way."""
        return {"text": cut(self.text, LONGEST_TEXT), "blocks": [block.to_dict() for block in self.blocks]}

    @property
    def fits(self) -> bool:
        """Whether the blocks are few and short enough for one message."""
        blocks = self.content()["blocks"]
        return len(blocks) <= MOST_BLOCKS and len(json.dumps(blocks, ensure_ascii=False)) <= LONGEST_BLOCKS


def first_that_fits(drafts: Iterable[Message]) -> Message:
    """Return the first of several drafts that fits into one message, or the last where none does."""
    message = None
    for message in drafts:
        if message.fits:
            break
    if message is None:
        raise ValueError("There is no draft to choose from.")
    return message


def escape(text: str, longest: int | None = None) -> str:
    """Make a person's text harmless in mrkdwn (Slack, "Formatting message text": the three characters to escape).

    Invisible format characters go: with them one name can be made to look like another. Backticks, the marks for
    bold, italics, strike-through and quotations, and the names of emoji are shown as look-alikes that Slack does not
    read. With `longest` the text is shortened visibly until what comes out of it is no longer than that.
    """
    visible = "".join(c for c in text if not _is_invisible(c))
    unquoted = _QUOTATION.sub(f"\\1{_POINT}", visible)
    harmless = _EMOJI.sub("\N{RATIO}", unquoted).translate(_LOOKALIKES)
    return _shortened([_ESCAPES.get(c, c) for c in harmless], longest)


def exact(text: str, longest: int | None = None) -> str:
    """Show an exact value in a code span, where marks have no meaning; only the three characters are escaped.

    What is invisible is shown by its number. `longest` is as in `escape`.
    """
    words = revealed(" ".join(text.split())).replace("`", _GRAVE)
    return f"`{_shortened([_ESCAPES.get(c, c) for c in words], longest)}`"


def revealed(text: str) -> str:
    """Show invisible characters by their numbers, so that a text reads as what it is."""
    return "".join(f"[U+{ord(c):04X}]" if _is_invisible(c) else c for c in text)


def _is_invisible(character: str) -> bool:
    return character not in "\n\r\t" and unicodedata.category(character) in _INVISIBLE


def _shortened(pieces: Sequence[str], longest: int | None) -> str:
    whole = "".join(pieces)
    if longest is None or len(whole) <= longest:
        return whole
    room = longest - 1
    kept = 0
    while kept < len(pieces) and len(pieces[kept]) <= room:
        room -= len(pieces[kept])
        kept += 1
    return f"{''.join(pieces[:kept])}…"


def mention(person_id: str) -> str:
    """Mention a person."""
    return f"<@{person_id}>"


def mentions(person_ids: Sequence[str]) -> str:
    """Mention several people in one phrase."""
    names = [mention(person_id) for person_id in person_ids]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nobody"


def moment(at: datetime) -> str:
    """Show a moment in the reader's own time zone (Slack, "Formatting message text": dates)."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{at:%d %b %Y, %H:%M} UTC>"


def day(at: datetime | date) -> str:
    """Show a day, the same for every reader."""
    return f"{at:%d %B %Y}".lstrip("0")


def term_words(term: SecretTerm) -> str:
    """Say how long a secret lives."""
    if term.last_day is not None:
        return f"until {day(term.last_day)}"
    return "1 day" if term.days == 1 else f"{term.days} days from the moment it is shown"


def markdown(text: str) -> SectionBlock:
    """Return a section of mrkdwn in which nothing but what we wrote becomes a link or a mention."""
    return SectionBlock(text=MarkdownTextObject(text=cut(text, LONGEST_SECTION), verbatim=True))


def field(title: str, text: str) -> MarkdownTextObject:
    """Return a titled field of a section, in which nothing but what we wrote becomes a link or a mention."""
    return MarkdownTextObject(text=f"*{title}*\n{text}", verbatim=True)


def plain(text: str) -> SectionBlock:
    """Return a section that shows a text to the letter."""
    return SectionBlock(text=PlainTextObject(text=cut(revealed(text), LONGEST_SECTION), emoji=False))


def cut(text: str, longest: int) -> str:
    """Shorten a text visibly."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def paragraphs(lines: Sequence[str], longest: int = LONGEST_SECTION) -> list[str]:
    """Join lines to as few texts as fit Slack's sections, breaking only between lines."""
    texts: list[str] = []
    for line in lines:
        short = cut(line, longest)
        if texts and len(texts[-1]) + 1 + len(short) <= longest:
            texts[-1] = f"{texts[-1]}\n{short}"
        else:
            texts.append(short)
    return texts


def as_many_as_fit(items: Sequence[str], room: int | None, what: str, apart: str = "\n") -> str:
    """Join items to one text of about `room` characters (None: without end) that says how many it leaves out."""
    if room is None or len(apart.join(items)) <= room:
        return apart.join(items)
    shown = ""
    for number, item in enumerate(items):
        longer = f"{shown}{apart if shown else ''}{item}"
        if len(longer) > room:
            return f"{shown}{apart if shown else ''}and {len(items) - number} more {what}"
        shown = longer
    return shown


def pages(text: str, blocks: Sequence[Block]) -> tuple[Message, ...]:
    """Spread blocks over as few messages as take them, in order; each of several says which part it is."""
    groups: list[list[Block]] = [[]]
    for block in blocks:
        if groups[-1] and not Message(text=text, blocks=(*groups[-1], block, _part(99, 99))).fits:
            groups.append([])
        groups[-1].append(block)
    if len(groups) == 1:
        return (Message(text=text, blocks=tuple(blocks)),)
    return tuple(
        Message(text=text, blocks=(*group, _part(number, len(groups)))) for number, group in enumerate(groups, start=1)
    )


def _part(number: int, of: int) -> SectionBlock:
    return markdown(f"Part {number} of {of}.")
