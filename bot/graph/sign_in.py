"""Signing in to Entra, counted: without this nobody would see that the bot's own credential has ended."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Final, Protocol

from bot.errors import EntraSignInRefused, EntraUnavailable
from bot.graph.tokens import Tokens

SIGN_IN: Final = "sign in"


class TokenSource(Protocol):
    """What a client of Graph needs to know of tokens."""

    def token(self) -> str:
        """Return a token for Graph. Raises EntraSignInRefused and EntraUnavailable."""

    def renew(self, stale: str) -> None:
        """Forget the token `stale`, unless somebody was faster."""


class CountedTokens:
    """Tokens that tell `answered` how each sign-in ended; a token that is still good is none."""

    def __init__(self, tokens: Tokens, answered: Callable[[str, int], None]) -> None:
        """`answered` hears `sign in` and an HTTP status, 0 for no answer that could be read."""
        self._tokens = tokens
        self._answered = answered
        self._lock = threading.Lock()
        self._latest = ""

    def token(self) -> str:
        """Return a token for Graph. Raises EntraSignInRefused and EntraUnavailable."""
        try:
            token = self._tokens.token()
        except EntraSignInRefused:
            # Whatever its status: with a credential that cannot be read on this host nobody is let in either.
            self._answered(SIGN_IN, HTTPStatus.UNAUTHORIZED)
            raise
        except EntraUnavailable as error:
            self._answered(SIGN_IN, error.status if error.status >= HTTPStatus.BAD_REQUEST else 0)
            raise
        if self._is_new(token):
            self._answered(SIGN_IN, HTTPStatus.OK)
        return token

    def renew(self, stale: str) -> None:
        """Forget the token `stale`, unless somebody was faster."""
        self._tokens.renew(stale)

    def _is_new(self, token: str) -> bool:
        with self._lock:
            before, self._latest = self._latest, token
        return token != before
