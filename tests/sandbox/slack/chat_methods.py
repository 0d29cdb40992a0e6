"""The chat.* methods (Slack, "chat.postMessage", "chat.update", "chat.postEphemeral", "chat.delete", permalink)."""

from typing import Any

from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.content import edit_message, message_as_api, new_message, read_content
from tests.sandbox.slack.records import Channel, Message
from tests.sandbox.slack.workspace import Workspace


def visible_channel(workspace: Workspace, channel_id: str) -> Channel:
    """A conversation that the bot can see; a private one that it is not in does not exist for it."""
    channel = workspace.channels.get(channel_id)
    if channel is None or (channel.kind == "private" and workspace.bot_user_id not in channel.members):
        raise Refused("channel_not_found")
    return channel


def _postable(workspace: Workspace, channel: Channel) -> Channel:
    if channel.archived:
        raise Refused("is_archived")
    if workspace.bot_user_id not in channel.members and "chat:write.public" not in workspace.scopes:
        raise Refused("not_in_channel")
    if channel.kind == "im":
        _reachable(workspace, channel.user)
    return channel


def _reachable(workspace: Workspace, user_id: str) -> None:
    """Whether the bot may write to this person directly."""
    member = workspace.people.get(user_id)
    if member is None:
        raise Refused("channel_not_found")
    if member.bot:
        raise Refused("cannot_dm_bot")
    if member.deactivated:
        raise Refused("user_disabled")
    if not workspace.messages_tab:
        raise Refused("messages_tab_disabled")


def _target(workspace: Workspace, channel_id: str) -> Channel:
    """Where a message goes: a conversation, or the direct messages with a person who is named by their id."""
    if channel_id.startswith(("U", "W")):
        _reachable(workspace, channel_id)
        return workspace.im_with(channel_id)
    return _postable(workspace, visible_channel(workspace, channel_id))


def post_message(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.postMessage: there is no idempotency key; asking twice posts twice."""
    channel = _target(workspace, arguments.text("channel"))
    content = read_content(workspace, arguments)
    thread_ts = arguments.text("thread_ts", "") or None
    if thread_ts is not None:
        head = workspace.find_message(channel.id, thread_ts)
        if head is None or head.is_reply:
            raise Refused("cannot_reply_to_message")
    message = new_message(workspace, channel.id, content, thread_ts=thread_ts)
    message.broadcast = arguments.flag("reply_broadcast")
    shown = message_as_api(workspace, message, with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


def _own_message(workspace: Workspace, channel_id: str, ts: str, error: str) -> Message:
    channel = visible_channel(workspace, channel_id)
    message = workspace.find_message(channel.id, ts)
    if message is None:
        raise Refused("message_not_found")
    if message.author != workspace.bot_user_id:
        raise Refused(error)
    if channel.archived:
        raise Refused("is_inactive")
    return message


def update(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.update: only the bot's own messages, and for direct messages only by their `D…` id."""
    message = _own_message(workspace, arguments.text("channel"), arguments.text("ts"), "cant_update_message")
    edit_message(workspace, message, read_content(workspace, arguments))
    shown = message_as_api(workspace, message, with_metadata=True)
    return {"channel": message.channel, "ts": message.ts, "text": message.text, "message": shown}


def post_ephemeral(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.postEphemeral: the reader must be in the channel."""
    channel = _postable(workspace, visible_channel(workspace, arguments.text("channel")))
    user_id = arguments.text("user")
    if user_id not in workspace.people:
        raise Refused("user_not_found")
    if user_id not in channel.members:
        raise Refused("user_not_in_channel")
    content = read_content(workspace, arguments)
    message = new_message(workspace, channel.id, content, only_for=user_id)
    return {"message_ts": message.ts}


def delete(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.delete: only the bot's own messages."""
    message = _own_message(workspace, arguments.text("channel"), arguments.text("ts"), "cant_delete_message")
    workspace.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def permalink(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """chat.getPermalink."""
    channel = visible_channel(workspace, arguments.text("channel"))
    ts = arguments.text("message_ts")
    if workspace.find_message(channel.id, ts) is None:
        raise Refused("message_not_found")
    address = f"https://{workspace.domain}.slack.com/archives/{channel.id}/p{ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": address}
