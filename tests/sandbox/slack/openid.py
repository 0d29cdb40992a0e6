"""Sign in with Slack: the page that asks who one is, and the two methods behind it (Slack, "Sign in with Slack")."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final
from urllib.parse import urlencode

from flask import Flask, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.records import Member
from tests.sandbox.slack.workspace import Workspace

CODE_LIFE: Final = timedelta(minutes=10)
ID_TOKEN_LIFE: Final = timedelta(minutes=5)
USER_SCOPES: Final = frozenset({"openid", "email", "profile"})
#: Slack signs with RS256 and publishes the key; a client that is handed the token by Slack itself needs neither.
_KEY: Final = secrets.token_bytes(32)


_STYLE: Final = """<meta name="viewport" content="width=device-width, initial-scale=1"><style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 22rem; margin: 12vh auto; padding: 0 1rem }
form { display: grid; gap: .5rem }
button { font: inherit; padding: .6rem 1rem; text-align: left; border: 1px solid #8888; border-radius: .5rem }
button[name=cancel] { border-color: transparent; background: none }
</style>"""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What a code stands for: who signed in, and what the client had asked."""

    user_id: str
    redirect_uri: str
    nonce: str
    born: datetime


@dataclass(kw_only=True)
class OpenIdConnect:
    """The app as a client, as its settings page has it, and the codes that were handed out.

    `claims` lets a test falsify what the next id_tokens say; None takes a claim away.
    """

    workspace: Workspace
    client_id: str = field(default_factory=lambda: f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**13)}")
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    redirect_urls: list[str] = field(default_factory=list)
    user_scopes: set[str] = field(default_factory=set)
    claims: dict[str, Any] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    id_tokens: list[str] = field(default_factory=list)
    access_tokens: dict[str, str] = field(default_factory=dict)
    _grants: dict[str, Grant] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)

    def attach(self, app: Flask) -> None:
        """Add the page to the emulator."""
        app.add_url_rule("/openid/connect/authorize", "ask_who", self.ask_who, methods=["GET"])
        app.add_url_rule("/openid/connect/authorize", "hear_who", self.hear_who, methods=["POST"])

    def ask_who(self) -> Response:
        """Ask the person before the browser who they are."""
        fault = self._fault(request.args)
        if fault:
            return Response(f"<h1>Something went wrong when authorizing this app.</h1><p>{escape(fault)}</p>", 400)
        with self.workspace.changing():
            people = [self._button(member) for member in self.workspace.people.values() if self._may_sign_in(member)]
        cancel = '<button name="cancel" value="yes">Cancel</button>'
        head = f'<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">{_STYLE}'
        title = "<h1>Sign in to the sandbox</h1><p>Register App asks who you are.</p>"
        return Response(f'{head}{title}<form method="post">{"".join(people)}{cancel}</form></html>')

    def hear_who(self) -> AnyResponse:
        """Send the browser back with a code, or with the word that the person cancelled."""
        fault = self._fault(request.args)
        if fault:
            return Response(escape(fault), 400)
        asked = request.args
        if "user" not in request.form:
            return redirect(f"{asked['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': asked['state']})}")
        code = f"{self.client_id}.{secrets.token_hex(32)}"
        with self.workspace.changing():
            if not self._may_sign_in(self.workspace.people[request.form["user"]]):
                return Response("This account is not active.", 400)
            self.codes.append(code)
            self._grants[code] = Grant(
                user_id=request.form["user"],
                redirect_uri=asked["redirect_uri"],
                nonce=asked["nonce"],
                born=self.workspace.clock(),
            )
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def token(self, _workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
        """openid.connect.token: the client's id and secret by HTTP Basic or in the body, a code that works once."""
        self._check_client(arguments)
        if arguments.text("grant_type", "authorization_code") != "authorization_code":
            raise Refused("invalid_grant_type")
        code = arguments.text("code", "")
        grant = self._grants.get(code)
        if grant is None:
            raise Refused("invalid_code")
        if arguments.text("redirect_uri", "") != grant.redirect_uri:
            raise Refused("bad_redirect_uri")
        if code in self._used:
            raise Refused("code_already_used")
        if self.workspace.clock() - grant.born > CODE_LIFE:
            raise Refused("code_expired")
        self._used.add(code)
        access_token = f"xoxp-sandbox-{secrets.token_hex(12)}"
        self.access_tokens[access_token] = grant.user_id
        self.id_tokens.append(self._id_token(grant))
        return {"access_token": access_token, "token_type": "Bearer", "id_token": self.id_tokens[-1]}

    def user_info(self, workspace: Workspace, arguments: Arguments) -> dict[str, Any]:
        """openid.connect.userInfo: the same person, by the access token."""
        user_id = self.access_tokens.get(arguments.text("token", ""))
        if user_id is None:
            raise Refused("invalid_auth")
        return _person(workspace.people[user_id])

    def _check_client(self, arguments: Arguments) -> None:
        basic = request.authorization
        given = (basic.username, basic.password) if basic is not None and basic.type == "basic" else None
        client_id, secret = given or (arguments.text("client_id", ""), arguments.text("client_secret", ""))
        if client_id != self.client_id:
            raise Refused("invalid_client_id")
        if secret != self.client_secret:
            raise Refused("bad_client_secret")

    def _fault(self, asked: Mapping[str, str]) -> str:
        """Return why the page does not ask. Slack itself goes on without `state` and `nonce`; here both must be."""
        scopes = set(asked.get("scope", "").replace(",", " ").split())
        rules = {
            "Invalid client_id parameter": asked.get("client_id") == self.client_id,
            "redirect_uri did not match any configured URIs.": asked.get("redirect_uri") in self.redirect_urls,
            "response_type must be code": asked.get("response_type") == "code",
            "Invalid permissions requested": "openid" in scopes and scopes <= self.user_scopes & USER_SCOPES,
            "state is missing": bool(asked.get("state")),
            "nonce is missing": bool(asked.get("nonce")),
        }
        return next((sentence for sentence, holds in rules.items() if not holds), "")

    def _may_sign_in(self, member: Member) -> bool:
        wanted = request.args.get("team") or member.team_id
        return not member.bot and not member.deactivated and member.team_id == wanted

    def _button(self, member: Member) -> str:
        return f'<button name="user" value="{member.id}">{escape(member.name)}</button> '

    def _id_token(self, grant: Grant) -> str:
        now = int(self.workspace.clock().timestamp())
        claims = {
            "iss": request.host_url.rstrip("/"),
            "aud": self.client_id,
            "exp": now + int(ID_TOKEN_LIFE.total_seconds()),
            "iat": now,
            "auth_time": now,
            "nonce": grant.nonce,
            **_person(self.workspace.people[grant.user_id]),
            **self.claims,
        }
        body = {name: value for name, value in claims.items() if value is not None}
        signed = f"{_packed({'typ': 'JWT', 'alg': 'HS256'})}.{_packed(body)}"
        mac = hmac.new(_KEY, signed.encode(), hashlib.sha256).digest()
        return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _person(member: Member) -> dict[str, Any]:
    """The claims about a person that the scope openid gives."""
    return {
        "sub": member.id,
        "https://slack.com/user_id": member.id,
        "https://slack.com/team_id": member.team_id,
    }


def _packed(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
