"""The one place where a listener's error is answered, where the person stands; no body is ever logged."""

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from slack_bolt import App, BoltResponse, Respond
from slack_bolt.error import BoltUnhandledRequestError
from slack_sdk.errors import SlackApiError

from bot.errors import AlreadyDelivered, FormFaults, Refusal, SlackUnavailable, StorageUnavailable
from handlers import views
from handlers.payloads import misfits
from handlers.whispers import whisper

log = logging.getLogger(__name__)

SLACK_BUSY = "Slack did not answer me in time. Nothing was changed; please try once more."
DATABASE_GONE = "I cannot reach my database just now. Please try again in a minute: doing it twice does no harm."
UNREADABLE = (
    "I cannot read what Slack sent me, as I could if it had come from one of my newest messages or forms. Please try"
    " again from there; `/register-app list` shows what is yours."
)
NOT_ANSWERED = "Something went wrong on my side. Please try again; if it stays, tell whoever runs this bot."
_JSON: dict[str, str | Sequence[str]] = {"Content-Type": "application/json"}
TRIGGER_OVER = frozenset({"expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id"})


def register(app: App) -> None:
    """Answer every error of every listener."""

    @app.error
    def answer(error: Exception, body: dict[str, Any], respond: Respond) -> BoltResponse:
        try:
            return _answered(error, body, respond)
        except Exception:
            # Raised from here, it would be answered after three seconds with a 500, and whoever waits told nothing.
            log.exception("An error could not be answered, after a %s", type(error).__name__)
            return _in_answer(NOT_ANSWERED, body) or BoltResponse(status=200, body="")


def _answered(error: Exception, body: dict[str, Any], respond: Respond) -> BoltResponse:
    if isinstance(error, BoltUnhandledRequestError | AlreadyDelivered):
        return BoltResponse(status=200, body="")
    refusal = error if isinstance(error, Refusal) else _refusal(error, body)
    if body.get("type") == "view_submission":
        return _json(views.refused(refusal, body.get("view")))
    answer = _in_answer(_sentence(refusal), body)
    if answer is None and body.get("response_url"):
        whisper(respond, _sentence(refusal))
    return answer or BoltResponse(status=200, body="")


def _in_answer(sentence: str, body: dict[str, Any]) -> BoltResponse | None:
    """Return the answer that says a sentence, to what Slack shows an answer of."""
    if body.get("type") == "view_submission":
        return _json(views.instead(sentence))
    return _json({"response_type": "ephemeral", "text": sentence}) if body.get("command") else None


def _json(answer: Mapping[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=json.dumps(answer), headers=_JSON)


def _sentence(refusal: Refusal) -> str:
    return " ".join(refusal.faults.values()) if isinstance(refusal, FormFaults) else str(refusal)


def _refusal(error: Exception, body: dict[str, Any]) -> Refusal:
    """Turn what nobody expected into a sentence with a number that the log knows too."""
    if isinstance(error, SlackUnavailable):
        log.warning("Slack did not answer: %s", error)
        return Refusal(SLACK_BUSY)
    if isinstance(error, StorageUnavailable):
        log.error("The database cannot be used: %s", error)
        return Refusal(DATABASE_GONE)
    if _is_slack_in_trouble(error):
        log.warning("Slack did not take a call: %s", type(error).__name__)
        return Refusal(SLACK_BUSY)
    if isinstance(error, SlackApiError) and error.response.get("error") in TRIGGER_OVER:
        return Refusal("That took too long for Slack to open the form. Please try once more.")
    misfit = misfits(body)
    if misfit:
        log.warning("A request was not as Slack makes them: %s in %s", type(error).__name__, ", ".join(misfit[:3]))
        return Refusal(UNREADABLE)
    number = secrets.token_hex(4)
    kind = body.get("type") or body.get("command") or "request"
    log.error("Unexpected error %s while answering a %s", number, kind, exc_info=error)
    return Refusal(
        f"Something went wrong on my side (error {number}). Please try again; if it stays, give that"
        " number to whoever runs this bot."
    )


def _is_slack_in_trouble(error: Exception) -> bool:
    """Say whether a call of ours failed for a reason of Slack's that passes: throttled, down, unreachable."""
    if isinstance(error, SlackApiError):
        status = int(getattr(error.response, "status_code", 0) or 0)
        return status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(error, OSError)
