"""Signing in with Slack on the one-time page: away to Slack, back with a code, and then a cookie that names a person.

The link's token takes no part in it: it waits in the browser's tab. Between going and coming back a cookie of some
minutes holds the `state` and the `nonce` of this one sign-in, so that nobody can finish in one browser what was begun
in another. The server keeps nothing, so that any instance may see any step.
"""

import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import MethodNotAllowed, TooManyRequests

from bot.errors import SlackUnavailable
from handlers import web_sign_in_says as says
from handlers.openid import CALLBACK_PATH, OpenId, SignedIn
from handlers.throttle import Throttle
from handlers.web_answers import say
from handlers.web_cookies import SignedCookie
from handlers.web_guard import not_ahead
from handlers.web_says import Words
from handlers.web_viewer import address_of, throttle_key

_log = logging.getLogger(__name__)

# A person may have to find their password first; Slack's code lives as long (Slack, "Installing with OAuth").
GOING_SECONDS: Final = 600
# Longer than a link stays armed, by default, and shorter than a coffee break.
SIGNED_IN_SECONDS: Final = 900
# From one address in a minute: each return costs one of the calls that Slack allows us.
TIMES_A_MINUTE: Final = 20


class SignInDoor:
    """The two routes of a sign-in, and who came in by them."""

    def __init__(
        self, open_id: OpenId, *, secure: bool, trusted_proxies: int, addresses: int, clock: Callable[[], datetime]
    ) -> None:
        """`secure` is whether browsers reach us over https; `addresses` how many are remembered for the limit."""
        self._open_id = open_id
        self._trusted_proxies = trusted_proxies
        key = open_id.cookie_key
        # Lax, because the browser comes back from Slack's site; the other one is only ever used from our own page.
        self._going = SignedCookie(
            "sign-in", key=key, secure=secure, same_site="Lax", seconds=GOING_SECONDS, clock=clock
        )
        self._viewer = SignedCookie(
            "viewer", key=key, secure=secure, same_site="Strict", seconds=SIGNED_IN_SECONDS, clock=clock
        )
        self._throttle = Throttle(times=TIMES_A_MINUTE, seconds=60, keys=addresses, clock=clock)

    def attach(self, web: Flask) -> None:
        """Add the routes to `web`."""
        web.add_url_rule("/secret/sign-in", "sign_in", self.begin, methods=["GET"])
        web.add_url_rule(CALLBACK_PATH, "signed_in", self.finish, methods=["GET"])

    def person(self) -> str | None:
        """Return the Slack user id of who is signed in, in this request."""
        return self._viewer.read(request).get("person")

    def begin(self) -> Response:
        """Send the browser to Slack."""
        self._admit()
        state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        try:
            response = _go(self._open_id.address(state, nonce))
        except SlackUnavailable as error:
            return _cannot_ask(error)
        self._going.put(response, {"state": state, "nonce": nonce})
        return response

    def finish(self) -> Response:
        """Take the browser back from Slack; whatever comes of it, this sign-in is over."""
        self._admit()
        response = self._finished()
        self._going.drop(response)
        return response

    def _finished(self) -> Response:
        begun, code = self._going.read(request), request.args.get("code", "")
        given = request.args.get("state", "")
        if not begun or not hmac.compare_digest(begun["state"].encode(), given.encode()):
            return _tell(says.NOT_OURS)
        word = request.args.get("error", "")
        if word == "access_denied":
            return _tell(says.DENIED)
        if not word and not code:
            return _tell(says.NOT_OURS)
        try:
            outcome = self._open_id.sent_back_with(word) if word else self._open_id.who(code, begun["nonce"])
        except SlackUnavailable as error:
            return _cannot_ask(error)
        if not isinstance(outcome, SignedIn):
            return _tell(says.FOR_REASON[outcome.reason])
        response = _go("/secret")
        self._viewer.put(response, {"person": outcome.person_id})
        return response

    def _admit(self) -> None:
        """Refuse what is no visit of a person: a look at the headers, a page fetched ahead, too many from one place."""
        if request.method == "HEAD":
            raise MethodNotAllowed(["GET"])
        not_ahead(request)
        wait = self._throttle.admit(throttle_key(address_of(request, self._trusted_proxies)))
        if wait:
            raise TooManyRequests(retry_after=wait)


def _go(address: str) -> Response:
    return Response(status=303, headers={"Location": address})


def _tell(words: Words) -> Response:
    """Say it with 200, as the page says everything: a proxy may put its own page in place of an error."""
    return say(words, as_json=False)


def _cannot_ask(error: SlackUnavailable) -> Response:
    _log.warning("Nobody can sign in: Slack does not answer (%s).", error)
    return _tell(says.UNAVAILABLE)
