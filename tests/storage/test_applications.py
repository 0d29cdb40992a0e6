"""Applications: kept as soon as Entra has named them, and until they are gone from Entra."""

from datetime import datetime, timedelta

from bot.applications_command import within
from storage import Store
from tests.domain import nouns
from tests.domain.nouns import NOW

SOON = NOW + timedelta(hours=1)
LEASE = timedelta(minutes=5)
TICK = timedelta(microseconds=1)


def with_requests(store: Store, count: int) -> None:
    """Keep so many requests, for applications to refer to."""
    for number in range(1, count + 1):
        store.requests.add(nouns.request(number))


def test_an_application_is_kept_whole(store: Store) -> None:
    """What was added comes back as it was, by our id and by its request."""
    with_requests(store, 1)
    store.applications.add(nouns.application())

    assert store.applications.get("app-1") == store.applications.of_request("REQ-00000001") == nouns.application()
    assert store.applications.get("app-2") is None


def test_an_object_is_registered_once(store: Store) -> None:
    """One object of Entra is one application here, whichever process adopted it."""
    with_requests(store, 1)
    store.applications.add(nouns.application())

    assert not store.applications.add(nouns.application(2, request_id="REQ-00000001", object_id="object-1"))
    assert store.applications.get("app-2") is None


def test_the_service_principal_comes_later(store: Store) -> None:
    """The service principal is recorded when it was made."""
    with_requests(store, 1)
    store.applications.add(nouns.application())

    assert store.applications.set_service_principal("app-1", "sp-1")
    assert not store.applications.set_service_principal("app-9", "sp-1")
    assert store.applications.get("app-1") == nouns.application(service_principal_id="sp-1")


def test_of_owner(store: Store) -> None:
    """A person's applications come newest first: those owned with others too, those not wanted not."""
    with_requests(store, 4)
    for number in (1, 2, 3, 4):
        owners = (nouns.owner(7),) if number == 4 else (nouns.owner(), nouns.owner(1))
        store.applications.add(nouns.application(number, owners=owners, created_at=NOW + timedelta(days=number)))
    store.applications.disown("app-2", now=NOW)

    assert [found.id for found in store.applications.of_owner("UCO0001")] == ["app-3", "app-1"]
    assert [found.id for found in store.applications.of_owner("UADA")] == ["app-3", "app-1"]
    assert [found.id for found in store.applications.of_owner("UCO0007")] == ["app-4"]


def test_a_person_is_not_found_by_a_part_of_their_id(store: Store) -> None:
    """A piece of an id, a wildcard, or an id in a name gives nobody's applications."""
    with_requests(store, 1)
    trap = nouns.owner(name='x", "person_id": "UEVE"')
    store.applications.add(nouns.application(owners=(trap,)))

    assert [store.applications.of_owner(typed) for typed in ("UAD", "%", "U_DA", "", "UEVE")] == [[]] * 5


def claim(store: Store, now: datetime) -> str | None:
    """Claim one try of the next removal at a moment; the application's id."""
    found = store.applications.claim_removal(now=now, until=now + LEASE)
    return found.id if found else None


def test_removal(store: Store) -> None:
    """What is not wanted any more is due at once, again after a failed try, and gone when Entra says so."""
    with_requests(store, 1)
    store.applications.add(nouns.application())
    assert claim(store, NOW) is None
    store.applications.disown("app-1", now=NOW)

    assert store.applications.of_request("REQ-00000001") is None
    assert claim(store, NOW) == "app-1"
    store.applications.try_removal_at("app-1", SOON)
    assert (claim(store, SOON - TICK), claim(store, SOON)) == (None, "app-1")
    assert store.applications.removed("app-1", now=SOON)
    assert claim(store, SOON + LEASE) is None


def test_a_claimed_removal(store: Store) -> None:
    """One claim of a removal keeps others out until its time is over, whether or not its process lives."""
    with_requests(store, 1)
    store.applications.add(nouns.application())
    store.applications.disown("app-1", now=NOW)

    assert [claim(store, NOW + passed) for passed in (TICK, LEASE, LEASE + TICK)] == ["app-1", None, "app-1"]


