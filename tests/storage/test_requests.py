"""Requests: kept whole, moved only where the machine allows, claimed with a lease."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.lifecycle import REQUESTS, RequestEvent, RequestState
from bot.model import Scope, SecretTerm
from bot.records import AppRequest, Failure, Owner, RequestForm
from storage import Store, codec
from tests.domain import nouns
from tests.domain.nouns import NOW

REQUEST = "REQ-00000001"
SOON = NOW + timedelta(minutes=2)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FORMS = st.builds(
    RequestForm,
    display_name=TEXT,
    audience=TEXT,
    reply_urls=st.lists(TEXT, max_size=3).map(tuple),
    scopes=st.lists(
        st.builds(
            Scope,
            resource_app_id=TEXT,
            resource_name=TEXT,
            id=TEXT,
            value=TEXT,
            title=TEXT,
            admin_consent=st.booleans(),
            enabled=st.booleans(),
        ),
        max_size=3,
    ).map(tuple),
    secret_description=TEXT,
    term=st.builds(SecretTerm, days=st.integers(1, 730)) | st.builds(SecretTerm, last_day=st.dates()),
    co_owners=st.lists(st.builds(Owner, person_id=TEXT, name=TEXT, email=TEXT | st.none()), max_size=3).map(tuple),
    justification=TEXT,
)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - zones are drawn


@pytest.fixture
def request_of(store: Store) -> Store:
    """A store with one pending request."""
    store.requests.add(nouns.request())
    return store


def found(store: Store) -> AppRequest:
    """The one request as it is kept."""
    request = store.requests.get(REQUEST)
    assert request is not None
    return request


def drive(store: Store, state: RequestState) -> None:
    """Bring the request into a state by the events that lead there."""
    if state in {RequestState.APPROVED, RequestState.PROVISIONING, RequestState.FULFILLED, RequestState.FAILED}:
        store.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    if state in {RequestState.PROVISIONING, RequestState.FULFILLED, RequestState.FAILED}:
        store.provisioning.claim("lease", now=NOW, until=SOON)
    last = {
        RequestState.DENIED: RequestEvent.DENY,
        RequestState.WITHDRAWN: RequestEvent.WITHDRAW,
        RequestState.LAPSED: RequestEvent.LAPSE,
    }
    if state in last:
        store.requests.move(REQUEST, last[state], now=NOW)
    if state in {RequestState.FULFILLED, RequestState.FAILED}:
        event = RequestEvent.FULFIL if state is RequestState.FULFILLED else RequestEvent.FAIL
        store.provisioning.settle(REQUEST, "lease", event, now=NOW)


@given(FORMS, MOMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_a_request_is_kept_whole(store: Store, form: RequestForm, moment: datetime) -> None:
    """Whatever a request holds comes back as it was."""
    number = len(store.requests.of_person("UADA", limit=10_000))
    request = nouns.request(number, form=form, submitted_at=moment, state_since=moment)
    store.requests.add(request)

    assert request == store.requests.get(request.id)
    assert request == store.requests.by_form(request.form_id)


@given(st.lists(MOMENTS, max_size=20))
def test_moments_sort_as_text(moments: list[datetime]) -> None:
    """Moments as text sort like the moments, and come back to the microsecond."""
    texts = [codec.to_text(moment) for moment in moments]

    assert [codec.to_text(moment) for moment in sorted(moments)] == sorted(texts)
    assert moments == [codec.to_moment(text) for text in texts]


def test_a_moment_without_a_zone_is_refused() -> None:
    """A datetime that names no moment is not kept."""
    with pytest.raises(ValueError, match="has no time zone"):
        codec.to_text(datetime(2026, 11, 23))  # noqa: DTZ001 - what is refused


def test_nothing_is_there(store: Store) -> None:
    """What was never kept is not found."""
    assert store.requests.get("REQ-NONE") is None
    assert store.requests.by_form("none") is None
    assert store.requests.claim_assessment("lease", now=NOW, until=SOON) is None
    assert store.provisioning.claim("lease", now=NOW, until=SOON) is None


def test_a_form_becomes_one_request(request_of: Store) -> None:
    """The same form, or the same name, is not kept a second time, and the first stays as it was."""
    again = nouns.request(2, form_id="form-1", form=nouns.form(display_name="Other"))

    assert not request_of.requests.add(again)
    assert not request_of.requests.add(nouns.request(1, form_id="form-2"))
    assert found(request_of) == nouns.request()


@pytest.mark.parametrize("state", list(RequestState))
@pytest.mark.parametrize("event", list(RequestEvent))
def test_every_move(request_of: Store, state: RequestState, event: RequestEvent) -> None:
    """The store carries an event out exactly where the machine allows it, and otherwise changes nothing."""
    drive(request_of, state)
    before = found(request_of)
    done = request_of.requests.move(REQUEST, event, now=SOON, by="UGRACE", reason="because")
    after = found(request_of)

    assert before.state is state
    assert done == (REQUESTS.after(state, event) is not None)
    assert after.state is (REQUESTS.after(state, event) or state)
    assert done or after == before


def test_a_move_says_who_and_why(request_of: Store) -> None:
    """A denial keeps who, why and when."""
    request_of.requests.move(REQUEST, RequestEvent.DENY, now=SOON, by="UGRACE", reason="Not needed.")
    request = found(request_of)

    assert (request.settled_by, request.settled_reason, request.state_since) == ("UGRACE", "Not needed.", SOON)


def test_a_move_of_another_version(request_of: Store) -> None:
    """What was read at one version is not decided at another."""
    assert request_of.requests.change(REQUEST, 1, nouns.form(display_name="New"), now=SOON)
    assert not request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=SOON, version=1)
    assert request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=SOON, version=2)


def test_a_change_begins_anew(request_of: Store) -> None:
    """A change raises the version, replaces the form, and has the surroundings looked at again."""
    request_of.requests.assess(REQUEST, 1, name_is_taken=True)
    request_of.requests.mark_reminded(REQUEST, now=NOW)
    assert assessed(request_of, NOW) is None
    request_of.requests.change(REQUEST, 1, nouns.form(display_name="New"), now=SOON)
    request = found(request_of)

    assert (request.version, request.form.display_name) == (2, "New")
    assert (request.assessed, request.name_is_taken) == (False, None)
    assert request == request_of.requests.next_unreminded(SOON)


def test_approvals_are_counted_by_version(request_of: Store) -> None:
    """Approvals of an old version do not count for the new one, and stand in the order in which they came."""
    requests = request_of.requests
    requests.agree(REQUEST, 1, "UKAY", now=NOW)
    requests.agree(REQUEST, 1, "UGRACE", now=SOON)
    requests.change(REQUEST, 1, nouns.form(display_name="New"), now=SOON)
    requests.agree(REQUEST, 2, "UGRACE", now=SOON)

    assert requests.approvers_of(REQUEST, 1) == ("UKAY", "UGRACE")
    assert requests.approvers_of(REQUEST, 2) == ("UGRACE",)
    assert requests.approvers_of(REQUEST, 3) == ()


def test_only_what_stands_can_be_agreed_to(request_of: Store) -> None:
    """A yes to a version that is not the current one, or to a request that is over, is not recorded at all."""
    requests = request_of.requests
    early = requests.agree(REQUEST, 2, "UGRACE", now=NOW)
    requests.change(REQUEST, 1, nouns.form(display_name="New"), now=SOON)
    late = requests.agree(REQUEST, 1, "UKAY", now=SOON)
    requests.move(REQUEST, RequestEvent.WITHDRAW, now=SOON)
    over = requests.agree(REQUEST, 2, "UKAY", now=SOON)

    assert (early, late, over) == (False, False, False)
    assert (requests.approvers_of(REQUEST, 1), requests.approvers_of(REQUEST, 2)) == ((), ())


def assessed(store: Store, now: datetime) -> str | None:
    """Claim the next assessment at a moment, for two minutes; the request's id."""
    request = store.requests.claim_assessment("lease", now=now, until=now + timedelta(minutes=2))
    return request.id if request else None


