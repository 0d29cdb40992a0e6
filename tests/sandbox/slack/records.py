"""What one workspace consists of: people, groups, channels, messages, open views."""

import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tests.sandbox.slack.texts import reading

Kind = Literal["public", "private", "im"]
Blocks = list[dict[str, Any]]


@dataclass(kw_only=True)
class Member:
    """One user; a guest is a multi-channel guest, a stranger belongs to another organisation (Slack Connect)."""

    id: str
    name: str
    email: str
    tz: str
    team_id: str
    guest: bool = False
    stranger: bool = False
    deactivated: bool = False
    bot: bool = False

    @property
    def handle(self) -> str:
        """The short user name, made of the e-mail's local part."""
        return self.email.split("@")[0].lower() or self.name.lower()

    def as_api(self, now: datetime, *, with_email: bool) -> dict[str, Any]:
        """The user object of users.info; the e-mail, if any, is there with `users:read.email`, and never of a bot."""
        offset = now.astimezone(ZoneInfo(self.tz)).utcoffset()
        profile = {"real_name": self.name, "display_name": self.handle, "team": self.team_id}
        if with_email and self.email and not self.bot:
            profile["email"] = self.email
        answer = {
            "id": self.id,
            "team_id": self.team_id,
            "name": self.handle,
            "deleted": self.deactivated,
            "real_name": self.name,
            "tz": self.tz,
            "tz_offset": int(offset.total_seconds()) if offset is not None else 0,
            "profile": profile,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": self.guest,
            "is_ultra_restricted": False,
            "is_bot": self.bot,
            "is_app_user": False,
            "is_email_confirmed": True,
        }
        return {**answer, "is_stranger": True} if self.stranger else answer


@dataclass(kw_only=True)
class Group:
    """One user group."""

    id: str
    handle: str
    members: list[str]
    enabled: bool = True


@dataclass(kw_only=True)
class Channel:
    """One conversation: a public or private channel, or (`im`) the bot's direct messages with `user`."""

    id: str
    name: str
    kind: Kind
    members: list[str]
    user: str = ""
    ext_shared: bool = False
    archived: bool = False

    def as_api(self, bot_user_id: str) -> dict[str, Any]:
        """The conversation object of conversations.info."""
        if self.kind == "im":
            return {"id": self.id, "is_im": True, "user": self.user, "is_archived": self.archived}
        return {
            "id": self.id,
            "name": self.name,
            "is_channel": self.kind == "public",
            "is_group": False,
            "is_im": False,
            "is_private": self.kind == "private",
            "is_archived": self.archived,
            "is_member": bot_user_id in self.members,
            "is_shared": self.ext_shared,
            "is_ext_shared": self.ext_shared,
            "is_pending_ext_shared": False,
            "is_org_shared": False,
            "num_members": len(self.members),
        }


@dataclass(frozen=True, kw_only=True)
class MessageVersion:
    """A message as it stood at one time, or a message that only one person saw."""

    channel: str
    ts: str
    text: str
    blocks: Blocks
    metadata: dict[str, Any] | None
    at: datetime

    @property
    def reads(self) -> str:
        """What a person reads in this version, one text a line."""
        return reading(self.text, self.blocks)


@dataclass(kw_only=True)
class Message:
    """One message with all its versions, the present one last; `only_for` names the reader of an ephemeral one."""

    channel: str
    ts: str
    author: str
    versions: tuple[MessageVersion, ...]
    thread_ts: str | None = None
    broadcast: bool = False
    only_for: str | None = None
    deleted: bool = False
    typed: dict[str, dict[str, dict[str, dict[str, Any]]]] = field(default_factory=dict)

    @property
    def now(self) -> MessageVersion:
        """The present version."""
        return self.versions[-1]

    @property
    def text(self) -> str:
        """The present text."""
        return self.now.text

    @property
    def blocks(self) -> Blocks:
        """The present blocks."""
        return self.now.blocks

    @property
    def metadata(self) -> dict[str, Any] | None:
        """The present metadata."""
        return self.now.metadata

    @property
    def reads(self) -> str:
        """What a person reads at present, one text a line."""
        return self.now.reads

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread and not at its head."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(kw_only=True)
class View:
    """One view in front of one person: a modal on their stack, or their App Home.

    `shown` is the view as the bot sent it with Slack's defaults filled in; `typed` is view.state.values;
    `errors` are the bot's words beside the inputs, by block_id; `notice` is Slack's own text, if any.
    """

    id: str
    user_id: str
    shown: dict[str, Any]
    typed: dict[str, dict[str, dict[str, Any]]]
    hash: str
    root_view_id: str
    previous_view_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    notice: str | None = None
    offered: dict[str, Blocks] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title, as text; App Home has none."""
        return str(self.shown.get("title", {}).get("text", ""))

    @property
    def blocks(self) -> Blocks:
        """The blocks, with the ids that Slack filled in."""
        blocks: Blocks = self.shown["blocks"]
        return blocks

    @property
    def callback_id(self) -> str:
        """The bot's name for this view."""
        return str(self.shown.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        """What the bot sent along, unseen by people."""
        return str(self.shown.get("private_metadata", ""))

    @property
    def external_id(self) -> str:
        """The bot's unique id of this view, or nothing."""
        return str(self.shown.get("external_id", ""))

    @property
    def reads(self) -> str:
        """What a person reads in this view below its title, one text a line."""
        return reading("", self.blocks)

    @property
    def state(self) -> dict[str, Any]:
        """The state object of payloads: `{"values": {block_id: {action_id: …}}}`."""
        return {"values": copy.deepcopy(self.typed)}
