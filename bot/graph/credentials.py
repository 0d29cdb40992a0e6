"""The four ways in which the bot proves to Entra who it is; none of them shows itself when printed.

The dictionaries are those that MSAL for Python documents for `ConfidentialClientApplication.client_credential`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_PFX_ENDINGS: Final = frozenset({".pfx", ".p12"})
_PRIVATE_KEY: Final = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)
_CERTIFICATE: Final = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class ClientSecret:
    """The bot's own client secret. Microsoft advises against it in production."""

    text: str = field(repr=False)

    def for_msal(self) -> str:
        """Return what MSAL takes as the credential."""
        return self.text


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """A private key with its certificate: a PFX file (.pfx, .p12), or a PEM file that holds both."""

    path: Path
    passphrase: str | None = field(default=None, repr=False)

    def for_msal(self) -> dict[str, Any]:
        """Return what MSAL takes as the credential; the PEM file is read now, a PFX file by MSAL.

        Raises OSError when the file cannot be read, ValueError when it holds no key or no certificate.
        """
        secret = {} if self.passphrase is None else {"passphrase": self.passphrase}
        if self.path.suffix.lower() in _PFX_ENDINGS:
            self.path.open("rb").close()
            return {"private_key_pfx_path": str(self.path), **secret}
        pem = self.path.read_text(encoding="ascii")
        key, certificates = _PRIVATE_KEY.search(pem), _CERTIFICATE.findall(pem)
        if key is None or not certificates:
            raise ValueError("The PEM file must hold a private key and its certificate.")
        return {"private_key": key[0], "public_certificate": "\n".join(certificates), **secret}


@dataclass(frozen=True, kw_only=True)
class ManagedIdentity:
    """The identity that Azure gives to the host; `client_id` names a user-assigned one."""

    client_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class FederatedAssertion:
    """A token of another issuer, in a file that its platform keeps fresh (workload identity federation)."""

    token_file: Path

    def for_msal(self) -> dict[str, Callable[[], str]]:
        """Return what MSAL takes as the credential: the file is read anew for every token request."""
        return {"client_assertion": self._read}

    def _read(self) -> str:
        return self.token_file.read_text(encoding="ascii").strip()


BotCredential = ClientSecret | Certificate | ManagedIdentity | FederatedAssertion
