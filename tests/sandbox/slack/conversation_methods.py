"""The conversations.* methods: open, info, members, history, replies."""

from typing import Any, TypeVar

from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.chat_methods import visible_channel
from tests.sandbox.slack.content import message_as_api
from tests.sandbox.slack.records import Message
from tests.sandbox.slack.workspace import Workspace

Item = TypeVar("Item")
_SCOPE_OF = {"public": "channels", "private": "groups", "im": "im"}


def scope_for(workspace: Workspace, arguments: Arguments, right: str) -> str:
    """The scope that a call needs depends on the kind of channel: `groups:read`, `im:history` and so on.

    About a channel that does not exist, any scope of that right may ask.
    """
    channel = workspace.channels.get(arguments.text("channel", ""))
    if channel is not None:
        return f"{_SCOPE_OF[channel.kind]}:{right}"
    granted = [f"{kind}:{right}" for kind in _SCOPE_OF.values() if f"{kind}:{right}" in workspace.scopes]
    return granted[0] if granted else f"channels:{right}"


def open_im(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.open, with one person; a group of people is not emulated and refused."""
    if not arguments.has("users"):
        return {"channel": {"id": visible_channel(workspace, arguments.text("channel")).id}}
    users = [user for user in arguments.text("users").split(",") if user]
    if len(users) != 1:
        raise Refused("invalid_user_combination")
    member = workspace.people.get(users[0])
    if member is None:
        raise Refused("user_not_found")
    if member.bot:
        raise Refused("cannot_dm_bot")
    if member.deactivated:
        raise Refused("user_disabled")
    already = any(channel.user == member.id for channel in workspace.channels.values())
    channel = workspace.im_with(member.id)
    shown = channel.as_api(workspace.bot_user_id) if arguments.flag("return_im") else {"id": channel.id}
    return {"no_op": already, "already_open": already, "channel": shown}


def info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.info."""
    channel = visible_channel(workspace, arguments.text("channel"))
    return {"channel": channel.as_api(workspace.bot_user_id)}


def members(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.members: in pages of 100 unless asked otherwise."""
    channel = visible_channel(workspace, arguments.text("channel"))
    page, cursor = _page(channel.members, arguments, 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def history(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.history: newest first, without the replies in threads."""
    channel = visible_channel(workspace, arguments.text("channel"))
    if workspace.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    heads = [
        message
        for message in _standing(workspace, channel.id)
        if (not message.is_reply or message.broadcast) and _in_window(message, arguments)
    ]
    return _messages(workspace, heads[::-1], arguments)


def replies(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """conversations.replies: the head of the thread, then its replies, oldest first."""
    channel = visible_channel(workspace, arguments.text("channel"))
    if workspace.bot_user_id not in channel.members:
        raise Refused("not_in_channel")
    head = workspace.find_message(channel.id, arguments.text("ts"))
    if head is None:
        raise Refused("thread_not_found")
    thread = head.thread_ts or head.ts
    rest = [
        message
        for message in _standing(workspace, channel.id)
        if message.is_reply and message.thread_ts == thread and _in_window(message, arguments)
    ]
    first = workspace.find_message(channel.id, thread)
    return _messages(workspace, [*([first] if first else []), *rest], arguments)


def _standing(workspace: Workspace, channel_id: str) -> list[Message]:
    return [
        message
        for message in workspace.messages
        if message.channel == channel_id and message.only_for is None and not message.deleted
    ]


def _in_window(message: Message, arguments: Arguments) -> bool:
    """Between `oldest` and `latest`, which themselves count only with `inclusive`."""
    ts = float(message.ts)
    oldest, latest = _moment(arguments, "oldest", "0"), _moment(arguments, "latest", "inf")
    if arguments.flag("inclusive"):
        return oldest <= ts <= latest
    return oldest < ts < latest


def _moment(arguments: Arguments, name: str, default: str) -> float:
    try:
        return float(arguments.text(name, default))
    except ValueError:
        raise Refused(f"invalid_ts_{name}") from None


def _messages(workspace: Workspace, found: list[Message], arguments: Arguments) -> dict[str, Any]:
    page, cursor = _page(found, arguments, 100)
    with_metadata = arguments.flag("include_all_metadata")
    return {
        "messages": [message_as_api(workspace, message, with_metadata=with_metadata) for message in page],
        "has_more": bool(cursor),
        "response_metadata": {"next_cursor": cursor},
    }


def _page(found: list[Item], arguments: Arguments, usual: int) -> tuple[list[Item], str]:
    cursor = arguments.text("cursor", "") or "at:0"
    if not cursor.removeprefix("at:").isdigit():
        raise Refused("invalid_cursor")
    start = int(cursor.removeprefix("at:"))
    end = start + arguments.number("limit", usual, 1000)
    return found[start:end], f"at:{end}" if end < len(found) else ""