def test_the_oldest_is_assessed_first(store: Store) -> None:
    """Of requests that were not looked at the oldest comes first, to one at a time; a decided one never."""
    for number, minutes in ((1, 5), (2, 1), (3, 3)):
        store.requests.add(nouns.request(number, submitted_at=NOW + timedelta(minutes=minutes)))
    store.requests.move("REQ-00000002", RequestEvent.WITHDRAW, now=SOON)
    first = [assessed(store, NOW), assessed(store, NOW), assessed(store, NOW)]
    store.requests.assess("REQ-00000003", 1, name_is_taken=None)
    after_the_lease = [assessed(store, SOON), assessed(store, SOON)]

    assert first == ["REQ-00000003", "REQ-00000001", None]
    assert after_the_lease == ["REQ-00000001", None]
    assert not store.requests.assess("REQ-00000001", 7, name_is_taken=True)


def test_waiting_requests(store: Store) -> None:
    """Only pending requests wait, the oldest first, each reminded of once, and each until the moment asked about."""
    for number in (1, 2, 3, 4):
        store.requests.add(nouns.request(number, submitted_at=NOW - timedelta(hours=number)))
    store.requests.move("REQ-00000003", RequestEvent.DENY, now=NOW)
    store.requests.mark_reminded("REQ-00000004", now=NOW)
    until = NOW - timedelta(hours=2)

    first = store.requests.next_pending(until), store.requests.next_unreminded(until)
    store.requests.move("REQ-00000004", RequestEvent.LAPSE, now=NOW)
    store.requests.mark_reminded("REQ-00000002", now=NOW)
    then = store.requests.next_pending(until), store.requests.next_unreminded(until)

    assert [request and request.id for request in first] == ["REQ-00000004", "REQ-00000002"]
    assert [request and request.id for request in then] == ["REQ-00000002", None]


