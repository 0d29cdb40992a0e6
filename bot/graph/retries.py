"""When a Graph call is made again: small pure questions with three answers, asked in order. Nothing here sleeps.

What no question decides is not repeated. A call that does harm when made twice is repeated only when the answer
proves that it was not carried out. Sources: Microsoft Graph, "Microsoft Graph throttling guidance" (429 and
Retry-After) and "Microsoft Graph error responses"; the replication answers are those that the Azure CLI, Terraform
and Vault wait out as well.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bot.graph.answers import Answer, Saying, says

#: No single pause is longer than this many seconds, whatever Retry-After asks for.
LONGEST_PAUSE: Final = 60.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_OWN_PAUSE: Final = 16.0
_DOUBLINGS_THAT_MATTER: Final = 10

_PERHAPS_CARRIED_OUT: Final = frozenset(
    {
        0,
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)


class Verdict(enum.Enum):
    """What one question says about one attempt."""

    REPEAT = enum.auto()
    STOP = enum.auto()
    NO_OPINION = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt as the questions see it.

    `repeatable`: doing it twice leaves what doing it once leaves. `settling`: the object is so young that Entra may
    not know it everywhere. `renewed`: the token was already fetched anew for this call.
    """

    answer: Answer
    repeatable: bool
    settling: bool = False
    renewed: bool = False


def never_reached(attempt: Attempt) -> Verdict:
    """Nothing was sent, so nothing was done."""
    return Verdict.NO_OPINION if attempt.answer.reached else Verdict.REPEAT


def throttled(attempt: Attempt) -> Verdict:
    """A throttled call was turned away at the door."""
    return _repeat_if(attempt.answer.status == HTTPStatus.TOO_MANY_REQUESTS)


def written_concurrently(attempt: Attempt) -> Verdict:
    """Entra refused this write because of another; it says itself to wait briefly and retry."""
    return _repeat_if(says(attempt.answer, Saying.CONCURRENT_WRITE))


def token_stale(attempt: Attempt) -> Verdict:
    """A token may be revoked or expire on its way: once, a fresh one is tried."""
    return _repeat_if(attempt.answer.status == HTTPStatus.UNAUTHORIZED and not attempt.renewed)


def not_yet_replicated(attempt: Attempt) -> Verdict:
    """A young object is not known everywhere, and the refusals that follow from that are not meant."""
    answer = attempt.answer
    young = (Saying.NO_BACKING_APPLICATION_YET, Saying.NO_SUCH_PASSWORD)
    lagging = answer.status == HTTPStatus.NOT_FOUND or any(says(answer, saying) for saying in young)
    return _repeat_if(attempt.settling and lagging)


def perhaps_carried_out(attempt: Attempt) -> Verdict:
    """No answer, or one that does not say: repeating is right only where it does no harm."""
    if attempt.answer.status not in _PERHAPS_CARRIED_OUT:
        return Verdict.NO_OPINION
    return Verdict.REPEAT if attempt.repeatable else Verdict.STOP


QUESTIONS: Final[tuple[Callable[[Attempt], Verdict], ...]] = (
    never_reached,
    throttled,
    written_concurrently,
    token_stale,
    not_yet_replicated,
    perhaps_carried_out,
)


def worth_repeating(attempt: Attempt) -> bool:
    """Whether to make the call again: the first question with an opinion decides, and no opinion means no."""
    verdicts = (question(attempt) for question in QUESTIONS)
    return next((verdict for verdict in verdicts if verdict is not Verdict.NO_OPINION), None) is Verdict.REPEAT


def leaves_open(answer: Answer) -> bool:
    """Whether this answer leaves it open that the call was carried out."""
    return answer.reached and (
        answer.status in _PERHAPS_CARRIED_OUT or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )


def pause(tries: int, retry_after: float | None, jitter: float) -> float:
    """Seconds before the next attempt, after `tries` of them; `jitter` lies in [0, 1) and only ever lengthens.

    Retry-After is obeyed up to LONGEST_PAUSE; without it the pauses double from one second.
    """
    if retry_after is not None:
        return min(retry_after, LONGEST_PAUSE)
    doubled = _FIRST_PAUSE * 2.0 ** min(tries - 1, _DOUBLINGS_THAT_MATTER)
    return min(doubled, _LONGEST_OWN_PAUSE) * (1.0 + 0.5 * jitter)


def _repeat_if(condition: bool) -> Verdict:  # noqa: FBT001 - the condition is the whole sentence at each call
    return Verdict.REPEAT if condition else Verdict.NO_OPINION
