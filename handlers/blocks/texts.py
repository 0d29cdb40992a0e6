"""Small pieces of text for Slack: escaping, mentions, moments in the reader's own time zone, lengths."""

import unicodedata
from collections.abc import Sequence
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

# Slack, "Section block": the longest text of a section.
LONGEST_SECTION = 3000


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message: blocks for the eye, and the text that notifications and screen readers use."""

    text: str
    blocks: tuple[Block, ...]

    def content(self) -> dict[str, Any]:
        """Return the arguments for chat.postMessage and chat.update; Slack's limits are checked on the way."""
        return {"text": self.text, "blocks": [block.to_dict() for block in self.blocks]}


def escape(text: str) -> str:
    """Make a person's text harmless in mrkdwn (Slack, "Formatting message text": the three characters to escape).

    Invisible format characters go: with them one name can be made to look like another. Backticks and the marks for
    bold, italics and strike-through are shown as look-alikes that Slack does not read.
    """
    visible = "".join(c for c in text if unicodedata.category(c) not in {"Cf", "Co", "Cs"})
    plain = visible.translate(_LOOKALIKES)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def exact(text: str) -> str:
    """Show an exact value in a code span, where marks have no meaning; only the three characters are escaped."""
    harmless = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", _GRAVE)
    return f"`{harmless}`"


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


def plain(text: str) -> SectionBlock:
    """Return a section that shows a text to the letter."""
    return SectionBlock(text=PlainTextObject(text=cut(text, LONGEST_SECTION), emoji=False))


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
