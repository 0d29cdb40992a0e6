"""The payloads that Slack sends (Slack, "Interaction payloads", "Slash commands", "app_home_opened event")."""

from collections.abc import Mapping
from typing import Any

from tests.sandbox.slack.content import message_as_api
from tests.sandbox.slack.records import Channel, Message, View
from tests.sandbox.slack.view_methods import view_as_api
from tests.sandbox.slack.workspace import Workspace

Payload = dict[str, Any]


def _envelope(workspace: Workspace, kind: str, user_id: str) -> Payload:
    """What every interaction carries; `token` is the long-deprecated one and means nothing."""
    member = workspace.people[user_id]
    return {
        "type": kind,
        "token": "deprecated",
        "api_app_id": workspace.app_id,
        "team": {"id": workspace.team_id, "domain": workspace.domain},
        "enterprise": None,
        "is_enterprise_install": False,
        "user": {"id": user_id, "username": member.handle, "name": member.handle, "team_id": member.team_id},
    }


def channel_name(channel: Channel) -> str:
    """A channel's name in payloads, where Slack hides the names of private conversations."""
    return {"im": "directmessage", "private": "privategroup"}.get(channel.kind, channel.name)


def command(workspace: Workspace, user_id: str, channel: Channel, said: tuple[str, str]) -> Payload:
    """A slash command's form, without trigger and response URL; `said` is the command and its text."""
    return {
        "token": "deprecated",
        "team_id": workspace.team_id,
        "team_domain": workspace.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user_id,
        "user_name": workspace.people[user_id].handle,
        "command": said[0],
        "text": said[1],
        "api_app_id": workspace.app_id,
        "is_enterprise_install": "false",
    }


def action(block: Mapping[str, Any], element: Mapping[str, Any], state: Mapping[str, Any], ts: str) -> Payload:
    """One entry of `actions`: the element with what it now holds (nothing more, for a button)."""
    entry: Payload = {"action_id": element["action_id"], "block_id": block["block_id"], "action_ts": ts}
    if element["type"] == "button":
        wanted = ("type", "text", "value", "style", "url")
        return entry | {name: element[name] for name in wanted if name in element}
    return entry | dict(state) | {"type": element["type"]}


def actions_in_message(
    workspace: Workspace, user_id: str, message: Message, shown: Payload | None, entry: Payload
) -> Payload:
    """block_actions from a message; one that only this person sees is not itself in the payload."""
    channel = workspace.channels[message.channel]
    payload = _envelope(workspace, "block_actions", user_id)
    payload["container"] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts is not None:
        payload["container"]["thread_ts"] = message.thread_ts
    payload["channel"] = {"id": channel.id, "name": channel_name(channel)}
    if message.only_for is None:
        payload["message"] = shown or message_as_api(workspace, message)
    payload["state"] = {"values": message.typed.get(user_id, {})}
    return payload | {"actions": [entry]}


def actions_in_view(workspace: Workspace, view: View, entry: Payload) -> Payload:
    """block_actions from a modal or from App Home."""
    payload = _envelope(workspace, "block_actions", view.user_id)
    return payload | {
        "container": {"type": "view", "view_id": view.id},
        "view": view_as_api(workspace, view),
        "actions": [entry],
    }


def view_submission(workspace: Workspace, view: View) -> Payload:
    """The whole modal with what was typed."""
    payload = _envelope(workspace, "view_submission", view.user_id)
    return payload | {"view": view_as_api(workspace, view), "response_urls": []}


def view_closed(workspace: Workspace, view: View, *, cleared: bool) -> Payload:
    """A modal that was closed without submitting; `cleared` says that its whole stack was."""
    payload = _envelope(workspace, "view_closed", view.user_id)
    return payload | {"view": view_as_api(workspace, view), "is_cleared": cleared}


def block_suggestion(workspace: Workspace, view: View, place: tuple[str, str], query: str) -> Payload:
    """The request for a menu's options; `place` is block_id and action_id."""
    payload = _envelope(workspace, "block_suggestion", view.user_id)
    return payload | {
        "container": {"type": "view", "view_id": view.id},
        "block_id": place[0],
        "action_id": place[1],
        "value": query,
        "view": view_as_api(workspace, view),
    }


def event_callback(workspace: Workspace, event: Payload) -> Payload:
    """An event of the Events API in its wrapper."""
    return {
        "token": "deprecated",
        "type": "event_callback",
        "team_id": workspace.team_id,
        "api_app_id": workspace.app_id,
        "event": event,
        "event_id": workspace.mint.id("Ev"),
        "event_time": int(workspace.clock().timestamp()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team_id,
                "user_id": workspace.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
    }
