"""What is counted of the calls to Microsoft: each by how it ended, signing in among them."""

from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from bot.errors import EntraSignInRefused, EntraUnavailable
from bot.graph.client import Call, GraphClient
from bot.graph.sign_in import SIGN_IN, CountedTokens
from bot.graph.tokens import Certificate, Tokens
from bot.pulse import outcome_of
from tests.graph.hourglass import Hourglass
from tests.graph.shapes import FINE, READ, THING
from tests.graph.tiny_graph import TENANT, TinyGraph, Told, graph_error

TOKEN = f"POST /{TENANT}/oauth2/v2.0/token"
ENDED = {"error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys are expired."}
READING = f"{READ.method} {READ.template}"


class Counting:
    """A client of the small Graph, and what was counted of its calls."""

    def __init__(self, tiny: TinyGraph, hourglass: Hourglass, tokens: Tokens, session: requests.Session) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        counted = CountedTokens(tokens, self._answered)
        self.client = GraphClient(
            counted, tiny.url, session, hourglass.sleep, hourglass.monotonic, 10.0, answered=self._answered
        )

    def _answered(self, call: str, status: int) -> None:
        self.counts[call, outcome_of(status)] += 1


@pytest.fixture
def counting(tiny: TinyGraph, hourglass: Hourglass, tiny_tokens: Tokens, session: requests.Session) -> Counting:
    """A client whose calls are counted."""
    return Counting(tiny, hourglass, tiny_tokens, session)


def test_each_sign_in_once(counting: Counting, tiny: TinyGraph) -> None:
    """A sign-in is counted when it brings a new token, and not when the token is still good, whoever asks."""
    tiny.tell(f"GET {THING}", FINE, Told(status=401), FINE)
    counting.client.call(READ)
    counting.client.with_patience(1.0).call(READ)

    assert counting.counts == {(SIGN_IN, "ok"): 2, (READING, "ok"): 2, (READING, "refused"): 1}


def test_a_refused_sign_in(counting: Counting, tiny: TinyGraph) -> None:
    """A sign-in that Entra refuses is counted, and the call that was not made is not."""
    tiny.tell(TOKEN, Told(status=401, body=ENDED))
    with pytest.raises(EntraSignInRefused):
        counting.client.call(READ)

    assert counting.counts == {(SIGN_IN, "refused"): 1}


@pytest.mark.parametrize(("status", "outcome"), [(503, "failed"), (429, "throttled"), (200, "unanswered")])
def test_a_sign_in_without_an_answer(counting: Counting, tiny: TinyGraph, status: int, outcome: str) -> None:
    """A token endpoint that is down, busy or answers with no JSON is counted at every try, and no call of Graph is."""
    tiny.tell(TOKEN, Told(status=status, page=b"<html>"))
    with pytest.raises(EntraUnavailable):
        counting.client.call(READ)

    assert set(counting.counts) == {(SIGN_IN, outcome)}
    assert counting.counts.total() > 1


def test_a_credential_that_cannot_be_read(
    tiny: TinyGraph, hourglass: Hourglass, session: requests.Session, tmp_path: Path
) -> None:
    """A credential file that is not there counts as a refused sign-in: waiting does not mend it."""
    tokens = Tokens(TENANT, "bot", Certificate(path=tmp_path / "none.pem"), tiny.url, tiny.url, session)
    counting = Counting(tiny, hourglass, tokens, session)
    with pytest.raises(EntraSignInRefused):
        counting.client.call(READ)

    assert counting.counts == {(SIGN_IN, "refused"): 1}


def test_a_secret_that_ends(counting: Counting, tiny: TinyGraph) -> None:
    """A sign-in that was good and is refused later is counted as both."""
    tiny.tell(f"GET {THING}", FINE, Told(status=401))
    counting.client.call(READ)
    tiny.tell(TOKEN, Told(status=401, body=ENDED))
    with pytest.raises(EntraSignInRefused):
        counting.client.call(READ)

    assert counting.counts == {(SIGN_IN, "ok"): 1, (SIGN_IN, "refused"): 1, (READING, "ok"): 1, (READING, "refused"): 1}


@pytest.mark.parametrize(
    ("status", "code", "message", "outcome"),
    [
        (400, "NoBackingApplicationObject", "does not reference a valid application object", "missing"),
        (409, "Request_MultipleObjectsWithSameKeyValue", "The name is already in use.", "missing"),
        (400, "Request_BadRequest", "Same value for property uniqueName already exists.", "missing"),
        (409, "Directory_ConcurrencyViolation", "Wait briefly and retry.", "refused"),
        (400, "Request_BadRequest", "Invalid value specified for property 'displayName'.", "refused"),
        (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.", "refused"),
    ],
)
def test_what_was_to_be_found_out(
    counting: Counting, tiny: TinyGraph, status: int, code: str, message: str, outcome: str
) -> None:
    """That something is not there yet, or is there already, is no refusal; what Graph will not do is one."""
    tiny.tell("POST /v1.0/servicePrincipals", Told(status=status, body=graph_error(code, message)), FINE)
    with suppress(EntraUnavailable):
        counting.client.with_patience(0.0).ask(Call(method="POST", template="/servicePrincipals"))

    assert counting.counts["POST /servicePrincipals", outcome] == 1
