"""The state of the one workspace, behind one lock; every change is told to whoever listens."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.sandbox.slack.clockwork import Clock, Mint
from tests.sandbox.slack.records import Channel, Group, Kind, Member, Message, MessageVersion, View

Event = dict[str, Any]
DEFAULT_SCOPES = (
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "usergroups:read",
    "users:read",
    "users:read.email",
)


class Workspace:
    """People, channels, messages and views. Read and change it only inside `with workspace.changing():`."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.mint = Mint(clock)
        self.team_id = self.mint.id("T")
        self.app_id = self.mint.id("A")
        self.bot_id = self.mint.id("B")
        self.bot_user_id = self.mint.id("U")
        self.scopes: set[str] = set(DEFAULT_SCOPES)
        self.domain = "register-app-sandbox"
        self.messages_tab = True
        self.home_tab = True
        self.people: dict[str, Member] = {}
        self.groups: dict[str, Group] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.said: list[Any] = []
        self.listeners: list[Callable[[Event], None]] = []
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._depth = 0
        self._pending: list[Event] = []
        self._sequence = 0
        self.people[self.bot_user_id] = Member(
            id=self.bot_user_id, name="Register App", email="", tz="UTC", team_id=self.team_id, bot=True
        )

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock; when the outermost holder lets go, listeners hear what happened, outside the lock."""
        events: list[Event] = []
        with self._lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    events, self._pending = self._pending, []
                    self._changed.notify_all()
        for event in events:
            for listener in tuple(self.listeners):
                listener(event)

    def tell(self, kind: str, **facts: Any) -> None:
        """Note that something happened; `seq` gives the order across threads."""
        self._sequence += 1
        self._pending.append({"type": kind, "seq": self._sequence, **facts})

    def wait_until(self, holds: Callable[[], object], seconds: float = 5.0) -> None:
        """Block until `holds()` is true, asking again after every change; raises TimeoutError after `seconds`."""
        with self._changed:
            if not self._changed.wait_for(holds, seconds):
                raise TimeoutError("What was waited for did not happen in this workspace.")

    def add_channel(self, name: str, kind: Kind, members: list[str], user: str = "") -> Channel:
        """Make a conversation."""
        prefix = "D" if kind == "im" else "C"
        channel = Channel(id=self.mint.id(prefix), name=name, kind=kind, members=members, user=user)
        self.channels[channel.id] = channel
        self.tell("channel_made", channel=channel.id, name=name)
        return channel

    def im_with(self, user_id: str) -> Channel:
        """The bot's direct messages with a person; they come into being when first needed."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user_id:
                return channel
        return self.add_channel("directmessage", "im", [user_id, self.bot_user_id], user_id)

    def find_message(self, channel: str, ts: str) -> Message | None:
        """A message that everybody in the channel sees, if it is (still) there."""
        for message in self.messages:
            if (message.channel, message.ts) == (channel, ts) and message.only_for is None and not message.deleted:
                return message
        return None

    def post(self, message: Message) -> Message:
        """Put a message into its channel, or in front of one person."""
        self.messages.append(message)
        kind = "message_posted" if message.only_for is None else "ephemeral_shown"
        self.tell(kind, channel=message.channel, ts=message.ts, user=message.only_for, text=message.text)
        return message

    def edit(self, message: Message, version: MessageVersion) -> None:
        """Give a message its next version."""
        message.versions = (*message.versions, version)
        self.tell("message_edited", channel=message.channel, ts=message.ts, text=message.text)

    def delete(self, message: Message) -> None:
        """Take a message away."""
        message.deleted = True
        self.tell("message_deleted", channel=message.channel, ts=message.ts)

    def find_view(self, *, view_id: str = "", external_id: str = "") -> View | None:
        """An open modal or a published App Home, by Slack's id or the bot's."""
        views = [view for stack in self.stacks.values() for view in stack] + list(self.homes.values())
        for view in views:
            if (view_id and view.id == view_id) or (external_id and view.external_id == external_id):
                return view
        return None

    def top(self, user_id: str) -> View | None:
        """The modal that a person sees."""
        stack = self.stacks.get(user_id)
        return stack[-1] if stack else None
