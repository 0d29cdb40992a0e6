"""Slack's Web API through one door: what is no answer of Slack's is none, and each call is counted by its outcome.

Slack's client takes whatever stands in an answer for Slack's word: a proxy's page becomes the name of an error, and
JSON that is no object stops it. Here such an answer is as good as a lost one, and nothing of it goes any further.
"""

import logging
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.client import HTTPException
from types import MappingProxyType
from typing import Any, Final

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from handlers.pace import LIMITED, Limits, is_limit
from handlers.slack_words import GONE, SLACK_AILING, is_nobody_there

log = logging.getLogger(__name__)

#: What this bot reads in an answer, and what it must be (Slack, the methods' own pages).
READ: Final[Mapping[str, Mapping[str, type]]] = MappingProxyType(
    {
        "auth.test": {"team_id": str, "user_id": str},
        "chat.postMessage": {"channel": str, "ts": str},
        "conversations.history": {"messages": list},
        "conversations.open": {"channel.id": str},
        "conversations.replies": {"messages": list},
        "usergroups.users.list": {"users": list},
        "users.info": {"user.id": str, "user.profile": dict},
        "views.open": {"view.id": str},
    }
)
# How Slack names an error (Slack, "Using the Slack Web API", "Evaluating responses").
_ERROR: Final = re.compile(r"[a-z][a-z0-9_]{0,60}", re.ASCII)


class Unintelligible(ConnectionError):
    """An answer that is not of the form that Slack documents; the call may have been carried out."""


class Limited(ConnectionError):
    """A call that was not made, because Slack has just refused the same to somebody else as too soon."""


class SlackClient(WebClient):
    """A client that tells `answered` the method and the HTTP status of each call, 0 for no answer.

    What Slack refuses comes with status 200; it is told with the status that says what Slack means by it. With `limits`
    a method that Slack limits is not called until its time; without, that is the caller's to know.
    """

    def __init__(self, *, answered: Callable[[str, int], None], limits: Limits | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._answered = answered
        self._limits = limits

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        """Call a method, and count it. Raises SlackApiError for Slack's own refusals, OSError for no answer."""
        if self._limits is not None and self._limits.is_held(api_method):
            raise Limited(api_method)
        try:
            response = self._intelligible(api_method, arguments)
        except SlackApiError as error:
            self._answered(api_method, _meaning(api_method, error, arguments))
            if self._limits is not None and is_limit(error):
                self._limits.learn(api_method, error)
            raise
        except Exception:
            self._answered(api_method, 0)
            raise
        self._answered(api_method, response.status_code)
        return response

    def _intelligible(self, method: str, arguments: Mapping[str, Any]) -> SlackResponse:
        try:
            response = super().api_call(method, **arguments)
            missing = [path for path, kind in READ.get(method, {}).items() if not _holds(response.data, path, kind)]
            fault = f"no {missing[0]}" if missing else ""
        except SlackApiError as error:
            if _is_slacks(error):
                raise
            response, fault = error.response, "no word of Slack's"
        except (HTTPException, AttributeError, RecursionError, TypeError, ValueError) as error:
            fault = type(error).__name__
        if fault:
            log.warning("Slack's answer to %s cannot be understood: %s", method, fault)
            # Raised out here so that the library's own error, which quotes the answer, is not chained to it.
            raise Unintelligible(f"{method}: {fault}")
        return response


def _is_slacks(error: SlackApiError) -> bool:
    """Say whether an error is Slack's own, or one that its HTTP status tells whatever else stands in it."""
    if error.response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        error.response.data = {"ok": False, "error": "ratelimited"}
    data = error.response.data
    return isinstance(data, dict) and bool(_ERROR.fullmatch(str(data.get("error"))))


def _meaning(method: str, error: SlackApiError, arguments: Mapping[str, Any]) -> int:
    """Return the HTTP status that an error of Slack's amounts to."""
    word = str(error.response.get("error"))
    if error.response.status_code != HTTPStatus.OK:
        return int(error.response.status_code)
    if word in LIMITED:
        return HTTPStatus.TOO_MANY_REQUESTS
    if word in SLACK_AILING:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    gone = is_nobody_there(word, _recipient(arguments)) or word in GONE.get(method, ())
    return HTTPStatus.NOT_FOUND if gone else HTTPStatus.BAD_REQUEST


def _recipient(arguments: Mapping[str, Any]) -> str:
    named = [arguments[part] for part in ("json", "params", "data") if isinstance(arguments.get(part), Mapping)]
    return next((str(values["channel"]) for values in named if "channel" in values), "")


def _holds(data: object, path: str, kind: type) -> bool:
    found: Any = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return isinstance(found, kind) and found != ""
