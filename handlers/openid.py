"""Slack's OpenID Connect: where a browser is sent to sign in, and who came back (Slack, "Sign in with Slack").

The app is a confidential client: its code is exchanged from here, with its client secret. Slack offers PKCE to public
clients only, and makes an app one for good (Slack, "Using PKCE"), so the nonce binds the code to the browser instead.
The id_token comes straight from Slack over TLS, so that its signature need not be checked (OpenID Connect Core 1.0,
3.1.3.7, 6); who issued it, for whom, until when and for which sign-in are.
"""

import base64
import binascii
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast
from urllib.parse import urlencode, urlsplit

from slack_sdk.errors import SlackApiError

from bot.errors import SlackUnavailable
from handlers.slack_client import SlackClient
from handlers.slack_words import SPENT_CODE

_log = logging.getLogger(__name__)

CALLBACK_PATH: Final = "/secret/signed-in"
USER_ID: Final = "https://slack.com/user_id"
TEAM_ID: Final = "https://slack.com/team_id"
# Two clocks may differ; Slack gives an id_token five minutes ("openid.connect.token").
_LEEWAY: Final = timedelta(minutes=1)
# What will be another answer a little later, to the same question; the last two on the way back (RFC 6749, 4.1.2.1).
_PASSING: Final = frozenset(
    {"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable", "request_timeout"}
    | {"server_error", "temporarily_unavailable"}
)
_WORD: Final = re.compile(r"[a-z_]{1,100}")
_PERSON: Final = re.compile(r"[UW][A-Z0-9]{2,30}")
# What says that the client itself is not the one that Slack knows.
STRANGE_CLIENT: Final = frozenset({"invalid_client_id", "bad_client_secret", "invalid_client"})

Reason = Literal["spent", "elsewhere", "misset"]


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Slack says who it is: a person of our own workspace."""

    person_id: str


@dataclass(frozen=True, kw_only=True)
class NotSignedIn:
    """Nobody is signed in.

    `spent`: this sign-in is not good (any more). `elsewhere`: they signed in to another workspace. `misset`: Slack
    refuses the bot's own settings.
    """

    reason: Reason


@dataclass(frozen=True, kw_only=True)
class OpenIdClient:
    """The Slack app as a client of OpenID Connect, as its settings page knows it."""

    client_id: str
    client_secret: str = field(repr=False)
    public_url: str
    api_url: str

    @property
    def redirect_url(self) -> str:
        """Where Slack sends the browser back to; one of the app's redirect URLs."""
        return f"{self.public_url}{CALLBACK_PATH}"

    @property
    def issuer(self) -> str:
        """Who signs: the host of the Web API, without its path (Slack's own discovery document)."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}"


class OpenId:
    """Asks Slack who somebody is."""

    def __init__(
        self, client: OpenIdClient, slack: SlackClient, team: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        """`slack` carries no token: the client's own id and secret are the credential. `team` is our workspace."""
        self._client = client
        self._slack = slack
        self._team = team
        self._now = clock

    @property
    def cookie_key(self) -> bytes:
        """The key under which the page's cookies are signed: the same on every instance, and kept nowhere."""
        return hmac.digest(self._client.client_secret.encode(), b"register-app page cookies v1", hashlib.sha256)

    @property
    def redirect_url(self) -> str:
        """Where Slack sends the browser back to."""
        return self._client.redirect_url

    def address(self, state: str, nonce: str) -> str:
        """Return where to send the browser. Raises SlackUnavailable."""
        asked = {
            "response_type": "code",
            "client_id": self._client.client_id,
            "scope": "openid",
            "redirect_uri": self._client.redirect_url,
            "state": state,
            "nonce": nonce,
            "team": self._team(),
        }
        return f"{self._client.issuer}/openid/connect/authorize?{urlencode(asked)}"

    def who(self, code: str, nonce: str) -> SignedIn | NotSignedIn:
        """Exchange a code, once, for who signed in. Raises SlackUnavailable when Slack does not say."""
        word, answer = self._exchange(code)
        if word:
            return _refused(word, "openid.connect.token")
        claims = _claims(answer.get("id_token"))
        fault = self._fault(claims, nonce)
        if fault:
            _log.warning("A sign-in was refused: the id_token's %s does not hold.", fault)
            return NotSignedIn(reason="spent")
        if claims.get(TEAM_ID) != self._team():
            return NotSignedIn(reason="elsewhere")
        return SignedIn(person_id=claims[USER_ID])

    def sent_back_with(self, word: str) -> NotSignedIn:
        """Return what it means that Slack sent a browser back with an error's word. Raises SlackUnavailable."""
        if not _WORD.fullmatch(word):
            return NotSignedIn(reason="spent")
        if word in _PASSING:
            raise SlackUnavailable(f"openid.connect.authorize: {word}")
        return _refused(word, "openid.connect.authorize")

    def refusal(self) -> str:
        """Return Slack's word about a code that cannot be good: it tells whether the client is known."""
        return self._exchange("none")[0]

    def _exchange(self, code: str) -> tuple[str, Mapping[str, Any]]:
        """Return Slack's error word, empty for none, and its answer; neither is ever logged whole."""
        try:
            answer = self._slack.openid_connect_token(
                client_id=self._client.client_id,
                client_secret=self._client.client_secret,
                code=code,
                redirect_uri=self._client.redirect_url,
                grant_type="authorization_code",
            )
        except SlackApiError as error:
            word = str(error.response["error"])
            if word in _PASSING:
                raise SlackUnavailable(f"openid.connect.token: {word}") from None
            return word, {}
        except OSError as error:
            raise SlackUnavailable(f"openid.connect.token: {type(error).__name__}") from None
        return "", cast("Mapping[str, Any]", answer.data)

    def _fault(self, claims: Mapping[str, Any], nonce: str) -> str:
        """Return the name of the first claim that does not hold (OpenID Connect Core 1.0, 3.1.3.7); empty for none."""
        audience = claims.get("aud")
        rules = {
            "iss": claims.get("iss") == self._client.issuer,
            "aud": audience in (self._client.client_id, [self._client.client_id]),
            "exp": _is_after(claims.get("exp"), self._now() - _LEEWAY),
            "nonce": hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()),
            USER_ID: _PERSON.fullmatch(str(claims.get(USER_ID))) is not None,
        }
        return next((name for name, holds in rules.items() if not holds), "")


def _refused(word: str, call: str) -> NotSignedIn:
    if word in SPENT_CODE:
        return NotSignedIn(reason="spent")
    _log.error("Slack refuses the sign-in's settings: %s says %s.", call, word)
    return NotSignedIn(reason="misset")


def _is_after(seconds: object, moment: datetime) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds > moment.timestamp()


def _claims(id_token: object) -> Mapping[str, Any]:
    """Read the middle part of a JSON Web Token (RFC 7519); what is none, or no text in UTF-8, has no claims."""
    parts = str(id_token).split(".")
    try:
        found = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        # JSON can spell half of a character, which no encoding has (RFC 8259, 8.2).
        json.dumps(found, ensure_ascii=False).encode()
    except (IndexError, ValueError, RecursionError, binascii.Error):
        return {}
    return found if isinstance(found, dict) else {}
