"""What came back from Graph, read once into a value, and the error of ours that it amounts to.

Source: Microsoft Graph, "Error responses and resource types": branch on codes, not on messages. Where Graph's codes
are too coarse to branch on, its texts are matched as well; the one table of them is SAYINGS.
"""

import enum
import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from bot.errors import (
    EntraMissing,
    EntraRefused,
    EntraSignInRefused,
    EntraUnavailable,
    EntraUnintelligible,
    EntraUnknownYet,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer, or the lack of one (`status` 0); `reached` is false when nothing was sent at all."""

    status: int
    code: str = ""
    message: str = ""
    details: frozenset[str] = frozenset()
    request_id: str = ""
    retry_after: float | None = None
    reached: bool = True
    body: Any = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the call was carried out."""
        return HTTPStatus.OK <= self.status < HTTPStatus.MULTIPLE_CHOICES


class Saying(enum.Enum):
    """A meaning that Graph expresses by more than a status."""

    CONCURRENT_WRITE = enum.auto()
    NO_BACKING_APPLICATION_YET = enum.auto()
    NO_SUCH_PASSWORD = enum.auto()
    SERVICE_PRINCIPAL_EXISTS = enum.auto()
    UNIQUE_NAME_TAKEN = enum.auto()
    UNIQUE_NAME_UNWELCOME = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Words:
    """How Graph says it: one of `statuses`, together with one of `codes` or one of `texts` (in small letters)."""

    statuses: frozenset[int]
    codes: frozenset[str] = frozenset()
    texts: tuple[str, ...] = ()


#: Every text of Graph's that this product matches stands here and nowhere else.
SAYINGS: Final[Mapping[Saying, tuple[Words, ...]]] = {
    Saying.CONCURRENT_WRITE: (Words(statuses=frozenset({409}), codes=frozenset({"Directory_ConcurrencyViolation"})),),
    Saying.NO_BACKING_APPLICATION_YET: (
        Words(
            statuses=frozenset({400}),
            codes=frozenset({"NoBackingApplicationObject"}),
            texts=("does not reference a valid application object",),
        ),
        # The grammar is Microsoft's. It reads like a missing permission and means that replication is not done.
        Words(statuses=frozenset({403}), texts=("backing application of the service principal being created",)),
    ),
    Saying.NO_SUCH_PASSWORD: (Words(statuses=frozenset({400}), texts=("no password credential found with keyid",)),),
    Saying.SERVICE_PRINCIPAL_EXISTS: (
        Words(
            statuses=frozenset({400, 409}),
            codes=frozenset({"Request_MultipleObjectsWithSameKeyValue"}),
            texts=("already in use", "already exists"),
        ),
    ),
    Saying.UNIQUE_NAME_TAKEN: (
        Words(statuses=frozenset({400, 409}), texts=("same value for property uniquename already exists",)),
    ),
    # Asked after UNIQUE_NAME_TAKEN: any other complaint about this property means that it may not be sent.
    Saying.UNIQUE_NAME_UNWELCOME: (Words(statuses=frozenset({400}), texts=("uniquename",)),),
}


def says(answer: Answer, saying: Saying) -> bool:
    """Whether `answer` means `saying`."""
    text = answer.message.lower()
    codes = answer.details | {answer.code}
    return any(
        answer.status in words.statuses and (bool(codes & words.codes) or any(part in text for part in words.texts))
        for words in SAYINGS[saying]
    )


def seconds_to_wait(header: str | None) -> float | None:
    """Read a Retry-After header; Graph sends whole seconds, and anything else counts as not said."""
    text = (header or "").strip()
    return float(text) if text.isascii() and text.isdigit() else None


def read_answer(response: requests.Response) -> Answer:
    """Read one HTTP answer. A success whose body cannot be read counts as no answer: it may have taken effect."""
    try:
        body = json.loads(response.content) if response.content else None
    except (ValueError, RecursionError):
        body, readable = None, False
    else:
        readable = True
    ok = HTTPStatus.OK <= response.status_code < HTTPStatus.MULTIPLE_CHOICES
    if ok and not readable:
        return Answer(status=0, message="The answer could not be read.", request_id=_request_id(response, {}))
    error = {} if ok else _mapping(_mapping(body).get("error"))
    return Answer(
        status=response.status_code,
        code=str(error.get("code") or ""),
        message=str(error.get("message") or ("" if ok else response.reason or "")),
        details=_detail_codes(error),
        request_id=_request_id(response, error),
        retry_after=seconds_to_wait(response.headers.get("Retry-After")),
        body=body,
    )


@contextmanager
def understood() -> Iterator[None]:
    """Make of an answer that has another shape than Graph documents what it amounts to: no answer.

    Raises EntraUnintelligible, which says that the call may have been carried out. What was raised in reading is left
    out but for its kind and its place: its text may hold what stood in the answer.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as unreadable:
        kind, place = type(unreadable).__name__, traceback.extract_tb(unreadable.__traceback__)[-1]
    else:
        return
    _log.warning("An answer of Graph's could not be read: %s in %s, line %s", kind, place.name, place.lineno)
    raise EntraUnintelligible(f"Graph's answer could not be understood ({kind}).", effect="unclear")


def no_answer(error: requests.RequestException) -> Answer:
    """What it means that requests raised `error`; its text is left out, because it holds the whole address."""
    return Answer(status=0, message=f"Graph did not answer ({type(error).__name__}).", reached=not _never_sent(error))


def unavailable(answer: Answer, *, unclear: bool = False) -> EntraUnavailable:
    """The error for an answer that waiting may change; `unclear` when the call may have been carried out."""
    kind = EntraUnknownYet if says(answer, Saying.NO_BACKING_APPLICATION_YET) else EntraUnavailable
    return kind(
        answer.message,
        status=answer.status,
        code=answer.code,
        request_id=answer.request_id,
        effect="unclear" if unclear else "none",
        retry_after=answer.retry_after or 0.0,
    )


def refusal(answer: Answer) -> EntraRefused:
    """The error for an answer that waiting does not change."""
    kinds: dict[int, type[EntraRefused]] = {
        HTTPStatus.UNAUTHORIZED: EntraSignInRefused,
        HTTPStatus.NOT_FOUND: EntraMissing,
    }
    kind = kinds.get(answer.status, EntraRefused)
    return kind(answer.message, status=answer.status, code=answer.code, request_id=answer.request_id)


def will_pass(answer: Answer) -> bool:
    """Whether waiting may help: no answer, throttled, down, written to by somebody else, or not yet replicated."""
    if answer.status in {0, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}:
        return True
    passing = (Saying.CONCURRENT_WRITE, Saying.NO_BACKING_APPLICATION_YET)
    return answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or any(says(answer, saying) for saying in passing)


def _never_sent(error: requests.RequestException) -> bool:
    """Whether `error` proves that no connection came about; what is not proven counts as sent."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _detail_codes(error: Mapping[str, Any]) -> frozenset[str]:
    details = error.get("details")
    return frozenset(
        str(detail.get("code")) for detail in (details if isinstance(details, list) else []) if isinstance(detail, dict)
    )


def _request_id(response: requests.Response, error: Mapping[str, Any]) -> str:
    return str(response.headers.get("request-id") or _mapping(error.get("innerError")).get("request-id") or "")
