"""The bot's tokens through the real MSAL, over a token endpoint on loopback."""

from typing import Any

import pytest
import requests

from bot.errors import EntraError, EntraSignInRefused, EntraUnavailable
from bot.graph.tokens import (
    ClientSecret,
    Tokens,
)
from tests.graph.shapes import DISCOVERY_CALL, TOKEN_CALL, forms, refusal
from tests.graph.tiny_graph import TENANT, TinyGraph, Told, token_body
from tests.sandbox.trouble import Fault


def test_a_token_is_asked_for_once(tiny: TinyGraph, tiny_tokens: Tokens) -> None:
    """A token that is good is taken from memory, and the endpoint is looked up only once."""
    first = tiny_tokens.token()

    assert first == tiny_tokens.token()
    assert tiny.journal.calls() == [DISCOVERY_CALL, TOKEN_CALL]
    assert forms(tiny)[0]["scope"] == f"{tiny.url}/.default"


def test_a_renewed_token_is_another(tiny_tokens: Tokens) -> None:
    """After `renew` Entra is asked again."""
    stale = tiny_tokens.token()

    tiny_tokens.renew(stale)

    assert stale != tiny_tokens.token()


def test_only_the_stale_token_is_renewed(tiny_tokens: Tokens) -> None:
    """Whoever comes late with a token that somebody else renewed already makes no second renewal."""
    stale = tiny_tokens.token()
    tiny_tokens.renew(stale)
    fresh = tiny_tokens.token()

    tiny_tokens.renew(stale)

    assert fresh == tiny_tokens.token()


def test_roles_are_read_from_the_token(tiny_tokens: Tokens) -> None:
    """The permissions that the token carries can be told to the operator."""
    assert tiny_tokens.roles() == {"Application.ReadWrite.OwnedBy"}


@pytest.mark.parametrize("opaque", ["opaque", "a.b.c", "a.bnVsbA.c", "a.W10.c"])
def test_an_unreadable_token_has_no_roles(tiny: TinyGraph, tiny_tokens: Tokens, opaque: str) -> None:
    """A token that is no JSON web token is used and not understood."""
    tiny.tell(TOKEN_CALL, Told(status=200, body={**token_body(1), "access_token": opaque}))

    assert tiny_tokens.token() == opaque
    assert tiny_tokens.roles() == frozenset()


def test_a_refused_secret_is_a_refused_sign_in(tiny: TinyGraph, tiny_tokens: Tokens) -> None:
    """Entra's number and first line come through, with the id for its support; the bot's secret does not."""
    tiny.tell(TOKEN_CALL, refusal(7000215))

    with pytest.raises(EntraSignInRefused) as caught:
        tiny_tokens.token()

    assert (caught.value.code, caught.value.request_id) == ("AADSTS7000215", "for-support")
    assert "Second line" not in str(caught.value)
    assert "canary" not in str(caught.value)


def test_an_unknown_tenant_is_a_refused_sign_in(tiny: TinyGraph, tiny_tokens: Tokens) -> None:
    """A tenant that the authority does not know is no passing trouble."""
    tiny.tell(DISCOVERY_CALL, Told(status=400, body={"error": "invalid_tenant"}))

    with pytest.raises(EntraSignInRefused, match="no such tenant"):
        tiny_tokens.token()


@pytest.mark.parametrize(
    "answer", [refusal(90033), refusal(50196, "temporarily_unavailable"), refusal(1, "server_error")]
)
def test_a_transient_error_will_pass(tiny: TinyGraph, tiny_tokens: Tokens, answer: Told) -> None:
    """Entra's own words for "come back later" are not taken for a refusal."""
    tiny.tell(TOKEN_CALL, answer)

    with pytest.raises(EntraUnavailable) as caught:
        tiny_tokens.token()

    assert caught.value.effect == "none"


@pytest.mark.parametrize("call", [TOKEN_CALL, DISCOVERY_CALL])
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"reset": True}, {"status": 200}])
def test_a_failing_endpoint_will_pass(tiny: TinyGraph, tiny_tokens: Tokens, call: str, fault: Any) -> None:
    """Throttled, down, reset or unreadable: the next call asks again and is answered."""
    tiny.trouble.add(Fault(match=call, **fault))
    with pytest.raises(EntraUnavailable) as caught:
        tiny_tokens.token()

    assert (caught.value.status, caught.value.__context__) == (fault.get("status", 0), None)
    assert tiny_tokens.token()


def test_a_redirect_does_not_carry_the_credential_away(tiny: TinyGraph, tiny_tokens: Tokens) -> None:
    """The token endpoint's redirect is not followed."""
    tiny.tell(TOKEN_CALL, Told(status=307, headers={"Location": f"{tiny.url}/elsewhere"}))

    with pytest.raises(EntraError):
        tiny_tokens.token()

    assert tiny.journal.calls("elsewhere") == []


@pytest.mark.parametrize(
    ("login", "endpoint"),
    [
        ("https://login.microsoftonline.com", f"https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token"),
        ("https://login.microsoftonline.us/", f"https://login.microsoftonline.us/{TENANT}/oauth2/v2.0/token"),
        ("https://login.sovereign.example", f"https://login.sovereign.example/{TENANT}/oauth2/v2.0/token"),
    ],
)
def test_clouds_are_named_by_their_authority(login: str, endpoint: str) -> None:
    """Any cloud's authority gives the authority and the token endpoint that an application is configured with."""
    tokens = Tokens(TENANT, "bot", ClientSecret(text="x"), login, "https://graph.sovereign.example")

    assert endpoint == tokens.token_endpoint == f"{tokens.authority}/oauth2/v2.0/token"


@pytest.mark.parametrize("login", ["http://login.contoso.example", "http://127.0.0.1.evil.example", "ftp://x"])
def test_plain_http_is_for_this_machine_only(login: str) -> None:
    """A credential is not sent readable over a network."""
    with pytest.raises(ValueError, match="https"):
        Tokens(TENANT, "bot", ClientSecret(text="x"), login)


class Elsewhere(requests.adapters.BaseAdapter):
    """A transport that writes down where requests would have gone, and sends none."""

    def __init__(self) -> None:
        super().__init__()
        self.hosts: set[str] = set()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]  # Only the address matters.
        """Write the address down."""
        del kwargs
        self.hosts.add(str(request.url).split("/")[2])
        raise requests.ConnectionError

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("host", ["login.microsoftonline.us", "login.sovereign.example"])
def test_an_authority_is_asked_and_nobody_else(session: requests.Session, host: str) -> None:
    """No authority, known to MSAL or not, makes MSAL ask Microsoft's public cloud about it."""
    elsewhere = Elsewhere()
    session.mount("https://", elsewhere)
    with pytest.raises(EntraUnavailable):
        Tokens(TENANT, "bot", ClientSecret(text="x"), f"https://{host}", http=session).token()

    assert elsewhere.hosts == {host}
