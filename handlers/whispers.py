"""A word to the one person who pressed, where they pressed; a courtesy, so that its failure changes nothing."""

import logging
from http.client import HTTPException
from typing import Final

from slack_bolt import Respond
from slack_sdk.errors import SlackClientError

log = logging.getLogger(__name__)

#: What a post to a response_url fails with: nobody there, or an answer or an address that is none.
UNHEARD: Final = (HTTPException, OSError, SlackClientError, TypeError, ValueError)


def whisper(respond: Respond, text: str) -> None:
    """Say `text` to whoever pressed. An address that is none, or that nobody answers at, loses the word alone."""
    try:
        _must_be_address(respond.response_url)
        respond(text=text, response_type="ephemeral", replace_original=False)
    except UNHEARD as error:
        log.warning("A whisper was lost: %s", type(error).__name__)


def _must_be_address(url: object) -> None:
    # Slack's client would write what is none into the log as an error.
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise ValueError("no address")
