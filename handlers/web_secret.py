"""The counter of the one-time link: look, reveal, seen. GET tells nothing and changes nothing."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import TooManyRequests

from bot.model import LinkStatus, NotMinted, Revealed, Viewer
from bot.origin import origin_of
from handlers import web_says, web_sign_in_says
from handlers.throttle import Throttle
from handlers.web_answers import hand_over, say
from handlers.web_guard import FORM, JSON, own_page_only, readable
from handlers.web_sign_in import SignInDoor
from handlers.web_viewer import address_of, throttle_key, viewer_of

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_SCRIPT: Final = frozenset({JSON})
_SCRIPT_OR_FORM: Final = frozenset({JSON, FORM})


class LinkDesk(Protocol):
    """What the use case behind a one-time link does for the web side; every token is 43 base64url characters."""

    def look(self, token: str, viewer: Viewer) -> LinkStatus:
        """Return what the holder of `token` may know; uses nothing up."""

    def reveal(self, token: str, viewer: Viewer) -> Revealed | LinkStatus | NotMinted:
        """Mint and hand over the secret to the one press that wins; the others hear the link's state."""

    def seen(self, token: str, viewer: Viewer) -> None:
        """Note that the page has shown what `reveal` gave it."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much one address may ask (in any `seconds`), and how long a body may be (in bytes)."""

    posts: int = 30
    unknown_tokens: int = 10
    seconds: int = 60
    addresses: int = 10_000
    secret_body: int = 4 * 1024
    slack_body: int = 1024 * 1024


class SecretCounter:
    """The routes under /secret over one desk."""

    def __init__(
        self,
        desk: LinkDesk,
        *,
        public_url: str,
        trusted_proxies: int,
        limits: Limits,
        clock: Callable[[], datetime],
        door: SignInDoor | None = None,
    ) -> None:
        """`door` says who is signed in; without one the page asks nobody who they are."""
        self._desk = desk
        self._origin = origin_of(public_url)
        self._trusted_proxies = trusted_proxies
        self._limits = limits
        self._door = door
        self._posts = self._throttle(limits.posts, clock)
        self._unknown = self._throttle(limits.unknown_tokens, clock)

    def attach(self, web: Flask) -> None:
        """Add the routes to `web`; the page is rendered once, here, so that it is the same for everybody."""
        with web.app_context():
            constant = render_template("secret.html", sign_in=self._door is not None).encode()
        web.add_url_rule("/secret", "page", lambda: Response(constant, mimetype="text/html"), methods=["GET"])
        web.add_url_rule("/secret/look", "look", self.look, methods=["POST"])
        web.add_url_rule("/secret/reveal", "reveal", self.reveal, methods=["POST"])
        web.add_url_rule("/secret/seen", "seen", self.seen, methods=["POST"])

    def look(self) -> Response:
        """Answer what the token's holder may know."""
        self._admit(_SCRIPT)
        viewer, token = self._viewer(), _token()
        if viewer is None:
            return _sign_in_first()
        return self._tell(LinkStatus(state="unknown") if token is None else self._desk.look(token, viewer))

    def reveal(self) -> Response:
        """Hand over the secret, or say why not."""
        self._admit(_SCRIPT_OR_FORM)
        viewer, token = self._viewer(), _token()
        if viewer is None:
            return _sign_in_first()
        if token is None:
            return self._tell(LinkStatus(state="unknown"))
        outcome = self._desk.reveal(token, viewer)
        match outcome:
            case Revealed():
                return hand_over(outcome, as_json=_by_script())
            case NotMinted():
                return say(web_says.not_minted(outcome), as_json=_by_script())
            case _:
                return self._tell(outcome)

    def seen(self) -> Response:
        """Pass on that the page has shown it; the empty answer is the same for every token."""
        self._admit(_SCRIPT)
        viewer, token = self._viewer(), _token()
        if viewer is not None and token is not None:
            self._desk.seen(token, viewer)
        return Response(status=204)

    def _viewer(self) -> Viewer | None:
        """Return who is before the page; None for somebody who has to sign in first."""
        viewer = viewer_of(request, self._trusted_proxies)
        if self._door is None:
            return viewer
        person_id = self._door.person()
        return None if person_id is None else replace(viewer, person_id=person_id)

    def _admit(self, kinds: frozenset[str]) -> None:
        own_page_only(request, self._origin)
        readable(request, kinds, self._limits.secret_body)
        wait = self._unknown.wait(self._key()) or self._posts.admit(self._key())
        if wait:
            raise TooManyRequests(retry_after=wait)

    def _tell(self, status: LinkStatus) -> Response:
        """Every wrong token hears the same constant answer; a right one hears its link's state, always with 200.

        A proxy may put its own page in place of an error status, and the person would not read what to do.
        """
        if status.state == "unknown":
            self._unknown.admit(self._key())
            words = web_says.UNKNOWN if self._door is None else web_sign_in_says.UNKNOWN_TO_VIEWER
            return say(words, 404, as_json=_by_script())
        return say(web_says.told(status), as_json=_by_script())

    def _key(self) -> str:
        return throttle_key(address_of(request, self._trusted_proxies))

    def _throttle(self, times: int, clock: Callable[[], datetime]) -> Throttle:
        return Throttle(times=times, seconds=self._limits.seconds, keys=self._limits.addresses, clock=clock)


def _sign_in_first() -> Response:
    """Answer somebody whom nobody knows: the same for every token, which is not even looked up."""
    return say(web_sign_in_says.SIGN_IN, as_json=_by_script())


def _by_script() -> bool:
    return request.mimetype == JSON


def _token() -> str | None:
    """Return the token of the request when it has a token's form; a person may have pasted the whole link."""
    if _by_script():
        token = _token_in_json(request.get_data())
    else:
        token = request.form.get("token", "").strip().rpartition("#")[2]
    return token if isinstance(token, str) and _TOKEN.fullmatch(token) else None


def _token_in_json(body: bytes) -> object:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        # A few hundred nested brackets exhaust the parser; that is a wrong token like any other, no failure of ours.
        return None
    return parsed.get("token") if isinstance(parsed, dict) else None
