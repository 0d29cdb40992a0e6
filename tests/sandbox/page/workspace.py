"""The emulated Slack as the page needs it: who there is, what was said, which views are open."""

from typing import Any, Final

from tests.sandbox.surroundings import Surroundings

# Who one can be, by the names of Surroundings, with the part that each plays.
ROLES: Final = {
    "ada": "Requester",
    "grace": "Approver one",
    "katherine": "Approver two",
    "alan": "Owner about to leave",
    "gus": "Guest",
}


def workspace(around: Surroundings) -> dict[str, Any]:
    """The workspace as JSON; everybody has direct messages with the bot, also before the first one."""
    for name in ROLES:
        with around.slack.workspace.changing():
            around.slack.workspace.im_with(around.ids[name])
    found = around.slack.snapshot()
    roles = {around.ids[name]: role for name, role in ROLES.items()}
    return {
        "team": found["team_id"],
        "bot": found["bot_user_id"],
        "people": [_person(member, roles) for member in found["people"]],
        "groups": [{"id": group["id"], "handle": group["handle"]} for group in found["groups"]],
        "channels": [_channel(channel) for channel in found["channels"]],
        "modals": found["modals"],
        "homes": found["homes"],
    }


def _person(member: dict[str, Any], roles: dict[str, str]) -> dict[str, Any]:
    return {
        "id": member["id"],
        "name": member["real_name"],
        "tz": member["tz"],
        "bot": member["is_bot"],
        "guest": member["is_restricted"],
        "gone": member["deleted"],
        "role": roles.get(member["id"]),
    }


def _channel(channel: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": channel["id"],
        "name": channel.get("name", ""),
        "kind": "dm" if channel.get("is_im") else "private" if channel.get("is_private") else "public",
        "members": channel["members"],
        "user": channel.get("user"),
        "messages": [_message(message) for message in channel["messages"] if not message["deleted"]],
    }


def _message(message: dict[str, Any]) -> dict[str, Any]:
    """A message as it is now; `version` says which of its versions this is."""
    return {
        "ts": message["ts"],
        "author": message["user"],
        "text": message["text"],
        "blocks": message.get("blocks", []),
        "thread": message.get("thread_ts"),
        "broadcast": message["broadcast"],
        "edited": "edited" in message,
        "onlyFor": message["only_for"],
        "version": len(message["versions"]) - 1,
    }
