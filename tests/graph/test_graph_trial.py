"""The try-out of a fresh client secret."""

import logging
from typing import Any

import pytest

from bot.graph.tokens import (
    Tokens,
)
from bot.model import SecretText
from tests.graph.shapes import (
    TOKEN_CALL,
    forms,
    refusal,
)
from tests.graph.tiny_graph import TinyGraph, Told, token_body
from tests.sandbox.trouble import Fault


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Told(status=200, body=token_body(1)), True),
        (refusal(7000215), False),
        (refusal(7000222), False),
        (refusal(700016, "unauthorized_client"), None),
        (Told(status=200, body=[]), None),
        (Told(status=200), None),
        (Told(status=503), None),
        (Told(status=429), None),
    ],
)
def test_a_secret_is_tried_out(tiny: TinyGraph, tiny_tokens: Tokens, answer: Told, *, expected: bool | None) -> None:
    """A token proves the secret, Entra's word on the secret disproves it, and all else proves nothing."""
    tiny.tell(TOKEN_CALL, answer)

    assert expected is tiny_tokens.try_secret("other-app", SecretText("tried-canary"))


def test_a_secret_is_tried_out_as_its_application(tiny: TinyGraph, tiny_tokens: Tokens) -> None:
    """The try-out signs in as the new application, with special characters intact."""
    tiny_tokens.try_secret("other-app", SecretText("a8Q~&=+% x"))

    assert forms(tiny) == [
        {
            "grant_type": "client_credentials",
            "client_id": "other-app",
            "client_secret": "a8Q~&=+% x",
            "scope": f"{tiny.url}/.default",
        }
    ]


@pytest.mark.parametrize("fault", [{"status": 503}, {"reset": True}, {"when": "after", "status": 400}])
def test_a_tried_secret_leaves_no_trace(
    tiny: TinyGraph, tiny_tokens: Tokens, caplog: pytest.LogCaptureFixture, fault: Any
) -> None:
    """However the try-out ends, no log line of any library holds the secret or the bot's own credential."""
    caplog.set_level(logging.DEBUG)
    tiny.trouble.add(Fault(match=TOKEN_CALL, **fault))

    tiny_tokens.try_secret("other-app", SecretText("tried-canary"))
    tiny_tokens.token()

    assert len(caplog.records) > 1
    assert "canary" not in "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
