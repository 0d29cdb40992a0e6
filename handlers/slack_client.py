"""Slack's Web API through one door that counts how each call ended; of a call only its method is told."""

from collections.abc import Callable
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

# A refusal of Slack's comes with HTTP 200 (Slack, "Using the Slack Web API"); here it counts as what it is.
_OK, _REFUSED = 200, 400


class CountedClient(WebClient):
    """A client that tells `answered` the method and the HTTP status of each call, 0 for no answer."""

    def __init__(self, *, answered: Callable[[str, int], None], **options: Any) -> None:
        super().__init__(**options)
        self._answered = answered

    def api_call(self, api_method: str, **arguments: Any) -> SlackResponse:
        """Call a method, and count it. Raises as slack_sdk does."""
        try:
            response = super().api_call(api_method, **arguments)
        except SlackApiError as error:
            status = int(getattr(error.response, "status_code", 0) or 0)
            self._answered(api_method, _REFUSED if status == _OK else status)
            raise
        except Exception:
            self._answered(api_method, 0)
            raise
        self._answered(api_method, response.status_code)
        return response
