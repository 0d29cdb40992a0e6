"""Which call is made again: every method against every status, as one table."""

import pytest

from bot.graph.answers import Answer
from bot.graph.client import Call
from bot.graph.retries import LONGEST_PAUSE, Attempt, leaves_open, pause, worth_repeating

STATUSES = (0, 301, 400, 401, 403, 404, 408, 409, 412, 422, 423, 429, 500, 501, 502, 503, 504, 507)
#: Repeated whatever is called: nothing was done. 401 is repeated once, with a fresh token.
ALWAYS = {401, 429}
#: Repeated where twice is as good as once: something may have been done.
HARMLESS = {0, 408, 500, 502, 503, 504}


def expected_statuses(method: str) -> set[int]:
    """What the table says about a method."""
    return ALWAYS | HARMLESS if method in {"GET", "DELETE", "PATCH"} else ALWAYS


@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH", "POST"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_post_is_repeated_only_when_it_was_not_carried_out(method: str, status: int) -> None:
    """GET, DELETE and PATCH are repeated when the outcome is open, a POST only when it is known to be none."""
    call = Call(method=method, template="/applications")

    repeated = worth_repeating(Attempt(answer=Answer(status=status), repeatable=call.harmless_twice))

    assert (status in expected_statuses(method)) == repeated


def test_a_post_whose_author_says_so_is_repeated() -> None:
    """A POST that makes the same thing once however often it is sent is repeated like a GET."""
    call = Call(method="POST", template="/servicePrincipals", repeatable=True)

    assert worth_repeating(Attempt(answer=Answer(status=503), repeatable=call.harmless_twice))


def test_what_was_never_sent_is_repeated() -> None:
    """A refused connection is proof that nothing was done, for a POST too."""
    answer = Answer(status=0, reached=False)

    assert worth_repeating(Attempt(answer=answer, repeatable=False))
    assert not leaves_open(answer)


def test_a_fresh_token_is_tried_once() -> None:
    """A 401 after a fresh token is final."""
    assert not worth_repeating(Attempt(answer=Answer(status=401), repeatable=True, renewed=True))


def test_concurrent_writes_are_repeated() -> None:
    """The 409 that says so itself is repeated, and no other 409 is."""
    concurrent = Answer(status=409, code="Directory_ConcurrencyViolation")
    other = Answer(status=409, code="Request_MultipleObjectsWithSameKeyValue")

    assert worth_repeating(Attempt(answer=concurrent, repeatable=False))
    assert not worth_repeating(Attempt(answer=other, repeatable=True))


YOUNG = [
    Answer(status=404, code="Request_ResourceNotFound"),
    Answer(status=400, code="Request_BadRequest", details=frozenset({"NoBackingApplicationObject"})),
    Answer(status=400, message="The appId 'x' of the service principal does not reference a valid application object."),
    Answer(
        status=403,
        code="Authorization_RequestDenied",
        message="When using this permission, the backing application of the service principal being created must"
        " in the local tenant",
    ),
    Answer(status=400, message="No password credential found with keyId 'x'."),
]


@pytest.mark.parametrize("answer", YOUNG)
def test_replication_is_waited_out_only_for_the_young(answer: Answer) -> None:
    """What replication answers is repeated while the object is young, and believed afterwards."""
    assert worth_repeating(Attempt(answer=answer, repeatable=False, settling=True))
    assert not worth_repeating(Attempt(answer=answer, repeatable=False, settling=False))


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=403, code="Authorization_RequestDenied", message="Insufficient privileges to complete it."),
        Answer(status=400, code="CredentialInvalidLifetimeAsPerAppPolicy"),
        Answer(status=403, code="Directory_QuotaExceeded"),
    ],
)
def test_a_meant_refusal_is_never_repeated(answer: Answer) -> None:
    """Missing rights, policy and quota do not pass by waiting, however young the object is."""
    assert not worth_repeating(Attempt(answer=answer, repeatable=True, settling=True))


@pytest.mark.parametrize(
    ("status", "open_"), [(0, True), (408, True), (500, True), (507, True), (429, False), (404, False)]
)
def test_only_silence_and_server_errors_leave_the_outcome_open(status: int, *, open_: bool) -> None:
    """Any answer below 500 says whether the call was carried out."""
    assert open_ == leaves_open(Answer(status=status))


def test_retry_after_is_obeyed_to_the_second() -> None:
    """Graph's own word on waiting wins over our own pauses."""
    assert pause(5, 3.0, 0.9) == 3.0


def test_retry_after_is_capped() -> None:
    """An hour is not slept through because an answer asks for it."""
    assert pause(1, 3600.0, 0.0) == LONGEST_PAUSE


def test_pauses_double_up_to_sixteen_seconds() -> None:
    """Without Retry-After the pauses double from one second, and stay finite for ever."""
    pauses = [pause(tries, None, 0.0) for tries in (1, 2, 3, 4, 5, 6, 10_000)]

    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 16.0, 16.0]


def test_jitter_only_lengthens() -> None:
    """Jitter spreads the repeats of many over half a pause, and never hurries one."""
    assert pause(1, None, 1.0) == 1.5
