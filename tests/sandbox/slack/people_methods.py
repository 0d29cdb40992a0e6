"""Who is who: auth.test, users.*, usergroups.*, and the address of Socket Mode."""

from typing import Any

from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.workspace import Workspace


def auth_test(workspace: Workspace, _arguments: Arguments) -> dict[str, Any]:
    """auth.test."""
    return {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.domain,
        "user": workspace.people[workspace.bot_user_id].handle,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def users_info(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """users.info."""
    member = workspace.people.get(arguments.text("user"))
    if member is None:
        raise Refused("user_not_found")
    return {"user": member.as_api(workspace.clock(), with_email="users:read.email" in workspace.scopes)}


def lookup_by_email(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """users.lookupByEmail: bots and people who left are not found."""
    email = arguments.text("email").lower()
    for member in workspace.people.values():
        if member.email.lower() == email and email and not member.bot and not member.deactivated:
            return {"user": member.as_api(workspace.clock(), with_email=True)}
    raise Refused("users_not_found")


def group_members(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """usergroups.users.list."""
    group = workspace.groups.get(arguments.text("usergroup"))
    if group is None or (not group.enabled and not arguments.flag("include_disabled")):
        raise Refused("no_such_subteam")
    return {"users": list(group.members)}


def groups(workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
    """usergroups.list."""
    listed = []
    for group in workspace.groups.values():
        if group.enabled or arguments.flag("include_disabled"):
            shown: dict[str, Any] = {"id": group.id, "team_id": workspace.team_id, "handle": group.handle}
            shown |= {"name": group.handle, "is_usergroup": True, "date_delete": 0 if group.enabled else 1}
            if arguments.flag("include_users"):
                shown["users"] = list(group.members)
            listed.append(shown)
    return {"usergroups": listed}
