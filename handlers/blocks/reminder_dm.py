"""The reminder that a client secret ends, with what to do about it."""

from slack_sdk.models.blocks import ActionsBlock, Block
from slack_sdk.models.blocks.block_elements import ButtonElement, DatePickerElement

from bot.lifecycle import CredentialState
from bot.records import Application, Credential
from handlers import ids
from handlers.blocks.texts import Message, day, escape, exact, markdown


def build(application: Application, credential: Credential, *, days_left: int, quiet_until: str | None) -> Message:
    """Return the reminder; `quiet_until` is the last day (ISO) until which it can be snoozed, if any is left."""
    name = escape(application.display_name)
    headline = f":alarm_clock: *The client secret of “{name}” {ends(days_left)}*"
    blocks: list[Block] = [
        markdown(f"{headline}, on {day(credential.ends_at)}."),
        _facts(application, credential),
        markdown(standing(credential)),
    ]
    if credential.state is CredentialState.LIVE:
        blocks.append(_buttons(credential, quiet_until))
    return Message(text=f"The client secret of “{name}” {ends(days_left)}.", blocks=tuple(blocks))


def ends(days: int) -> str:
    """Say that something ends, or ended, so many days from now."""
    words = {0: "ends today", 1: "ends tomorrow", -1: "ended yesterday"}
    return words.get(days, f"ends in {days} days" if days > 0 else f"ended {-days} days ago")


def standing(credential: Credential) -> str:
    """Say what an owner can do, or what was done."""
    if credential.state is not CredentialState.LIVE:
        return f":white_check_mark: A new secret took its place. {_end_of_the_old(credential)}".rstrip()
    quiet = f"Quiet until {day(credential.snoozed_until)}. " if credential.snoozed_until else ""
    return (
        f"{quiet}*Rotate now* sends you a link to a new secret with the same description and duration."
        f" The old one goes on working meanwhile, until {day(credential.ends_at)} at the latest."
    )


def _end_of_the_old(credential: Credential) -> str:
    if credential.remove_at is None:
        return ""
    if credential.ends_at <= credential.remove_at:
        return f"The old one ends on {day(credential.ends_at)}."
    return f"The old one is removed on {day(credential.remove_at)}."


def _facts(application: Application, credential: Credential) -> Block:
    hint = f"Description  {escape(credential.description)} · begins with {exact(credential.hint)}"
    return markdown(f"Client ID  {exact(application.app_id)}\n{hint}")


def _buttons(credential: Credential, quiet_until: str | None) -> Block:
    rotate = ButtonElement(text="Rotate now", action_id=ids.ROTATE, value=credential.key_id, style="primary")
    if quiet_until is None:
        return ActionsBlock(block_id=f"reminder:{credential.key_id}", elements=[rotate])
    # The button's value says which secret; a date picker has no value of its own, so the block's id does.
    snooze = DatePickerElement(action_id=ids.SNOOZE, placeholder=f"Snooze until (by {quiet_until})")
    return ActionsBlock(block_id=f"reminder:{credential.key_id}", elements=[rotate, snooze])


def key_of(block_id: str) -> str:
    """Read which secret a reminder's block is about."""
    return block_id.removeprefix("reminder:")
