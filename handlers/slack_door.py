"""Slack's framework behind a door: a request is read only once its signature holds, and only if it can be read.

Bolt reads a body before it asks who sent it, and stumbles over one that is not of the form that it expects, so that
anybody could make it fail. Here the signature is asked first (Slack, "Verifying requests from Slack"), and what the
framework stumbles over after that is a bad request (400), written down with its place, and no failure of ours.
"""

import logging
import traceback
from collections.abc import Callable
from typing import Final

from flask import Request
from slack_bolt import App
from slack_bolt.adapter.flask.handler import to_bolt_request, to_flask_response
from slack_bolt.error import BoltError
from slack_sdk.signature import SignatureVerifier
from werkzeug.exceptions import BadRequest, Unauthorized
from werkzeug.wrappers import Response

log = logging.getLogger(__name__)
# What Bolt's readers and matchers raise at a field of another kind than Slack documents. What a listener of ours
# raises never comes this far: it is answered in handlers/errors.py.
UNREADABLE: Final = (AttributeError, BoltError, IndexError, KeyError, RecursionError, TypeError, ValueError)


def verified(signing_secret: str, slack: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """Return `slack` behind a door that only what Slack signed in the last five minutes passes; the rest is 401."""
    verifier = SignatureVerifier(signing_secret)

    def answer(request: Request) -> Response:
        # Read as Bolt reads it: the library would raise at bytes that are no text.
        if not verifier.is_valid_request(request.get_data(as_text=True), dict(request.headers)):
            raise Unauthorized
        return slack(request)

    return answer


def heard_by(app: App) -> Callable[[Request], Response]:
    """Return the framework as a function of Flask's requests; a body that it cannot read is 400."""

    def answer(request: Request) -> Response:
        try:
            return to_flask_response(app.dispatch(to_bolt_request(request)))
        except UNREADABLE as error:
            # Named by its place alone: a trace of these would quote what was sent.
            log.warning("A signed request could not be read: %s at %s", type(error).__name__, _place(error))
            raise BadRequest from error

    return answer


def _place(error: Exception) -> str:
    *_, last = traceback.walk_tb(error.__traceback__)
    frame, line = last
    return f"{frame.f_globals.get('__name__', 'somewhere')}:{line}"