def test_a_persons_own_requests(store: Store) -> None:
    """A person's own requests come newest first, as many as asked for."""
    for number in range(1, 6):
        store.requests.add(nouns.request(number, submitted_at=NOW + timedelta(minutes=number)))
    store.requests.add(nouns.request(9, requester=nouns.owner(7)))

    assert [request.id[-1] for request in store.requests.of_person("UADA", limit=3)] == ["5", "4", "3"]


def test_a_lease(request_of: Store) -> None:
    """A claimed request is nobody else's until its lease runs out, then the first claimant's word is void."""
    request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    first = request_of.provisioning.claim("first", now=NOW, until=SOON)

    assert first is not None
    assert (first.state, first.attempts) == (RequestState.PROVISIONING, 0)
    assert request_of.provisioning.claim("second", now=SOON - timedelta(microseconds=1), until=SOON) is None
    second = request_of.provisioning.claim("second", now=SOON, until=SOON + timedelta(minutes=2))
    assert second is not None
    assert not request_of.provisioning.settle(REQUEST, "first", RequestEvent.FULFIL, now=SOON)
    assert not request_of.provisioning.put_back(REQUEST, "first", try_at=SOON)
    assert request_of.provisioning.settle(REQUEST, "second", RequestEvent.FULFIL, now=SOON)


def test_a_try_begins(request_of: Store) -> None:
    """A try is counted when it begins, and begins only under the lease."""
    request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    request_of.provisioning.claim("first", now=NOW, until=SOON)
    first = request_of.provisioning.begin(REQUEST, "first")
    request_of.provisioning.claim("second", now=SOON, until=SOON + timedelta(minutes=2))
    late = request_of.provisioning.begin(REQUEST, "first")
    second = request_of.provisioning.begin(REQUEST, "second")

    assert (first and first.attempts, late, second and second.attempts) == (1, None, 2)


