"""The Web API and the response URLs as one Flask app: token, scopes, pace, then the method itself."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask, Response, jsonify, request

from tests.sandbox.slack import chat_methods, conversation_methods, people_methods, view_methods
from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.openid import OpenIdConnect
from tests.sandbox.slack.pace import Pace
from tests.sandbox.slack.response_urls import answer_interaction
from tests.sandbox.slack.tickets import Tickets
from tests.sandbox.slack.workspace import Workspace

Call = Callable[[Workspace, Arguments], dict[str, Any]]
Scope = str | Callable[[Workspace, Arguments], str]


@dataclass(frozen=True, kw_only=True)
class Method:
    """One Web API method: what it does and the scope it needs (none for an empty one).

    `token` says whose it is: the bot's, the app's, or `own` for a method that looks at what it is given itself.
    """

    call: Call
    scope: Scope = ""
    token: str = "bot"


@dataclass(kw_only=True)
class Gate:
    """What the Web API asks of a caller first; `token_error`, where there is one, is the answer to a good token."""

    bot_token: str
    app_token: str
    openid: OpenIdConnect
    token_error: str | None = None
    pace: Pace = field(default_factory=Pace)
    socket_url: Callable[[], str] | None = None


def methods(tickets: Tickets, gate: Gate) -> dict[str, Method]:
    """Every method that is emulated, by its name in Slack's documentation."""

    def with_tickets(call: Callable[[Workspace, Tickets, Arguments], dict[str, Any]]) -> Method:
        return Method(call=lambda workspace, arguments: call(workspace, tickets, arguments))

    def by_kind(call: Call, right: str) -> Method:
        return Method(call=call, scope=partial(conversation_methods.scope_for, right=right))

    def open_socket(_workspace: Workspace, _arguments: Arguments) -> dict[str, Any]:
        if gate.socket_url is None:
            raise Refused("forbidden_team")
        return {"url": gate.socket_url()}

    return {
        "auth.test": Method(call=people_methods.auth_test),
        "chat.postMessage": Method(call=chat_methods.post_message, scope="chat:write"),
        "chat.update": Method(call=chat_methods.update, scope="chat:write"),
        "chat.postEphemeral": Method(call=chat_methods.post_ephemeral, scope="chat:write"),
        "chat.delete": Method(call=chat_methods.delete, scope="chat:write"),
        "chat.getPermalink": Method(call=chat_methods.permalink),
        "views.open": with_tickets(view_methods.open_view),
        "views.push": with_tickets(view_methods.push_view),
        "views.update": with_tickets(view_methods.update_view),
        "views.publish": with_tickets(view_methods.publish),
        "users.info": Method(call=people_methods.users_info, scope="users:read"),
        "users.lookupByEmail": Method(call=people_methods.lookup_by_email, scope="users:read.email"),
        "usergroups.users.list": Method(call=people_methods.group_members, scope="usergroups:read"),
        "usergroups.list": Method(call=people_methods.groups, scope="usergroups:read"),
        "conversations.open": Method(call=conversation_methods.open_im, scope="im:write"),
        "conversations.info": by_kind(conversation_methods.info, "read"),
        "conversations.members": by_kind(conversation_methods.members, "read"),
        "conversations.history": by_kind(conversation_methods.history, "history"),
        "conversations.replies": by_kind(conversation_methods.replies, "history"),
        "apps.connections.open": Method(call=open_socket, token="app"),
        "openid.connect.token": Method(call=gate.openid.token, token="own"),
        "openid.connect.userInfo": Method(call=gate.openid.user_info, token="own"),
    }


def web_api(workspace: Workspace, tickets: Tickets, gate: Gate) -> Flask:
    """The app that answers under /api/ and under the response URLs."""
    app = Flask(__name__)
    known = methods(tickets, gate)
    gate.openid.attach(app)

    @app.route("/api/<name>", methods=["GET", "POST"])
    def call(name: str) -> Response:
        try:
            with workspace.changing():
                answer = {"ok": True, **_answer(workspace, gate, known, name)}
                return _respond(workspace, copy.deepcopy(answer))
        except Refused as refused:
            return _refusal(workspace, refused)

    @app.post("/respond/<key>")
    def respond(key: str) -> Response:
        try:
            with workspace.changing():
                answer_interaction(workspace, tickets, key, Arguments.of(request))
        except Refused as refused:
            answer = jsonify(refused.as_json())
            answer.status_code = 404 if refused.error.endswith("_url") else 400
            return answer
        return Response("ok", mimetype="text/plain")

    return app


def _answer(workspace: Workspace, gate: Gate, known: dict[str, Method], name: str) -> dict[str, Any]:
    arguments = Arguments.of(request)
    given = arguments.given.pop("token", None) or request.headers.get("Authorization", "").removeprefix("Bearer ")
    workspace.said.append({"method": name, **arguments.given})
    method = known.get(name)
    if method is None:
        raise Refused("unknown_method", req_method=name)
    if method.token == "own":
        return method.call(workspace, Arguments({**arguments.given, "token": given}))
    _check_token(gate, method, given)
    scope = method.scope if isinstance(method.scope, str) else method.scope(workspace, arguments)
    if scope and scope not in workspace.scopes:
        raise Refused("missing_scope", needed=scope, provided=",".join(sorted(workspace.scopes)))
    if name == "chat.postMessage":
        gate.pace.check(workspace, arguments)
    return method.call(workspace, arguments)


def _check_token(gate: Gate, method: Method, given: str) -> None:
    if not given:
        raise Refused("not_authed")
    if given not in (gate.bot_token, gate.app_token):
        raise Refused("invalid_auth")
    if gate.token_error is not None:
        raise Refused(gate.token_error)
    if given != {"bot": gate.bot_token, "app": gate.app_token}[method.token]:
        raise Refused("not_allowed_token_type")


def _respond(workspace: Workspace, answer: dict[str, Any]) -> Response:
    response = jsonify(answer)
    response.headers["X-OAuth-Scopes"] = ",".join(sorted(workspace.scopes))
    return response


def _refusal(workspace: Workspace, refused: Refused) -> Response:
    response = _respond(workspace, refused.as_json())
    response.status_code = refused.status
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    if "needed" in refused.extra:
        response.headers["X-Accepted-OAuth-Scopes"] = str(refused.extra["needed"])
    return response
