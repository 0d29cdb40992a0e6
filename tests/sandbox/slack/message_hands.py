"""What a person does with messages: read, write, click, choose."""

import copy
from datetime import date
from typing import Any

from tests.sandbox.slack import payloads
from tests.sandbox.slack.content import Content, message_as_api, new_message
from tests.sandbox.slack.element_state import first_values, state_of
from tests.sandbox.slack.filling import CannotDo, chosen_value, typed_value
from tests.sandbox.slack.hands import Hands, Name, Piece, find_element, is_button, is_overflow
from tests.sandbox.slack.outcomes import WARNING_TRIANGLE, ClickOutcome
from tests.sandbox.slack.records import Message, MessageVersion

Target = Message | MessageVersion | str


class MessageHands(Hands):
    """The acts on messages that this person sees."""

    def messages(self, channel: str) -> list[Message]:
        """The messages that everybody sees in a channel, by id or name, oldest first."""
        with self._workspace.changing():
            channel_id = self._channel(channel).id
            return [
                message
                for message in self._workspace.messages
                if message.channel == channel_id and message.only_for is None and not message.deleted
            ]

    @property
    def dm(self) -> list[Message]:
        """The messages between this person and the bot."""
        with self._workspace.changing():
            return self.messages(self._workspace.im_with(self.id).id)

    def ephemerals(self, channel: str | None = None) -> list[Message]:
        """The messages that only this person sees, in one channel or everywhere."""
        with self._workspace.changing():
            channel_id = self._channel(channel).id if channel else None
            return [
                message
                for message in self._workspace.messages
                if message.only_for == self.id and not message.deleted and channel_id in (None, message.channel)
            ]

    def say(self, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Write a message; the bot is not told."""
        with self._workspace.changing():
            content = Content(text=text, blocks=None, metadata=None)
            channel_id = self._channel(channel).id
            return new_message(self._workspace, channel_id, content, thread_ts=thread_ts, author=self.id)

    def click(self, message: Target, button: Name, *, channel: str | None = None, stale: bool = False) -> ClickOutcome:
        """Press a button, by action_id or text, that stands in the message now.

        With `stale` it may be one of an older version, as on a screen that has not caught up: the version that is
        given, or the latest one that has such a button.
        """
        found, version = self._seen(message, channel, button if stale else None)
        block, element = find_element(version.blocks, button, is_button)
        return self._act_in_message(found, version, block, element, {})

    def click_overflow(self, message: Target, menu: Name, value: str, *, channel: str | None = None) -> ClickOutcome:
        """Choose from an overflow menu, by the option's value or text."""
        found, version = self._seen(message, channel, None)
        block, element = find_element(version.blocks, menu, is_overflow)
        for offered in element["options"]:
            if value in (offered["value"], offered["text"]["text"]):
                return self._act_in_message(found, version, block, element, {"selected_option": offered})
        raise CannotDo(f"{value!r} is not in this menu")

    def choose_in_message(
        self, message: Target, element: Name, *values: Any, channel: str | None = None, crafted: bool = False
    ) -> ClickOutcome | None:
        """Choose in a menu, a picker or tick boxes; the bot hears of an input block only with the next button."""
        found, version = self._seen(message, channel, None)
        block, piece = find_element(version.blocks, element)
        plain = [value.isoformat() if isinstance(value, date) else value for value in values]
        state = state_of(piece, chosen_value(piece, plain, [], crafted=crafted))
        return self._put_in_message(found, version, block, piece, state)

    def type_in_message(self, message: Target, element: Name, text: str, *, channel: str | None = None) -> None:
        """Type into an input block of a message."""
        found, version = self._seen(message, channel, None)
        block, piece = find_element(version.blocks, element)
        self._put_in_message(found, version, block, piece, state_of(piece, typed_value(piece, text, crafted=False)))

    def _put_in_message(
        self, message: Message, version: MessageVersion, block: Piece, element: Piece, state: Piece
    ) -> ClickOutcome | None:
        with self._workspace.changing():
            values = first_values(version.blocks, message.typed.get(self.id))
            values[block["block_id"]][element["action_id"]] = state
            message.typed[self.id] = values
        if block["type"] == "input" and not block.get("dispatch_action"):
            return None
        return self._act_in_message(message, version, block, element, state)

    def _act_in_message(
        self, message: Message, version: MessageVersion, block: Piece, element: Piece, state: Piece
    ) -> ClickOutcome:
        since = self._mark
        with self._workspace.changing():
            message.typed[self.id] = first_values(version.blocks, message.typed.get(self.id))
            entry = payloads.action(block, element, state, self._workspace.mint.ts())
            shown = message_as_api(self._workspace, message) | {"text": version.text, "blocks": version.blocks}
            payload = payloads.actions_in_message(self._workspace, self.id, message, shown, entry)
            payload["trigger_id"] = self._trigger()
            payload["response_url"] = self._response_url(message.channel, message.ts)
        delivery = self._send("block_actions", copy.deepcopy(payload))
        return ClickOutcome(
            workspace=self._workspace,
            user_id=self.id,
            since=since,
            delivery=delivery,
            notice=WARNING_TRIANGLE if delivery.problem else None,
            url=element.get("url"),
        )

    def _seen(self, target: Target, channel: str | None, stale_button: Name | None) -> tuple[Message, MessageVersion]:
        """The message that is meant, if this person sees it, and the version of it that they act on."""
        with self._workspace.changing():
            message = self._find(target, channel)
            if isinstance(target, MessageVersion):
                if target is not message.now and stale_button is None:
                    raise CannotDo("this version of the message is not what stands there now")
                return message, target
            if stale_button is not None:
                return message, _latest_with(message, stale_button)
            if message.deleted:
                raise CannotDo("this message is gone")
            return message, message.now

    def _find(self, target: Target, channel: str | None) -> Message:
        ts = target if isinstance(target, str) else target.ts
        where = self._channel(channel or ("" if isinstance(target, str) else target.channel))
        for message in self._workspace.messages:
            if (message.channel, message.ts) == (where.id, ts) and message.only_for in (None, self.id):
                return message
        raise CannotDo("this person sees no such message")


def _latest_with(message: Message, button: Name) -> MessageVersion:
    for version in message.versions[::-1]:
        try:
            find_element(version.blocks, button, is_button)
        except CannotDo:
            continue
        return version
    raise CannotDo(f"no version of the message has a button {button!r}")
