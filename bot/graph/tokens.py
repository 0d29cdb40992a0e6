"""Tokens for Microsoft Graph, through MSAL; and the try-out of a client secret that was just made.

Source: Microsoft identity platform, "OAuth 2.0 client credentials flow" and "Microsoft Entra authentication and
authorization error codes".
"""

import base64
import json
import re
import threading
from typing import Any, Final

import msal  # type: ignore[import-untyped]  # MSAL ships no types.
import requests
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS  # type: ignore[import-untyped]  # As above.

from bot.errors import EntraSignInRefused, EntraUnavailable
from bot.graph.credentials import BotCredential, Certificate, ClientSecret, FederatedAssertion, ManagedIdentity
from bot.graph.token_wire import TokenWire, Unanswered, checked_root, https_twin, is_plain
from bot.model import SecretText

__all__ = [
    "PUBLIC_AUTHORITY",
    "PUBLIC_GRAPH",
    "BotCredential",
    "Certificate",
    "ClientSecret",
    "FederatedAssertion",
    "ManagedIdentity",
    "Tokens",
]

PUBLIC_AUTHORITY: Final = "https://login.microsoftonline.com"
PUBLIC_GRAPH: Final = "https://graph.microsoft.com"

_AADSTS: Final = re.compile(r"AADSTS(\d+)")
#: Wrong secret, and expired secret: the two answers that are about the secret itself.
_SECRET_REFUSED: Final = frozenset({"7000215", "7000222"})
#: "A transient error has occurred": Entra's own word for come back later.
_TRANSIENT: Final = frozenset({"90033"})
_TRANSIENT_WORDS: Final = frozenset({"temporarily_unavailable", "server_error"})


