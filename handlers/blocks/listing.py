"""What the slash command answers ephemerally: help, one's list, the state of one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import Block, SectionBlock
from slack_sdk.models.blocks.basic_components import MarkdownTextObject
from slack_sdk.models.blocks.block_elements import ButtonElement

from bot.lifecycle import REQUESTS
from bot.records import Application, AppRequest, Credential
from bot.reminders import days_until, last_good
from handlers import ids
from handlers.blocks.reminder_dm import in_days
from handlers.blocks.request_card import MARKS
from handlers.blocks.texts import Message, day, escape, exact, markdown, mentions, moment

HELP = (
    f"`{ids.COMMAND}` opens the form for a new application.\n"
    f"`{ids.COMMAND} list` shows your requests and applications.\n"
    f"`{ids.COMMAND} status REQ-…` shows one request.\n"
    f"`{ids.COMMAND} help` shows this."
)
MOST_LISTED = 20


@dataclass(frozen=True, kw_only=True)
class Owned:
    """An application with its secrets, for its owner's list."""

    application: Application
    credentials: tuple[Credential, ...]


def help_text(unknown: str = "") -> Message:
    """Return the help; an unknown word is named first."""
    lead = f"I do not know “{escape(unknown)}”.\n" if unknown else ""
    return Message(text=lead + HELP, blocks=(markdown(lead + HELP),))


def build(requests: Sequence[AppRequest], owned: Sequence[Owned], now: datetime) -> Message:
    """Return a person's requests and applications."""
    blocks: list[Block] = [markdown("*Your applications*")]
    blocks += [_application(entry, now) for entry in owned[:MOST_LISTED]] or [markdown("None yet.")]
    blocks.append(markdown("*Your requests*"))
    blocks += [markdown(_line(request)) for request in requests[:MOST_LISTED]] or [markdown("None yet.")]
    hidden = max(0, len(owned) - MOST_LISTED) + max(0, len(requests) - MOST_LISTED)
    if hidden:
        blocks.append(markdown(f"The newest are shown; {hidden} older ones are not."))
    return Message(text="Your requests and applications", blocks=tuple(blocks))


def _application(entry: Owned, now: datetime) -> SectionBlock:
    name = escape(entry.application.display_name)
    text = f"*{name}* · {exact(entry.application.app_id)}\n{secret_line(entry, now)}"
    return SectionBlock(text=MarkdownTextObject(text=text), accessory=_button(entry))


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
    when = f"{in_days(days_until(good.ends_at, now))}, on {day(good.ends_at)}"
    return f"Secret “{escape(good.description)}” ends {when}."


def _line(request: AppRequest) -> str:
    name = escape(request.form.display_name)
    return f"{MARKS[request.state]} {exact(request.id)} {name}: {REQUESTS.sentences[request.state]}"


def status(request: AppRequest, approvers: tuple[str, ...]) -> Message:
    """Return where one request stands."""
    agreed = f"\nApproved by {mentions(approvers)}." if approvers else ""
    since = f"\nSince {moment(request.state_since)}."
    text = f"{_line(request)}{agreed}{since}"
    return Message(text=text, blocks=(markdown(text),))
