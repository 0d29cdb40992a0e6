"""What is turned away at the door, before the desk or Slack's framework hears of it."""

import re
from collections.abc import Callable
from typing import Final

from flask import Request
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    RequestEntityTooLarge,
    Unauthorized,
    UnsupportedMediaType,
)
from werkzeug.wrappers import Response

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"

# A browser that fetches ahead of its user says so in one of these (HTML, "Speculative loading"; X-Moz is
# the older word of Firefox, Purpose that of Safari and Chromium).
_AHEAD: Final = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}", re.ASCII)


def not_ahead(request: Request) -> None:
    """Refuse (403) what a browser fetches ahead of its user."""
    if any(request.headers.get(name) for name in _AHEAD):
        raise Forbidden


def own_page_only(request: Request, origin: str) -> None:
    """Refuse (403) what another site, a preview or a browser fetching ahead sends.

    The token in the body is itself unguessable, and the cookie of a signed-in viewer goes to no other site's
    requests (SameSite=Strict); this is the second wall.
    A form on a page with `Referrer-Policy: no-referrer` sends `Origin: null` (Fetch Standard, "append a request
    `Origin` header"), so null counts as ours when Sec-Fetch-Site vouches for it, and only then.
    """
    not_ahead(request)
    site = request.headers.get("Sec-Fetch-Site")
    if site not in {None, "same-origin"}:
        raise Forbidden
    allowed = {None, origin} if site is None else {None, origin, "null"}
    if request.headers.get("Origin") not in allowed:
        raise Forbidden


def readable(request: Request, kinds: frozenset[str], most_bytes: int) -> None:
    """Refuse a body of another kind (415) or a longer one (413); the body is read here, and kept."""
    if request.mimetype not in kinds:
        raise UnsupportedMediaType
    _read(request, most_bytes)


def guarded(slack: Callable[[Request], Response], most_bytes: int) -> Callable[[Request], Response]:
    """Return `slack` behind a door that only well-formed signatures and bodies of a sane length pass.

    Slack's SDK raises ValueError for a timestamp that is no number and TypeError for a signature outside ASCII,
    which would be a 500 to anybody (Slack, "Verifying requests from Slack", gives the form of both headers).
    Whether the signature is right is for the framework behind to say.
    """

    def answer(request: Request) -> Response:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not (_TIMESTAMP.fullmatch(timestamp) and _SIGNATURE.fullmatch(signature)):
            raise Unauthorized
        _read(request, most_bytes)
        return slack(request)

    return answer


def _read(request: Request, most_bytes: int) -> None:
    # Werkzeug cuts a body of unstated length at the limit without a word; one byte more tells it from a whole one.
    request.max_content_length = most_bytes + 1
    try:
        body = request.get_data(cache=True)
    except HTTPException:
        raise
    except Exception as error:
        # The server below has classes of its own for broken chunks and lost lines; none is a failure of ours.
        raise BadRequest from error
    if len(body) > most_bytes:
        raise RequestEntityTooLarge
