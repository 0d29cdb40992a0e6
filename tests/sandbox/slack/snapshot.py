"""The whole workspace as plain JSON, for a page that shows it."""

from typing import Any

from tests.sandbox.slack.content import message_as_api
from tests.sandbox.slack.records import Message, View
from tests.sandbox.slack.view_methods import view_as_api
from tests.sandbox.slack.workspace import Workspace


def snapshot(workspace: Workspace) -> dict[str, Any]:
    """People, groups, conversations with their messages, open modals, App Homes."""
    now = workspace.clock()
    return {
        "team_id": workspace.team_id,
        "bot_user_id": workspace.bot_user_id,
        "people": [member.as_api(now, with_email=True) for member in workspace.people.values()],
        "groups": [vars(group) | {"members": list(group.members)} for group in workspace.groups.values()],
        "channels": [
            channel.as_api(workspace.bot_user_id)
            | {
                "members": list(channel.members),
                "messages": [_message(workspace, one) for one in workspace.messages if one.channel == channel.id],
            }
            for channel in workspace.channels.values()
        ],
        "modals": {user: [_view(workspace, view) for view in stack] for user, stack in workspace.stacks.items()},
        "homes": {user: _view(workspace, view) for user, view in workspace.homes.items()},
    }


def _message(workspace: Workspace, message: Message) -> dict[str, Any]:
    """A message with its history; `only_for` names the one reader of an ephemeral one."""
    versions = [
        {"text": version.text, "blocks": version.blocks, "at": version.at.isoformat()} for version in message.versions
    ]
    shown = message_as_api(workspace, message, with_metadata=True)
    about = {"only_for": message.only_for, "deleted": message.deleted, "broadcast": message.broadcast}
    return shown | about | {"versions": versions}


def _view(workspace: Workspace, view: View) -> dict[str, Any]:
    return view_as_api(workspace, view) | {"errors": dict(view.errors), "notice": view.notice}
