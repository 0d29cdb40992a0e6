"""An answer has an end: of one that is too long, or that comes in drips, no more is read than anybody can use."""

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

#: The longest true answer is a page of service principals with all their scopes, about a MiB.
MOST_BYTES = 16 * 1024 * 1024
MOST_SECONDS = 60.0
_PIECE = 64 * 1024


class BoundedAdapter(HTTPAdapter):
    """Reads each answer whole, and gives up on one that does not end: `requests` alone limits neither size nor time."""

    def __init__(
        self,
        *,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = MOST_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._monotonic = monotonic
        super().__init__()

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]  # passed on as they come
        """Send a request and read its answer. Raises requests.ConnectionError for one that does not end."""
        response = super().send(request, **{**options, "stream": True})
        try:
            body = self._read(response)
        except (HTTPError, OSError) as error:
            response.close()
            # Its text is left out, because it holds the whole address.
            raise requests.ConnectionError(f"The answer broke off ({type(error).__name__}).") from None
        # What was read is no longer packed, and takes the place of the line.
        response.raw = BytesIO(body)
        return response

    def _read(self, response: requests.Response) -> bytes:
        began, pieces, size = self._monotonic(), [], 0
        # `read1` gives what is there; other ways of reading wait, however long, until a piece is full.
        while piece := response.raw.read1(_PIECE, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > self._most_bytes or self._monotonic() - began > self._most_seconds:
                raise OSError("The answer does not end.")
        return b"".join(pieces)


def bounded_session() -> requests.Session:
    """Return a session in which every answer has an end."""
    session = requests.Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, BoundedAdapter())
    return session
