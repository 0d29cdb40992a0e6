"""What the slash command answers ephemerally: help, and one's list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block, SectionBlock
from slack_sdk.models.blocks.basic_components import MarkdownTextObject
from slack_sdk.models.blocks.block_elements import ButtonElement

from bot.records import Application, AppRequest, Credential
from bot.reminders import days_until, last_good
from handlers import ids
from handlers.blocks.reminder_dm import ends
from handlers.blocks.request_in_full import line
from handlers.blocks.texts import Message, day, escape, exact, first_that_fits, markdown

HELP = (
    f"`{ids.COMMAND}` opens the form for a new application.\n"
    f"`{ids.COMMAND} list` shows your requests and applications.\n"
    f"`{ids.COMMAND} status REQ-…` shows one request and all that it asks for.\n"
    f"`{ids.COMMAND} help` shows this."
)
MOST_LISTED = 20
LONGEST_WORD = 200


@dataclass(frozen=True, kw_only=True)
class Owned:
    """An application with its secrets, for its owner's list."""

    application: Application
    credentials: tuple[Credential, ...]


def help_text(unknown: str = "") -> Message:
    """Return the help; an unknown word is named first."""
    lead = f"I do not know “{escape(unknown, LONGEST_WORD)}”.\n" if unknown else ""
    return Message(text=lead + HELP, blocks=(markdown(lead + HELP),))


def build(requests: Sequence[AppRequest], owned: Sequence[Owned], now: datetime) -> Message:
    """Return a person's requests and applications, the newest of each, as many as fit into one message."""
    return first_that_fits(_drawn(requests, owned, now, most) for most in (MOST_LISTED, 10, 5, 2))


def _drawn(requests: Sequence[AppRequest], owned: Sequence[Owned], now: datetime, most: int) -> Message:
    blocks: list[Block] = [markdown("*Your applications*")]
    blocks += [_application(entry, now) for entry in owned[:most]] or [markdown("None yet.")]
    blocks.append(markdown("*Your requests*"))
    blocks += [markdown(line(request)) for request in requests[:most]] or [markdown("None yet.")]
    hidden = max(0, len(owned) - most) + max(0, len(requests) - most)
    if hidden:
        blocks.append(markdown(f"The newest are shown; {hidden} older ones are not."))
    return Message(text="Your requests and applications", blocks=tuple(blocks))


def _application(entry: Owned, now: datetime) -> SectionBlock:
    name = escape(entry.application.display_name)
    text = f"*{name}* · {exact(entry.application.app_id)}\n{secret_line(entry, now)}"
    return SectionBlock(text=MarkdownTextObject(text=text, verbatim=True), accessory=_button(entry))


def _button(entry: Owned) -> ButtonElement | None:
    """The way to a secret: to the next one, or to one at all; none while the application is still being made."""
    if last_good(entry.credentials) is not None:
        return ButtonElement(text="Rotate secret", action_id=ids.ROTATE_APPLICATION, value=entry.application.id)
    if entry.application.service_principal_id is None:
        return None
    return ButtonElement(text="Send me a link", action_id=ids.TAKE_LINK, value=entry.application.id)


def secret_line(entry: Owned, now: datetime) -> str:
    """Say how long the last good secret lives."""
    good = last_good(entry.credentials)
    if good is None:
        return "No secret in use." if entry.credentials else "Its secret was not shown yet."
    when = f"{ends(days_until(good.ends_at, now))}, on {day(good.ends_at)}"
    return f"Secret “{escape(good.description)}” {when}."
