"""The Slack app manifest: every permission asked, with the reason for each."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from handlers import ids
from handlers.openid import CALLBACK_PATH

# Bot scopes, each with what it is for (Slack, "Permission scopes").
SCOPES: Mapping[str, str] = {
    "commands": "to add the slash command",
    "chat:write": "to post and edit the bot's own messages",
    "im:write": "to open the direct message in which a person is told",
    "im:history": "to find out after a crash whether a direct message was sent, instead of sending it twice",
    "groups:history": "the same in the approvers' private channel",
    "groups:read": "to check that the approvers' channel is private and that the bot is in it",
    "users:read": "to turn away guests, strangers and deactivated people",
    "users:read.email": "to find a person's user in Entra, so that it can be made an owner",
    "usergroups:read": "to know who is in a user group of approvers",
}

# What is asked of each person who signs in on the one-time page, and of nobody else (Slack, "Sign in with Slack").
USER_SCOPE = "openid"

EVENTS_PATH = "/slack/events"


def manifest(public_url: str | None, sign_in_at: str | None = None) -> dict[str, Any]:
    """Return the manifest for HTTP at `public_url`, or for Socket Mode when there is none.

    `sign_in_at` is the public address of the one-time page, if that is to ask its viewer to sign in.
    """
    where = {"request_url": urljoin(f"{public_url}/", EVENTS_PATH.lstrip("/"))} if public_url else {}
    command = {
        "command": ids.COMMAND,
        "description": "Register an application in Microsoft Entra ID",
        "usage_hint": "[list | status REQ-… | help]",
        "should_escape": False,
        **({"url": where["request_url"]} if public_url else {}),
    }
    menus = {"message_menu_options_url": where["request_url"]} if public_url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Register App",
            "description": "Asks for, approves and makes confidential client applications in Microsoft Entra ID.",
            "background_color": "#1f3a5f",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "register-app", "always_online": True},
            "slash_commands": [command],
        },
        "oauth_config": _oauth_config(sign_in_at),
        "settings": {
            "interactivity": {"is_enabled": True, **where, **menus},
            "org_deploy_enabled": False,
            "socket_mode_enabled": public_url is None,
            "token_rotation_enabled": False,
        },
    }


def _oauth_config(sign_in_at: str | None) -> dict[str, Any]:
    bot = {"bot": list(SCOPES)}
    if sign_in_at is None:
        return {"scopes": bot}
    return {"redirect_urls": [f"{sign_in_at}{CALLBACK_PATH}"], "scopes": {**bot, "user": [USER_SCOPE]}}
