"""What the bot's answer to a view_submission does (Slack, "Modals", response_action)."""

from typing import Any

from tests.sandbox.slack.answer import Refused
from tests.sandbox.slack.courier import Delivery
from tests.sandbox.slack.outcomes import TROUBLE
from tests.sandbox.slack.records import View
from tests.sandbox.slack.view_methods import put_on_top, replace_content
from tests.sandbox.slack.workspace import Workspace


def apply_answer(workspace: Workspace, view: View, delivery: Delivery) -> None:
    """Close, mark, change or cover the view; an answer that Slack cannot use leaves it open with Slack's notice."""
    view.errors, view.notice = {}, None
    if delivery.problem is not None or delivery.status != 200:
        _trouble(workspace, view, "no usable answer")
        return
    try:
        answer = delivery.json
    except ValueError:
        _trouble(workspace, view, "the answer is not JSON")
        return
    try:
        _act(workspace, view, answer or {})
    except Refused as refused:
        _trouble(workspace, view, refused.error)


def _act(workspace: Workspace, view: View, answer: dict[str, Any]) -> None:
    action = answer.get("response_action")
    if action is None and not answer:
        close(workspace, view)
    elif action == "clear":
        clear(workspace, view.user_id)
    elif action == "update":
        replace_content(workspace, view, answer.get("view"))
    elif action == "push":
        put_on_top(workspace, view.user_id, answer.get("view"))
    elif action == "errors":
        _mark(workspace, view, answer.get("errors"))
    else:
        _trouble(workspace, view, "no known response_action")


def _mark(workspace: Workspace, view: View, errors: Any) -> None:
    """Show errors beside inputs; a key that is no input block of this view spoils the answer."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        _trouble(workspace, view, "errors for blocks that are no inputs of this view")
        return
    view.errors = {name: str(text) for name, text in errors.items()}
    workspace.tell("view_errors", view=view.id, user=view.user_id, errors=view.errors)


def _trouble(workspace: Workspace, view: View, reason: str) -> None:
    view.notice = TROUBLE
    workspace.tell("view_trouble", view=view.id, user=view.user_id, reason=reason)


def close(workspace: Workspace, view: View) -> None:
    """Take one view away, if it is still there."""
    stack = workspace.stacks.get(view.user_id, [])
    if view in stack:
        stack.remove(view)
        workspace.tell("view_closed", view=view.id, user=view.user_id)


def clear(workspace: Workspace, user_id: str) -> None:
    """Take a person's whole stack away."""
    for view in tuple(workspace.stacks.get(user_id, ())):
        close(workspace, view)