class Tokens:
    """The bot's tokens, kept in memory by one MSAL object that is made at the first call.

    `http` carries every request; safe to use from any thread. `client_id` may be anything under a managed identity.
    """

    def __init__(
        self,
        tenant_id: str,
        client_id: str,
        credential: BotCredential,
        authority: str = PUBLIC_AUTHORITY,
        graph_root: str = PUBLIC_GRAPH,
        http: requests.Session | None = None,
    ) -> None:
        self._login = checked_root(authority)
        self._tenant_id = tenant_id
        self._client_id = client_id
        self._credential = credential
        self._graph_root = checked_root(graph_root)
        self._wire = TokenWire(http or requests.Session(), self._login if is_plain(self._login) else None)
        self._lock = threading.Lock()
        self._application: Any = None
        self._latest = ""

    def __repr__(self) -> str:
        return f"Tokens({self.authority!r}, {self._client_id!r}, {self._credential!r})"

    @property
    def authority(self) -> str:
        """The authority with its tenant, as a client application is configured with it."""
        return f"{self._login}/{self._tenant_id}"

    @property
    def token_endpoint(self) -> str:
        """Where a client application asks for its tokens."""
        return f"{self.authority}/oauth2/v2.0/token"

    def token(self) -> str:
        """Return a token for Graph, from memory while it is good.

        Raises EntraSignInRefused when Entra does not accept the bot, EntraUnavailable when it does not answer.
        """
        answer, error = self._asked()
        if error is not None:
            raise error
        if "access_token" not in answer:
            raise _refusal(answer)
        self._latest = str(answer["access_token"])
        return self._latest

    def renew(self, stale: str) -> None:
        """Forget the token `stale`, unless somebody was faster; the next `token` asks Entra."""
        with self._lock:
            if stale == self._latest:
                self._application = None

    def roles(self) -> frozenset[str]:
        """The application permissions that the bot's token carries; empty when it cannot be read.

        Microsoft calls access tokens opaque to clients: good enough to tell an operator what is missing, no more.
        """
        parts = self.token().split(".")
        try:
            claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
            return frozenset(str(role) for role in claims.get("roles", ()))
        except (IndexError, ValueError, AttributeError, TypeError):
            return frozenset()

    def try_secret(self, app_id: str, text: SecretText) -> bool | None:
        """Ask Entra for a token as the application `app_id`: True accepted, False refused, None not proven.

        A secret is refused for some seconds after it was made, so False is no last word on a young one.
        """
        form = {
            "grant_type": "client_credentials",
            "client_id": app_id,
            "client_secret": text.reveal(),
            "scope": f"{self._graph_root}/.default",
        }
        try:
            response = self._wire.post(self.token_endpoint, data=form, allow_redirects=False)
            body = json.loads(response.content)
        except (requests.RequestException, ValueError):
            return None
        if not isinstance(body, dict):
            return None
        if response.ok and "access_token" in body:
            return True
        return False if _codes(body) & _SECRET_REFUSED else None

    def _asked(self) -> tuple[dict[str, Any], EntraSignInRefused | EntraUnavailable | None]:
        """The answer, or the error to raise once the handler is left: a chained error might know too much."""
        try:
            return self._ask(), None
        except Unanswered as error:
            return {}, EntraUnavailable(str(error), status=error.status, retry_after=error.retry_after)
        except json.JSONDecodeError:
            return {}, EntraUnavailable("The token endpoint's answer could not be read.")
        except (OSError, ValueError, TypeError) as error:  # TypeError: a passphrase for a key that has none.
            return {}, EntraSignInRefused(_what_is_wrong(error))

    def _ask(self) -> dict[str, Any]:
        with self._lock:
            if self._application is None:
                self._application = self._build()
            application = self._application
        if isinstance(self._credential, ManagedIdentity):
            answer = application.acquire_token_for_client(resource=self._graph_root)
        else:
            answer = application.acquire_token_for_client([f"{self._graph_root}/.default"])
        return answer if isinstance(answer, dict) else {}

    def _build(self) -> Any:
        if isinstance(self._credential, ManagedIdentity):
            return msal.ManagedIdentityClient(_identity(self._credential), http_client=self._managed_wire())
        authority = https_twin(self.authority)
        known = self._login.removeprefix("https://") in WELL_KNOWN_AUTHORITY_HOSTS
        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=self._credential.for_msal(),
            authority=authority,
            # MSAL would ask Microsoft about an authority that it does not know; the operator has named it.
            instance_discovery=None if known else False,
            http_client=self._wire,
        )

    def _managed_wire(self) -> TokenWire:
        """The host's own endpoint is plain http on the host, so nothing is sent elsewhere."""
        return TokenWire(self._wire.inner)


def _identity(credential: ManagedIdentity) -> Any:
    if credential.client_id is None:
        return msal.SystemAssignedManagedIdentity()
    return msal.UserAssignedManagedIdentity(client_id=credential.client_id)


def _codes(body: dict[str, Any]) -> frozenset[str]:
    return frozenset(_AADSTS.findall(str(body.get("error_description", ""))))


def _refusal(answer: dict[str, Any]) -> EntraSignInRefused | EntraUnavailable:
    word = str(answer.get("error") or "no_token")
    codes = _codes(answer)
    first_line = str(answer.get("error_description") or word).splitlines()[0]
    request_id = str(answer.get("correlation_id") or "")
    if word in _TRANSIENT_WORDS or codes & _TRANSIENT:
        return EntraUnavailable(first_line, code=word, request_id=request_id)
    code = f"AADSTS{min(codes)}" if codes else word
    return EntraSignInRefused(first_line, status=401, code=code, request_id=request_id)


def _what_is_wrong(error: Exception) -> str:
    """A sentence for the operator; the text of a library's error is not repeated, for it may quote what it read."""
    if isinstance(error, OSError):
        return f"The bot's credential file cannot be read ({type(error).__name__})."
    if "authority configuration" in str(error):
        return "Entra knows no such tenant at this authority."
    return "The bot's credential cannot be used: is it the right file, and the right passphrase?"
