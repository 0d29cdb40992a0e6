"""A signed word in place of a client secret.

Sources: Microsoft identity platform, "Certificate credentials" and "Workload identity federation".
"""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from tests.sandbox.entra.tokens import unpacked


@dataclass(frozen=True, kw_only=True)
class Federation:
    """Another issuer whose word for one subject is as good as a secret; its signature is not looked at here."""

    issuer: str
    subject: str


@dataclass(frozen=True, kw_only=True)
class TrustedCertificate:
    """A certificate of the bot's: its SHA-256 and SHA-1 thumbprints in hexadecimal, and its public key."""

    sha256: str
    sha1: str
    key: RSAPublicKey

    @classmethod
    def read(cls, pem: str) -> "TrustedCertificate":
        """Read a PEM certificate with an RSA key; raises ValueError for anything else."""
        certificate = x509.load_pem_x509_certificate(pem.encode())
        key = certificate.public_key()
        if not isinstance(key, RSAPublicKey):
            raise ValueError("Only RSA certificates are emulated.")  # noqa: TRY004 - the certificate's value is wrong
        der = certificate.public_bytes(Encoding.DER)
        # Entra names certificates by SHA-1 still, though MSAL sends SHA-256 today.
        sha1 = hashlib.sha1(der, usedforsecurity=False).hexdigest()
        return cls(sha256=hashlib.sha256(der).hexdigest(), sha1=sha1, key=key)


def certificate_holds(assertion: str, certificate: TrustedCertificate | None, client_id: str, audience: str) -> bool:
    """Whether `assertion` was signed for `client_id` with the key of `certificate`, and has not run out.

    It runs out by the computer's clock, because the client signs by it. `audience` is the token endpoint's path.
    """
    if certificate is None:
        return False
    try:
        header = jwt.get_unverified_header(assertion)
        if _named(header) not in {certificate.sha256, certificate.sha1}:
            return False
        claims = jwt.decode(
            assertion, certificate.key, algorithms=["PS256", "RS256"], options={"verify_aud": False, "require": ["exp"]}
        )
    except (jwt.PyJWTError, ValueError):
        return False
    return bool(claims.get("iss") == claims.get("sub") == client_id and str(claims.get("aud")).endswith(audience))


def federation_holds(assertion: str, federation: Federation | None) -> bool:
    """Whether `assertion` is the trusted issuer's word for the trusted subject, meant for Entra."""
    parts = assertion.split(".")
    if federation is None or len(parts) != 3:
        return False
    try:
        claims = unpacked(parts[1])
    except ValueError:
        return False
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    said = (claims.get("iss"), claims.get("sub"))
    return said == (federation.issuer, federation.subject) and "api://AzureADTokenExchange" in audiences


def _named(header: dict[str, Any]) -> str:
    """The thumbprint that the assertion names, in hexadecimal."""
    said = str(header.get("x5t#S256") or header.get("x5t") or "")
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4)).hex()
