"""What the workspace's administrator does: people come and go, groups and channels are made and changed."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from tests.sandbox.slack.records import Group, Member
from tests.sandbox.slack.workspace import Workspace


class Administration:
    """The administrator's hand on a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def add_person(  # noqa: PLR0913 - each flag is a kind of person that Slack knows
        self,
        name: str,
        email: str,
        tz: str = "Europe/Vienna",
        *,
        guest: bool = False,
        stranger: bool = False,
        deactivated: bool = False,
        bot: bool = False,
    ) -> str:
        """Make a user; the answer is their id. A stranger belongs to another organisation."""
        with self.workspace.changing():
            user_id = self.workspace.mint.id("U")
            team_id = self.workspace.mint.id("T") if stranger else self.workspace.team_id
            self.workspace.people[user_id] = Member(
                id=user_id,
                name=name,
                email=email,
                tz=tz,
                team_id=team_id,
                guest=guest,
                stranger=stranger,
                deactivated=deactivated,
                bot=bot,
            )
            self.workspace.tell("person_added", user=user_id, name=name)
            return user_id

    def change_person(self, user_id: str, **changes: Any) -> None:
        """Change a user's fields, such as `deactivated=True`."""
        with self.workspace.changing():
            self.workspace.people[user_id] = dataclasses.replace(self.workspace.people[user_id], **changes)
            self.workspace.tell("person_changed", user=user_id)

    def add_group(self, handle: str, members: Sequence[str] = ()) -> str:
        """Make a user group; the answer is its `S…` id."""
        with self.workspace.changing():
            group = Group(id=self.workspace.mint.id("S"), handle=handle, members=list(members))
            self.workspace.groups[group.id] = group
            return group.id

    def set_group(self, group_id: str, *, members: Sequence[str] | None = None, enabled: bool = True) -> None:
        """Change who is in a group, or whether it is enabled."""
        with self.workspace.changing():
            group = self.workspace.groups[group_id]
            group.enabled = enabled
            group.members = group.members if members is None else list(members)

    def add_channel(
        self,
        name: str,
        *,
        private: bool = True,
        members: Sequence[str] = (),
        bot_in: bool = True,
        ext_shared: bool = False,
    ) -> str:
        """Make a channel with these people, and the bot unless told otherwise; the answer is its `C…` id."""
        with self.workspace.changing():
            everyone = [*members, *([self.workspace.bot_user_id] if bot_in else [])]
            channel = self.workspace.add_channel(name, "private" if private else "public", everyone)
            channel.ext_shared = ext_shared
            return channel.id

    def change_channel(self, channel_id: str, **changes: Any) -> None:
        """Change a channel's fields: `archived`, `ext_shared`, `members` (which includes the bot or not)."""
        with self.workspace.changing():
            for name, value in changes.items():
                if not hasattr(self.workspace.channels[channel_id], name):
                    raise AttributeError(name)
                setattr(self.workspace.channels[channel_id], name, value)
