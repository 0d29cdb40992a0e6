"""The one door to Microsoft Graph v1.0: timeouts, repetition, one log line a call, and Graph's errors as ours."""

import logging
import random
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from bot.errors import EntraRefused, EntraUnavailable
from bot.graph import odata
from bot.graph.answers import Answer, Saying, no_answer, read_answer, refusal, says, unavailable, will_pass
from bot.graph.retries import Attempt, leaves_open, pause, worth_repeating
from bot.graph.sign_in import TokenSource
from bot.graph.token_wire import TIMEOUT, checked_root

_log = logging.getLogger(__name__)
#: Spreads simultaneous repeats; the operating system's source needs no seed and no lock.
_jitter: Final = random.SystemRandom().random
_HARMLESS_TWICE: Final = frozenset({"GET", "DELETE", "PATCH"})
_VERSION: Final = "/v1.0"
#: What a healthy bot hears every day: that something is not there yet, or is there already.
_FOUND_OUT: Final = frozenset(Saying) - {Saying.CONCURRENT_WRITE}


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call as its author sees it.

    `template` is the path with `{placeholders}`, `names` fills them; only the template is ever logged. `repeatable`
    says that doing it twice leaves what doing it once leaves; unsaid, it follows from the method. For
    `settling_seconds` answers that a young object gets by replication are waited out.
    """

    method: str
    template: str
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool | None = None
    settling_seconds: float = 0.0

    @property
    def harmless_twice(self) -> bool:
        """Whether it may be repeated although it may have been carried out."""
        return self.method in _HARMLESS_TWICE if self.repeatable is None else self.repeatable

    @property
    def address(self) -> str:
        """The path below the version, with its query."""
        return odata.path(self.template, self.names) + odata.query(self.query)


class _Bearer(AuthBase):
    """Puts the token on one request, last, so that no .netrc file replaces it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the one header."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


@dataclass(kw_only=True)
class _Course:
    """How one call is going."""

    began: float
    client_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    tries: int = 0
    unclear: bool = False
    renewed: bool = False
    gave_up: bool = False


