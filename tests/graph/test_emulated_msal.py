"""The real MSAL signs in at the local Entra in each of the ways that the bot may be given."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import msal  # type: ignore[import-untyped]  # MSAL ships no types.
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.sandbox.entra import Entra
from tests.sandbox.entra.probe import Probe, StandingClock
from tests.sandbox.entra.tenant import now

_LOGIN = "https://login.microsoftonline.com"
_SCOPES = ["https://graph.microsoft.com/.default"]


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(StandingClock()) as entra, Probe(entra) as probe:
        yield probe


class Detour:
    """An http_client for MSAL: every address is asked of the emulator, and read as Microsoft's."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe

    def get(self, url: str, **how: Any) -> requests.Response:
        """GET as MSAL asks for it."""
        return self._ask("GET", url, **how)

    def post(self, url: str, **how: Any) -> requests.Response:
        """POST as MSAL asks for it."""
        return self._ask("POST", url, **how)

    def close(self) -> None:
        """The session belongs to the probe."""

    def _ask(self, method: str, url: str, **how: Any) -> requests.Response:
        root = self._probe.entra.authority
        how.setdefault("timeout", 10)
        answer = self._probe.session.request(method, url.replace(_LOGIN, root), **how)
        answer._content = answer.content.replace(root.encode(), _LOGIN.encode())
        return answer


def application(probe: Probe, credential: Any) -> Any:
    """MSAL's client for the bot, with instance discovery left on."""
    return msal.ConfidentialClientApplication(
        probe.entra.bot_client_id,
        client_credential=credential,
        authority=f"{_LOGIN}/{probe.entra.tenant_id}",
        http_client=Detour(probe),
    )


def certificate() -> tuple[str, str]:
    """A self-signed certificate and its private key, both PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Register App")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return made.public_bytes(Encoding.PEM).decode(), private.decode()


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_msal_gets_a_token(probe: Probe) -> None:
    """The real MSAL finds the tenant, signs in with a secret, and the token says who, where and what for."""
    answer = application(probe, probe.entra.bot_secret).acquire_token_for_client(_SCOPES)

    claims = claims_of(answer["access_token"])
    entra = probe.entra
    assert (entra.bot_client_id, entra.bot_service_principal_id, entra.tenant_id) == (
        claims["appid"],
        claims["oid"],
        claims["tid"],
    )
    assert (
        claims["aud"],
        claims["roles"],
    ) == ("https://graph.microsoft.com", ["Application.ReadWrite.OwnedBy", "User.ReadBasic.All"])


def test_msal_is_told_that_a_secret_is_wrong(probe: Probe) -> None:
    """MSAL hands on Entra's word and number for a wrong secret."""
    answer = application(probe, "wrong").acquire_token_for_client(_SCOPES)

    assert (answer["error"], answer["error_codes"]) == ("invalid_client", [7000215])


def test_msal_signs_in_with_a_certificate(probe: Probe) -> None:
    """A registered certificate is as good as a secret; another one is refused, and so is the same key's twin."""
    pem, key = certificate()
    thumbprint = probe.entra.trust_certificate(pem)
    other_pem, other_key = certificate()
    credentials: list[dict[str, str]] = [
        {"private_key": key, "public_certificate": pem},
        {"private_key": other_key, "public_certificate": other_pem},
        {"private_key": other_key, "public_certificate": pem},
    ]

    answers = [application(probe, credential).acquire_token_for_client(_SCOPES) for credential in credentials]

    assert [answer.get("error_codes") for answer in answers] == [None, [700027], [700027]]
    assert thumbprint == probe.entra.bot_certificate_thumbprint


@pytest.mark.parametrize(
    ("issuer", "audience", "status"),
    [
        ("https://issuer.example", "api://AzureADTokenExchange", 200),
        ("https://issuer.example", "somebody else", 401),
        ("https://other.example", "api://AzureADTokenExchange", 401),
    ],
)
def test_another_issuer_may_speak_for_the_bot(probe: Probe, issuer: str, audience: str, status: int) -> None:
    """A token of the trusted issuer, for the trusted subject and meant for Entra, signs the bot in."""
    probe.entra.trust_federation("https://issuer.example", "repo:bot")
    word = jwt.encode({"iss": issuer, "sub": "repo:bot", "aud": audience}, "k" * 32, algorithm="HS256")

    answer = probe.sign_in(
        client_secret="",
        client_assertion=word,
        client_assertion_type="urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    )

    assert status == answer.status_code


def test_msal_signs_in_as_the_host_s_identity(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the host's endpoint and header in the environment, MSAL gets the bot's token without any credential."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", probe.entra.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", probe.entra.identity_header)
    client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=probe.session)

    answer = client.acquire_token_for_client(resource="https://graph.microsoft.com")

    assert probe.entra.bot_client_id == claims_of(answer["access_token"])["appid"]