def test_the_one_word_about_a_removal(store: Store) -> None:
    """That a removal does not succeed is said once, and neither of what is wanted nor of what is gone."""
    with_requests(store, 2)
    store.applications.add(nouns.application())
    store.applications.add(nouns.application(2))
    said = [store.applications.removal_refused("app-1", now=NOW)]
    store.applications.disown("app-1", now=NOW)
    said += [store.applications.removal_refused("app-1", now=SOON) for _ in range(2)]
    store.applications.disown("app-2", now=NOW)
    store.applications.removed("app-2", now=NOW)
    said += [store.applications.removal_refused("app-2", now=SOON)]
    (left,) = store.applications.unwanted_of("REQ-00000001")

    assert said == [False, True, False, False]
    assert left.removal_refused_at == SOON


def test_since_when_it_is_not_wanted(store: Store) -> None:
    """Since when an application is not wanted stays as it is, however often its removal is tried."""
    with_requests(store, 1)
    store.applications.add(nouns.application())
    store.applications.disown("app-1", now=NOW)
    claim(store, NOW)
    store.applications.try_removal_at("app-1", SOON)
    (left,) = store.applications.unwanted_of("REQ-00000001")

    assert left.disowned_at == NOW


def test_what_is_wanted_is_not_removed(store: Store) -> None:
    """A removal of a wanted application is not recorded."""
    with_requests(store, 1)
    store.applications.add(nouns.application())

    assert not store.applications.removed("app-1", now=NOW)
    assert store.applications.of_request("REQ-00000001") == nouns.application()


def test_everything_unwanted_of_one_request(store: Store) -> None:
    """Asked of one request, all that it left is told, due or not, and nothing of another."""
    with_requests(store, 2)
    for number, request in ((1, 1), (2, 1), (3, 2)):
        store.applications.add(nouns.application(number, request_id=f"REQ-{request:08}"))
        store.applications.disown(f"app-{number}", now=NOW)
    store.applications.try_removal_at("app-2", SOON)
    found = store.applications.unwanted_of("REQ-00000001")

    assert [application.id for application in found] == ["app-1", "app-2"]


def with_ends(store: Store) -> None:
    """Applications whose last secrets end at the edges of three days, one without, and one that is not wanted."""
    with_requests(store, 6)
    day = timedelta(days=1)
    ends = {1: 3 * day, 2: timedelta(), 3: -timedelta(seconds=1), 4: 3 * day - timedelta(seconds=1), 5: 200 * day}
    for number in range(1, 7):
        store.applications.add(nouns.application(number))
        store.links.add(nouns.link(number))
        if number in ends:
            store.credentials.add(nouns.credential(number, ends_at=NOW + ends[number]))
    store.credentials.add(nouns.credential(9, application_id="app-4", link_id="link-4", ends_at=NOW))
    store.applications.disown("app-5", now=NOW)


def test_by_the_end_of_the_last_secret(store: Store) -> None:
    """What is left without a secret first comes first; what has none comes last, and what is not wanted not at all."""
    with_ends(store)
    found = [(application.id, ends_at) for application, ends_at in store.applications.by_end()]

    assert [name for name, _ in found] == ["app-3", "app-2", "app-4", "app-1", "app-6"]
    assert found[0][1] == NOW - timedelta(seconds=1)
    assert found[4][1] is None


def test_as_many_as_the_alert_counts(store: Store) -> None:
    """Those that end within three days are as many as the figures say."""
    with_ends(store)
    before, until = store.figures.last_secrets(NOW, [NOW, NOW + timedelta(days=3)]).ended_before
    listed = within(store.applications.by_end(), NOW, 3)

    assert [application.id for application, _ in listed] == ["app-2", "app-4"]
    assert len(listed) == until - before
