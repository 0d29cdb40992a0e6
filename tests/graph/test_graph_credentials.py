"""The ways in which the bot proves who it is, through the real MSAL."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from bot.errors import EntraSignInRefused
from bot.graph.tokens import (
    BotCredential,
    Certificate,
    ClientSecret,
    FederatedAssertion,
    ManagedIdentity,
    Tokens,
)
from tests.graph.shapes import (
    forms,
    tokens_with,
)
from tests.graph.tiny_graph import TENANT, TinyGraph, Told, token_body

PASSPHRASE = "passphrase-canary"


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


def test_a_missing_assertion_is_a_refused_sign_in(tiny: TinyGraph, session: requests.Session, tmp_path: Path) -> None:
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


@pytest.mark.parametrize(
    "credential", [ClientSecret(text="x-canary"), Certificate(path=Path("bot.pfx"), passphrase="x-canary")]
)
def test_credentials_do_not_show_themselves(credential: BotCredential) -> None:
    """Neither a credential nor what holds it can be printed."""
    tokens = Tokens(TENANT, "bot", credential)

    assert "canary" not in f"{credential!r} {credential!s} {tokens!r} {tokens!s}"
