"""The HTTP under MSAL: timeouts, no surprises from the host, and the way to an Entra on loopback.

MSAL for Python takes any `http_client` with `get` and `post`; it is a `requests.Session` here because MSAL's
managed identity on Service Fabric asks for one.
"""

import json
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.auth import AuthBase

from bot.graph.answers import seconds_to_wait

#: Seconds to connect and seconds between two bytes of an answer, for every call to Microsoft.
TIMEOUT: Final = (5.0, 20.0)

_LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_NO_ANSWER: Final = "The token endpoint is busy or down, or its answer cannot be read."


def checked_root(url: str) -> str:
    """Return `url` without a slash at its end.

    Raises ValueError for plain http to anywhere but this machine: a bearer token would travel readable.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS):
        return url.rstrip("/")
    raise ValueError(f"{url} must begin with https://; plain http is for an Entra on this machine only.")


def is_plain(url: str) -> bool:
    """Whether `url` is plain http, which MSAL refuses."""
    return urlsplit(url).scheme == "http"


def https_twin(url: str) -> str:
    """The same address as https, for MSAL's eyes only."""
    return urlunsplit(urlsplit(url)._replace(scheme="https"))


def _is_answer(response: requests.Response) -> bool:
    """Whether MSAL shall see `response`: what is meant, and can be read."""
    busy = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or response.status_code in busy:
        return False
    # A host's own endpoint says what it wants in the headers of a 401, and in the body whatever it likes.
    return response.status_code == HTTPStatus.UNAUTHORIZED or _is_object(response.content)


def _is_object(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except (ValueError, RecursionError):
        return False


class Unanswered(requests.RequestException):
    """The token endpoint gave no answer worth reading; its text names neither address nor body.

    It is one of `requests`' own so that MSAL falls back on a cached token that is still good.
    """

    def __init__(self, message: str, *, status: int = 0, retry_after: float = 0.0) -> None:
        self.status = status
        self.retry_after = retry_after
        super().__init__(message)


class NoPassword(AuthBase):
    """Keeps requests from adding what a .netrc file says: it would replace our own authorization."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


class TokenWire(requests.Session):
    """A session that sends every request through `inner`, and to `loopback` alone when that is given."""

    def __init__(self, inner: requests.Session, loopback: str | None = None) -> None:
        super().__init__()
        self.inner = inner
        self._loopback = loopback

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send one request; what will pass by waiting is raised as Unanswered, so that MSAL caches none of it."""
        kwargs.setdefault("timeout", TIMEOUT)
        kwargs.setdefault("auth", NoPassword())
        # A redirect would carry the credential to an address that nobody configured.
        kwargs["allow_redirects"] = False
        try:
            response = self.inner.request(method, self._really(str(url)), *args, **kwargs)
        except requests.RequestException as error:
            trouble = Unanswered(f"The token endpoint did not answer ({type(error).__name__}).")
        else:
            if _is_answer(response):
                return self._as_https(response)
            wait = seconds_to_wait(response.headers.get("Retry-After")) or 0.0
            trouble = Unanswered(_NO_ANSWER, status=response.status_code, retry_after=wait)
        # Raised out here so that requests' own error, which knows address and body, is not chained to it.
        raise trouble

    def _really(self, url: str) -> str:
        """In loopback mode every address, whatever its host, is asked of this machine."""
        if self._loopback is None:
            return url
        here = urlsplit(self._loopback)
        return urlunsplit(urlsplit(url)._replace(scheme=here.scheme, netloc=here.netloc))

    def _as_https(self, response: requests.Response) -> requests.Response:
        """Let MSAL read the loopback's own addresses as https too, for it refuses http there as well."""
        if self._loopback is not None:
            plain, twin = self._loopback.encode(), https_twin(self._loopback).encode()
            response._content = response.content.replace(plain, twin)  # noqa: SLF001 - requests has no other way to change a body
        return response
