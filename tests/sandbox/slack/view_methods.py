"""The views.* methods (Slack, "views.open", "views.push", "views.update", "views.publish")."""

import json
from typing import Any

from tests.sandbox.slack.answer import Arguments, Refused, refuse_findings
from tests.sandbox.slack.element_state import first_values
from tests.sandbox.slack.normal import completed
from tests.sandbox.slack.records import View
from tests.sandbox.slack.schema import Rule
from tests.sandbox.slack.tickets import Tickets
from tests.sandbox.slack.view_rules import HOME_RULE, MODAL_RULE, STACK, VIEW_BYTES
from tests.sandbox.slack.workspace import Workspace

_PLAIN_FIELDS = ("submit", "close", "title")


def checked_view(workspace: Workspace, view: Any, rule: Rule = MODAL_RULE) -> dict[str, Any]:
    """A view that Slack takes, with its defaults filled in; raises Refused otherwise."""
    if not isinstance(view, dict):
        refuse_findings("invalid_arguments", ["missing required field: view"])
    if len(json.dumps(view, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")) > VIEW_BYTES:
        raise Refused("view_too_large")
    refuse_findings("invalid_arguments", rule(view, "/view"), whole="/view")
    shown: dict[str, Any] = {**view, "blocks": completed(view["blocks"], workspace.mint.block_id)}
    for name in _PLAIN_FIELDS:
        if name in shown:
            shown[name] = {"emoji": True, **shown[name]}
    return shown


def _unclaimed(workspace: Workspace, shown: dict[str, Any], besides: View | None = None) -> None:
    """An external_id may be carried by one view at a time."""
    holder = workspace.find_view(external_id=shown.get("external_id", ""))
    if holder is not None and holder is not besides:
        raise Refused("duplicate_external_id")


def new_view(workspace: Workspace, user_id: str, shown: dict[str, Any], *, under: View | None = None) -> View:
    """A view that is in front of nobody yet."""
    view_id = workspace.mint.id("V")
    return View(
        id=view_id,
        user_id=user_id,
        shown=shown,
        typed=first_values(shown["blocks"]),
        hash=workspace.mint.hash(),
        root_view_id=under.root_view_id if under else view_id,
        previous_view_id=under.id if under else None,
    )


def put_on_top(workspace: Workspace, user_id: str, view: Any) -> View:
    """Push a view onto a person's stack of at most three; raises Refused where Slack would not."""
    shown = checked_view(workspace, view)
    stack = workspace.stacks.setdefault(user_id, [])
    if len(stack) >= STACK:
        raise Refused("push_limit_reached")
    _unclaimed(workspace, shown)
    pushed = new_view(workspace, user_id, shown, under=stack[-1] if stack else None)
    stack.append(pushed)
    workspace.tell("view_opened", view=pushed.id, user=user_id, title=pushed.title)
    return pushed


def replace_content(workspace: Workspace, view: View, content: Any) -> None:
    """Show something else in an open view; what was typed stays where the ids stay."""
    shown = checked_view(workspace, content)
    _unclaimed(workspace, shown, view)
    view.typed = first_values(shown["blocks"], view.typed)
    view.shown, view.hash = shown, workspace.mint.hash()
    view.errors, view.notice = {}, None
    workspace.tell("view_updated", view=view.id, user=view.user_id, title=view.title)


def open_view(workspace: Workspace, tickets: Tickets, arguments: Arguments) -> dict[str, Any]:
    """views.open: a new stack in front of the person who holds the trigger."""
    shown = checked_view(workspace, arguments.structure("view"))
    trigger = tickets.check_trigger(arguments.text("trigger_id"))
    _unclaimed(workspace, shown)
    trigger.used = True
    view = new_view(workspace, trigger.user_id, shown)
    workspace.stacks[trigger.user_id] = [view]
    workspace.tell("view_opened", view=view.id, user=view.user_id, title=view.title)
    return {"view": view_as_api(workspace, view)}


def push_view(workspace: Workspace, tickets: Tickets, arguments: Arguments) -> dict[str, Any]:
    """views.push: the trigger must come from inside the modal that is open."""
    content = arguments.structure("view")
    trigger = tickets.check_trigger(arguments.text("trigger_id"))
    stack = workspace.stacks.get(trigger.user_id, [])
    if trigger.view_id is None or trigger.view_id not in [view.id for view in stack]:
        raise Refused("invalid_trigger_id")
    view = put_on_top(workspace, trigger.user_id, content)
    trigger.used = True
    return {"view": view_as_api(workspace, view)}


def update_view(workspace: Workspace, _tickets: Tickets, arguments: Arguments) -> dict[str, Any]:
    """views.update: by view_id or external_id; a `hash` that is not the present one is a conflict."""
    view_id, external_id = arguments.text("view_id", ""), arguments.text("external_id", "")
    view = workspace.find_view(view_id=view_id, external_id=external_id)
    if view is None or view.shown["type"] != "modal":
        raise Refused("not_found")
    if arguments.has("hash") and arguments.text("hash") != view.hash:
        raise Refused("hash_conflict")
    replace_content(workspace, view, arguments.structure("view"))
    return {"view": view_as_api(workspace, view)}


def publish(workspace: Workspace, _tickets: Tickets, arguments: Arguments) -> dict[str, Any]:
    """views.publish: App Home of one person."""
    if not workspace.home_tab:
        raise Refused("not_enabled")
    user_id = arguments.text("user_id")
    member = workspace.people.get(user_id)
    if member is None or member.bot:
        raise Refused("user_not_found" if member is None else "invalid_arguments")
    shown = checked_view(workspace, arguments.structure("view"), HOME_RULE)
    before = workspace.homes.get(user_id)
    if arguments.has("hash") and (before is None or arguments.text("hash") != before.hash):
        raise Refused("hash_conflict")
    _unclaimed(workspace, shown, before)
    home = new_view(workspace, user_id, shown)
    home.id = before.id if before else home.id
    workspace.homes[user_id] = home
    workspace.tell("home_published", view=home.id, user=user_id)
    return {"view": view_as_api(workspace, home)}


def view_as_api(workspace: Workspace, view: View) -> dict[str, Any]:
    """The view object of answers and payloads."""
    shown = view.shown
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "type": shown["type"],
        "blocks": shown["blocks"],
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "state": view.state,
        "hash": view.hash,
        "title": shown.get("title"),
        "clear_on_close": shown.get("clear_on_close", False),
        "notify_on_close": shown.get("notify_on_close", False),
        "close": shown.get("close"),
        "submit": shown.get("submit"),
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": workspace.app_id,
        "external_id": view.external_id,
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.bot_id,
    }
