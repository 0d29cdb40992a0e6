"""The bot's tokens through the real MSAL, over a token endpoint on loopback; and the try-out of a secret."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from bot.errors import EntraError, EntraSignInRefused, EntraUnavailable
from bot.graph.tokens import (
    BotCredential,
    Certificate,
    ClientSecret,
    FederatedAssertion,
    ManagedIdentity,
    Tokens,
)
from bot.model import SecretText
from tests.graph.tiny_graph import TENANT, TinyGraph, Told, token_body
from tests.sandbox.trouble import Fault

TOKEN_CALL = f"POST /{TENANT}/oauth2/v2.0/token"
DISCOVERY_CALL = f"GET /{TENANT}/v2.0/.well-known/openid-configuration"
PASSPHRASE = "passphrase-canary"


def refusal(number: int, error: str = "invalid_client") -> Told:
    """The token endpoint's refusal with an AADSTS number, in the form that Entra documents."""
    text = f"AADSTS{number}: Something is wrong. Trace ID: t Correlation ID: c Timestamp: now\r\nSecond line"
    body = {"error": error, "error_description": text, "error_codes": [number], "correlation_id": "for-support"}
    return Told(status=401, body=body)


def tokens_with(credential: BotCredential, tiny: TinyGraph, session: requests.Session) -> Tokens:
    """Tokens for the bot with `credential`."""
    return Tokens(TENANT, "bot", credential, tiny.url, tiny.url, session)


def forms(tiny: TinyGraph) -> list[dict[str, str]]:
    """The token requests so far."""
    bodies = [heard.body for heard in tiny.heard if heard.call == TOKEN_CALL]
    return [{name: values[0] for name, values in parse_qs(body).items()} for body in bodies]


@pytest.fixture(scope="session")
def key_and_certificate() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    """A private key and its self-signed certificate."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "register-app")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return key, builder.sign(key, hashes.SHA256())


@pytest.fixture(params=["pem", "pem with passphrase", "pfx with passphrase"])
def certificate(
    request: pytest.FixtureRequest, tmp_path: Path, key_and_certificate: tuple[rsa.RSAPrivateKey, x509.Certificate]
) -> Certificate:
    """A credential in each of the files that operators have."""
    key, signed = key_and_certificate
    passphrase = PASSPHRASE if "passphrase" in request.param else None
    lock: Any = serialization.NoEncryption()
    if passphrase is not None:
        lock = serialization.BestAvailableEncryption(passphrase.encode())
    if request.param.startswith("pfx"):
        path = tmp_path / "bot.pfx"
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"bot", key, signed, None, lock))
    else:
        path = tmp_path / "bot.pem"
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, lock)
        path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return Certificate(path=path, passphrase=passphrase)


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


def test_a_certificate_signs_an_assertion(
    tiny: TinyGraph,
    session: requests.Session,
    certificate: Certificate,
    key_and_certificate: tuple[rsa.RSAPrivateKey, x509.Certificate],
) -> None:
    """PEM and PFX, with and without passphrase, sign what the certificate's public key verifies."""
    tokens_with(certificate, tiny, session).token()

    assertion = forms(tiny)[0]["client_assertion"]
    public_key = key_and_certificate[0].public_key()
    claims = jwt.decode(assertion, public_key, algorithms=["PS256"], options={"verify_aud": False})
    assert claims["iss"] == claims["sub"] == "bot"


@pytest.mark.parametrize("content", ["", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"])
def test_a_file_without_key_is_a_refused_sign_in(
    tiny: TinyGraph, session: requests.Session, tmp_path: Path, content: str
) -> None:
    """A PEM file that holds no private key is named as the bot's own fault."""
    (tmp_path / "bot.pem").write_text(content)

    with pytest.raises(EntraSignInRefused, match="right file"):
        tokens_with(Certificate(path=tmp_path / "bot.pem"), tiny, session).token()


@pytest.mark.parametrize("name", ["bot.pem", "bot.pfx"])
def test_a_missing_file_is_a_refused_sign_in(
    tiny: TinyGraph, session: requests.Session, tmp_path: Path, name: str
) -> None:
    """A certificate file that is not there is named as the bot's own fault."""
    with pytest.raises(EntraSignInRefused, match="cannot be read"):
        tokens_with(Certificate(path=tmp_path / name), tiny, session).token()


def test_a_wrong_passphrase_is_a_refused_sign_in(
    tiny: TinyGraph, session: requests.Session, certificate: Certificate
) -> None:
    """A passphrase that does not fit the file, or that the file has no use for, is refused and not repeated."""
    wrong = Certificate(path=certificate.path, passphrase="wrong-canary")

    with pytest.raises(EntraSignInRefused) as caught:
        tokens_with(wrong, tiny, session).token()

    assert "canary" not in f"{caught.value} {caught.value.__context__}"


def test_a_federated_assertion_is_read_anew(tiny: TinyGraph, session: requests.Session, tmp_path: Path) -> None:
    """The platform's token file is read for every token request, for it changes under way."""
    token_file = tmp_path / "token"
    token_file.write_text("first\n")
    tokens = tokens_with(FederatedAssertion(token_file=token_file), tiny, session)
    stale = tokens.token()
    token_file.write_text("second\n")
    tokens.renew(stale)
    tokens.token()

    assert [form["client_assertion"] for form in forms(tiny)] == ["first", "second"]


def test_a_missing_assertion_is_a_refused_sign_in(
    tiny: TinyGraph, session: requests.Session, tmp_path: Path
) -> None:
    """A platform that gave no token file is named as the cause."""
    with pytest.raises(EntraSignInRefused, match="cannot be read"):
        tokens_with(FederatedAssertion(token_file=tmp_path / "none"), tiny, session).token()


@pytest.mark.parametrize("client_id", [None, "user-assigned"])
def test_a_managed_identity_asks_the_host(
    tiny: TinyGraph, session: requests.Session, monkeypatch: pytest.MonkeyPatch, client_id: str | None
) -> None:
    """Under App Service's variables the token comes from the host's own endpoint, and is kept in memory."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{tiny.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header-canary")
    later = str(int(datetime.now(UTC).timestamp()) + 3600)
    tiny.tell("GET /msi/token", Told(status=200, body={**token_body(1), "expires_on": later}))
    tokens = tokens_with(ManagedIdentity(client_id=client_id), tiny, session)

    assert tokens.token() == tokens.token() == token_body(1)["access_token"]
    (heard,) = tiny.heard
    assert f"resource={tiny.url}" in heard.query
    assert (f"client_id={client_id}" in heard.query) == (client_id is not None)


def test_a_host_without_identity_is_a_refused_sign_in(
    tiny: TinyGraph, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the host's endpoint refuses is the operator's to mend."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{tiny.url}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header-canary")
    tiny.tell("GET /msi/token", Told(status=400, body={"statusCode": 400, "message": "No such identity."}))

    with pytest.raises(EntraSignInRefused, match="No such identity"):
        tokens_with(ManagedIdentity(), tiny, session).token()


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
def test_a_secret_is_tried_out(
    tiny: TinyGraph, tiny_tokens: Tokens, answer: Told, *, expected: bool | None
) -> None:
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


@pytest.mark.parametrize(
    "credential", [ClientSecret(text="x-canary"), Certificate(path=Path("bot.pfx"), passphrase="x-canary")]
)
def test_credentials_do_not_show_themselves(credential: BotCredential) -> None:
    """Neither a credential nor what holds it can be printed."""
    tokens = Tokens(TENANT, "bot", credential)

    assert "canary" not in f"{credential!r} {credential!s} {tokens!r} {tokens!s}"


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
