"""A word to the one person who pressed, where they pressed; a courtesy, so that its failure changes nothing."""

import logging
from http.client import HTTPException
from typing import Final

from slack_bolt import Respond

log = logging.getLogger(__name__)

#: What a post to a response_url fails with: nobody there, or an answer or an address that is none.
UNHEARD: Final = (HTTPException, OSError, TypeError, ValueError)


def whisper(respond: Respond, text: str) -> None:
    """Say `text` to whoever pressed. An address that is none, or that nobody answers at, loses the word alone."""
    try:
        respond(text=text, response_type="ephemeral", replace_original=False)
    except UNHEARD as error:
        log.warning("A whisper was lost: %s", type(error).__name__)