class GraphClient:
    """Calls to Graph at `root`, each tried for at most about `patience_seconds`; safe to use from any thread."""

    def __init__(  # noqa: PLR0913 - the seams of the one door, each with a value that suits the product
        self,
        tokens: TokenSource,
        root: str,
        session: requests.Session,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        patience_seconds: float = 60.0,
        *,
        answered: Callable[[str, int], None] = lambda _call, _status: None,
    ) -> None:
        """`answered` hears of every call that was made: its method and template, and a status, 0 for no answer.

        The status is Graph's own, but for what was only found out by asking: that is told as 404, as in no refusal.
        """
        self._tokens = tokens
        self._root = checked_root(root)
        self._session = session
        self._sleep = sleep
        self._monotonic = monotonic
        self._patience_seconds = patience_seconds
        self._answered = answered

    @property
    def root(self) -> str:
        """Graph's root, without the version."""
        return self._root

    def with_patience(self, seconds: float) -> "GraphClient":
        """The same client for calls that somebody is waiting for (or nobody is)."""
        return GraphClient(
            self._tokens, self._root, self._session, self._sleep, self._monotonic, seconds, answered=self._answered
        )

    def call(self, call: Call) -> Any:
        """Make `call` and return the answer's body, parsed; None when it has none.

        Raises EntraUnavailable (its `effect` says whether the call may have been carried out), EntraSignInRefused,
        EntraMissing or EntraRefused.
        """
        answer = self.ask(call)
        if not answer.ok:
            raise refusal(answer)
        return answer.body

    def ask(self, call: Call) -> Answer:
        """Make `call` and return its last answer, a refusal too: for callers to whom a refusal means something.

        Raises EntraUnavailable and EntraSignInRefused as `call` does.
        """
        return self._carried(call, f"{self._root}{_VERSION}{call.address}")

    def pages(self, call: Call) -> Iterator[Any]:
        """Yield the members of a collection, page by page (Microsoft Graph, "Paging Microsoft Graph data").

        Raises as `call` does, and EntraRefused when a next page lies outside this Graph or goes round in a circle.
        """
        url = f"{self._root}{_VERSION}{call.address}"
        seen: set[str] = set()
        while url:
            answer = self._carried(call, url)
            if not answer.ok:
                raise refusal(answer)
            seen.add(url)
            yield from answer.body["value"]
            url = str(answer.body.get("@odata.nextLink") or "")
            if url and (url in seen or not self._ours(url)):
                raise EntraRefused("Graph names a next page that is not to be followed.", status=answer.status)

    def _ours(self, url: str) -> bool:
        """The bearer goes to our own Graph only, whatever an answer says."""
        there, here = urlsplit(url), urlsplit(self._root)
        return (there.scheme, there.netloc) == (here.scheme, here.netloc) and there.path.startswith(f"{_VERSION}/")

    def _carried(self, call: Call, url: str) -> Answer:
        course = _Course(began=self._monotonic())
        while True:
            answer, token = self._attempt(call, url, course)
            if token:
                self._answered(f"{call.method} {call.template}", _counted(answer))
            if not self._again(call, course, answer, token):
                break
        self._record(call, course, answer)
        if course.gave_up or will_pass(answer):
            raise unavailable(answer, unclear=course.unclear)
        return answer

    def _attempt(self, call: Call, url: str, course: _Course) -> tuple[Answer, str]:
        course.tries += 1
        try:
            token = self._tokens.token()
        except EntraUnavailable as error:
            waiting = error.retry_after or None
            return Answer(status=error.status, message=error.message, retry_after=waiting, reached=False), ""
        try:
            response = self._session.request(
                call.method,
                url,
                json=call.body,
                headers={**call.headers, "client-request-id": course.client_request_id},
                auth=_Bearer(token),
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            return no_answer(error), token
        return read_answer(response), token

    def _again(self, call: Call, course: _Course, answer: Answer, token: str) -> bool:
        """Whether to try again; if so, what lies between the attempts is done: a pause, or a fresh token."""
        course.unclear = course.unclear or (call.method != "GET" and leaves_open(answer))
        gone = self._monotonic() - course.began
        attempt = Attempt(
            answer=answer,
            repeatable=call.harmless_twice,
            settling=gone < call.settling_seconds,
            renewed=course.renewed,
        )
        if not worth_repeating(attempt):
            return False
        if answer.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.renew(token)
            course.renewed = True
            return True
        rest = pause(course.tries, answer.retry_after, _jitter())
        if attempt.settling and answer.retry_after is None:
            # The last try falls on the end of the time in which a denial is not believed, not beyond our patience.
            rest = min(rest, max(call.settling_seconds - gone, 1.0))
        if gone + rest > self._patience_seconds:
            course.gave_up = True
            return False
        self._sleep(rest)
        return True

    def _record(self, call: Call, course: _Course, answer: Answer) -> None:
        facts = {
            "method": call.method,
            "path": call.template,
            "status": answer.status,
            "code": answer.code,
            "milliseconds": round((self._monotonic() - course.began) * 1000),
            "tries": course.tries,
            "request_id": answer.request_id,
            "client_request_id": course.client_request_id,
        }
        _log.info("Graph answered %s %s with %d", call.method, call.template, answer.status, extra=facts)


def _counted(answer: Answer) -> int:
    return HTTPStatus.NOT_FOUND if any(says(answer, saying) for saying in _FOUND_OUT) else answer.status


def get(template: str, select: str = "", **names: str) -> Call:
    """The GET of one object, with `select` naming the properties that are wanted."""
    return Call(method="GET", template=template, names=names, query={"$select": select} if select else {})


def settling(call: Call, seconds: float) -> Call:
    """The same call, for an object so young that its 404 is not to be believed for some seconds."""
    return replace(call, settling_seconds=seconds)
