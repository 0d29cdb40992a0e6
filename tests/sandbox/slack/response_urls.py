"""What the bot may do with a response_url (Slack, "Handling user interaction", "Message responses")."""

from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.content import edit_message, new_message, read_content
from tests.sandbox.slack.records import Message
from tests.sandbox.slack.tickets import ResponseUrl, Tickets
from tests.sandbox.slack.workspace import Workspace


def answer_interaction(workspace: Workspace, tickets: Tickets, key: str, arguments: Arguments) -> None:
    """Carry out one POST to a response_url; raises Refused for a spent right or a message Slack would not take."""
    workspace.said.append({"method": "response_url", **arguments.given})
    right = tickets.use_response_url(key)
    original = _original(workspace, right)
    if arguments.flag("delete_original"):
        workspace.delete(_there(original))
    elif arguments.flag("replace_original"):
        edit_message(workspace, _there(original), read_content(workspace, arguments))
    else:
        answer_in_channel(workspace, right.channel, right.user_id, arguments)


def answer_in_channel(workspace: Workspace, channel: str, user_id: str, arguments: Arguments) -> Message:
    """A fresh answer: for the person alone unless `response_type` is `in_channel`. The bot need not be a member."""
    kind = arguments.text("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        raise Refused("invalid_arguments")
    content = read_content(workspace, arguments)
    return new_message(workspace, channel, content, only_for=user_id if kind == "ephemeral" else None)


def _original(workspace: Workspace, right: ResponseUrl) -> Message | None:
    """The message in which the person acted; a command has none."""
    for message in workspace.messages:
        if (message.channel, message.ts) == (right.channel, right.message_ts) and not message.deleted:
            return message
    return None


def _there(message: Message | None) -> Message:
    if message is None:
        raise Refused("message_not_found")
    return message