def test_put_back(request_of: Store) -> None:
    """A request that was put back is due again at its time and not before."""
    request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    request_of.provisioning.claim("first", now=NOW, until=SOON)
    request_of.provisioning.put_back(REQUEST, "first", try_at=SOON)

    early = request_of.provisioning.claim("second", now=SOON - timedelta(seconds=1), until=SOON)
    in_time = request_of.provisioning.claim("second", now=SOON, until=SOON + timedelta(minutes=2))

    assert (early, in_time) == (None, found(request_of))


def test_a_tried_creation_is_never_forgotten(request_of: Store) -> None:
    """That a creation was tried, and who cannot own its outcome, outlives a Retry; a lost lease has no say."""
    request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    request_of.provisioning.claim("first", now=NOW, until=SOON)
    before = found(request_of)
    strange = request_of.provisioning.creating(REQUEST, "other", now=NOW, until=SOON, not_owners=["UCO"])
    own = request_of.provisioning.creating(REQUEST, "first", now=NOW, until=SOON, not_owners=["UADA"])
    request_of.provisioning.settle(REQUEST, "first", RequestEvent.FAIL, now=NOW)
    request_of.requests.move(REQUEST, RequestEvent.RETRY, now=SOON)
    after = found(request_of)

    assert (strange, own) == (False, True)
    assert (before.create_tried, before.not_owners) == (False, ())
    assert (after.create_tried, after.not_owners) == (True, ("UADA",))


def test_a_stay_in_provisioning(request_of: Store) -> None:
    """Since when a stay is stuck is kept from its first time on, slowness is told once; a Retry begins both anew."""
    queue = request_of.provisioning
    request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    for lease, since in (("first", None), ("second", NOW), ("third", SOON), ("fourth", None)):
        queue.claim(lease, now=NOW, until=SOON)
        queue.put_back(REQUEST, lease, try_at=NOW, stuck_since=since)
    stuck = found(request_of).stuck_since
    told = [queue.tell_slow(REQUEST) for _ in range(2)]
    queue.claim("fifth", now=NOW, until=SOON)
    queue.settle(REQUEST, "fifth", RequestEvent.FAIL, now=NOW)
    request_of.requests.move(REQUEST, RequestEvent.RETRY, now=SOON)

    assert stuck == NOW
    assert told == [True, False]
    assert found(request_of).stuck_since is None
    assert queue.tell_slow(REQUEST)


def test_the_longest_approved_goes_first(store: Store) -> None:
    """Work is taken in the order of approval."""
    for number, minutes in ((1, 5), (2, 1), (3, 3)):
        store.requests.add(nouns.request(number))
        moment = NOW + timedelta(minutes=minutes)
        store.requests.move(f"REQ-{number:08}", RequestEvent.APPROVE, now=moment)
    taken = [store.provisioning.claim(f"l{n}", now=NOW, until=NOW + timedelta(hours=1)) for n in range(4)]

    assert [request and request.id[-1] for request in taken] == ["2", "3", "1", None]


def test_a_failure_is_kept_until_it_is_done(request_of: Store) -> None:
    """A failed request keeps Graph's words; made after a retry, it keeps none."""
    failure = Failure(code="Denied", message="Insufficient privileges.", request_id="r-1")
    request_of.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    request_of.provisioning.claim("first", now=NOW, until=SOON)
    request_of.provisioning.settle(REQUEST, "first", RequestEvent.FAIL, now=NOW, failure=failure)
    failed = found(request_of)
    request_of.requests.move(REQUEST, RequestEvent.RETRY, now=NOW)
    retried = found(request_of)
    request_of.provisioning.claim("second", now=NOW, until=SOON)
    request_of.provisioning.settle(REQUEST, "second", RequestEvent.FULFIL, now=NOW)

    assert (failed.failure, retried.attempts) == (failure, 0)
    assert (found(request_of).failure, found(request_of).state) == (None, RequestState.FULFILLED)


def test_a_date_survives() -> None:
    """A term with a last day comes back with that day."""
    form = nouns.form(term=SecretTerm(last_day=date(2027, 1, 31)))

    assert form == codec.form(codec.form_json(form))
