"""A person in the workspace: what they do reaches the bot as Slack would send it, and they see what comes back."""

import json
from collections.abc import Mapping
from typing import Any

from tests.sandbox.slack import payloads
from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.content import Content, new_message
from tests.sandbox.slack.courier import Delivery, Forgery
from tests.sandbox.slack.message_hands import MessageHands
from tests.sandbox.slack.modal_hands import ModalHands
from tests.sandbox.slack.outcomes import SLACKBOT, CommandOutcome
from tests.sandbox.slack.response_urls import answer_in_channel
from tests.sandbox.slack.view_methods import view_as_api

_UNUSABLE = "invalid_command_response"


class Person(ModalHands, MessageHands):
    """One person. Nothing here checks what the bot checks: a person tries things."""

    def forging(
        self,
        *,
        signature: str | None = None,
        timestamp: int | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> "Person":
        """The same person, whose requests carry another signature, timestamp or further headers."""
        forgery = Forgery(signature=signature, timestamp=timestamp, headers=headers or {})
        return Person(self._backstage, self.id, forgery)

    def command(self, name: str, text: str = "", *, channel: str | None = None) -> CommandOutcome:
        """Type a slash command, in the bot's direct messages unless a channel is named."""
        since = self._mark
        with self._workspace.changing():
            place = self._channel(channel) if channel else self._workspace.im_with(self.id)
            payload = payloads.command(self._workspace, self.id, place, (name, text))
            payload["trigger_id"] = self._trigger()
            payload["response_url"] = self._response_url(place.id, None)
        outcome = CommandOutcome(workspace=self._workspace, user_id=self.id, since=since)
        outcome.delivery = self._send("command", payload)
        outcome.notice = self._show(place.id, name, outcome.delivery)
        return outcome

    def _show(self, channel: str, command: str, delivery: Delivery) -> str | None:
        """Show the bot's answer in the channel, or Slack's words where there is none; those are returned."""
        problem = delivery.problem
        with self._workspace.changing():
            if problem is None:
                try:
                    self._show_answer(channel, delivery.answer)
                except Refused:
                    problem = _UNUSABLE
            if problem is None:
                return None
            notice = f'{command} failed with the error "{problem}"'
            content = Content(text=notice, blocks=None, metadata=None)
            new_message(self._workspace, channel, content, only_for=self.id, author=SLACKBOT)
            return notice

    def _show_answer(self, channel: str, answer: bytes) -> None:
        text = answer.decode(errors="replace")
        if not text.strip():
            return
        try:
            given = json.loads(text)
        except ValueError:
            given = {"text": text}
        if not isinstance(given, dict):
            given = {"text": text}
        answer_in_channel(self._workspace, channel, self.id, Arguments(given))

    def open_home(self, tab: str = "home") -> Delivery:
        """Look at the app's Home (or `messages`) tab; the bot is told by an event."""
        with self._workspace.changing():
            event: dict[str, Any] = {
                "type": "app_home_opened",
                "user": self.id,
                "channel": self._workspace.im_with(self.id).id,
                "tab": tab,
                "event_ts": self._workspace.mint.ts(),
            }
            home = self._workspace.homes.get(self.id)
            if home is not None:
                event["view"] = view_as_api(self._workspace, home)
            payload = payloads.event_callback(self._workspace, event)
        return self._send("event", payload)
