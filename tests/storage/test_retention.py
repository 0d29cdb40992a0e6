"""What is old enough to go, and what is never taken: anything that still lives, or lived lately."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from bot.lifecycle import CredentialState, LinkStage, RequestState
from bot.records import Posted
from storage import Store
from storage.copying import rows_of
from tests.domain import nouns
from tests.domain.nouns import NOW

DAY = timedelta(days=1)
LONG_AGO = NOW - 1000 * DAY
LIMIT = NOW - 500 * DAY
REQUEST = "REQ-00000001"


def finish(store: Store, state: RequestState = RequestState.FULFILLED) -> None:
    """A request that came to its end long ago, with an application whose secret ended and whose link was viewed."""
    store.requests.add(nouns.request())
    store.requests.agree(REQUEST, 1, "UGRACE", now=LONG_AGO)
    store.database.run(
        "UPDATE app_requests SET state = :state, state_since = :at", state=state.value, at="2024-03-01T00:00:00.000000Z"
    )
    if state is not RequestState.FULFILLED:
        return
    store.applications.add(nouns.application())
    store.links.add(nouns.link(stage=LinkStage.VIEWED, issued_at=LONG_AGO, expires_at=LONG_AGO + DAY))
    store.credentials.add(nouns.credential(starts_at=LONG_AGO, ends_at=LONG_AGO + 180 * DAY))
    store.reminders.claim("rem-1", nouns.credential().key_id, 7, now=LONG_AGO)
    for slot in (f"card:{REQUEST}", f"request_dm:{REQUEST}", "link:link-1", "reminder:rem-1:UADA"):
        store.outbox.remember(slot, Posted(channel="C1", ts="1.0"))


def say(store: Store, kind: str, subject: str) -> None:
    """Queue a message and send it."""
    store.outbox.put(f"{kind}-{subject}", kind, subject, "UADA", now=LONG_AGO)
    send(store)


def send(store: Store, now: datetime = LONG_AGO) -> None:
    """Send the message that waits."""
    entry = store.outbox.claim("lease", now=now, until=now + timedelta(minutes=1))
    assert entry is not None
    store.outbox.sent(entry, now=now)


@pytest.mark.parametrize(
    "state", [RequestState.DENIED, RequestState.WITHDRAWN, RequestState.LAPSED, RequestState.FAILED]
)
def test_what_came_to_nothing(store: Store, state: RequestState) -> None:
    """A request that was not approved, or failed, goes when it is old enough."""
    finish(store, state)

    assert store.retention.over(LIMIT, 10) == [REQUEST]
    assert store.retention.over(LONG_AGO, 10) == []


@pytest.mark.parametrize("state", [RequestState.PENDING, RequestState.APPROVED, RequestState.PROVISIONING])
def test_what_is_in_hand(store: Store, state: RequestState) -> None:
    """A request that is still in hand never goes, however old."""
    finish(store, state)

    assert (store.retention.over(NOW, 10), store.retention.count_over(NOW)) == ([], 0)


def test_nothing_of_it_stays(store: Store) -> None:
    """A request goes with all that came of it: application, link, secret's dates, reminders, and what was said."""
    finish(store)
    for kind, subject in (("thread", REQUEST), ("link", "link-1"), ("reminder", "rem-1")):
        say(store, kind, subject)
    store.requests.add(nouns.request(2))
    say(store, "thread", "REQ-00000002")
    for slot in OTHERS:
        store.outbox.remember(slot, Posted(channel="C1", ts="2.0"))
    removed = store.retention.remove_requests(store.retention.over(LIMIT, 10), LIMIT)
    left = {table: count for table, count in rows_of(store).items() if count}

    assert removed == 1
    assert left == {"app_requests": 1, "outbox": 1, "messages": len(OTHERS)}
    assert None not in [store.outbox.posted(slot) for slot in OTHERS]


# What begins like a slot of the request that goes, or stands right beside one.
OTHERS = ("card:REQ-00000002", "link:link-10", "reminder:rem-10:UADA", "reminder:rem-1;", "reminder:rem-1")


def test_only_what_is_still_over(store: Store) -> None:
    """What came to life since it was found, or was removed by somebody else, is not removed."""
    finish(store)
    found = store.retention.over(LIMIT, 10)
    ALIVE["a link that is open"](store)

    assert store.retention.remove_requests([*found, "REQ-00000009"], LIMIT) == 0
    assert store.requests.get(REQUEST) is not None


@pytest.mark.parametrize(
    ("kind", "subject"), [("request_dm", REQUEST), ("link_redrawn", "link-1"), ("reminder", "rem-1")]
)
def test_what_is_still_to_be_said(store: Store, kind: str, subject: str) -> None:
    """A request of which a message waits to be sent is kept until it was."""
    finish(store)
    store.outbox.put("waits", kind, subject, "UADA", now=LONG_AGO)
    before = store.retention.over(LIMIT, 10)
    send(store)

    assert (before, store.retention.over(LIMIT, 10)) == ([], [REQUEST])


def test_an_application_whose_link_nobody_opened(store: Store) -> None:
    """An application without any secret is over when its last link is old, and its link ran out."""
    finish(store)
    store.database.run("DELETE FROM reminders")
    store.database.run("DELETE FROM credentials")
    store.database.run("UPDATE links SET stage = 'expired'")
    found = store.retention.over(LIMIT, 10)
    ALIVE["a link that was sent lately"](store)

    assert (found, store.retention.over(LIMIT, 10)) == ([REQUEST], [])


ALIVE: dict[str, Callable[[Store], object]] = {
    "a secret that is good": lambda s: s.database.run("UPDATE credentials SET ends_at = '2099-01-01T00:00:00.000000Z'"),
    "a secret that ended lately": lambda s: s.database.run(
        "UPDATE credentials SET ends_at = '2026-01-01T00:00:00.000000Z'"
    ),
    "a link that is open": lambda s: s.database.run("UPDATE links SET stage = 'open'"),
    "a link that was sent lately": lambda s: s.database.run(
        "UPDATE links SET issued_at = '2026-01-01T00:00:00.000000Z'"
    ),
    "a search for orphans": lambda s: s.database.run("UPDATE links SET sweeps_left = 1"),
    "an application to be removed": lambda s: s.database.run("UPDATE applications SET wanted = 0"),
}


@pytest.mark.parametrize("what", sorted(ALIVE))
def test_what_lives(store: Store, what: str) -> None:
    """An application that has something alive, or something to be done, keeps its request."""
    finish(store)
    before = store.retention.over(LIMIT, 10)
    ALIVE[what](store)

    assert before == [REQUEST]
    assert store.retention.over(LIMIT, 10) == []


def test_an_application_that_was_removed(store: Store) -> None:
    """An application that is gone from Entra keeps nothing."""
    finish(store)
    store.database.run("UPDATE applications SET wanted = 0, removed_at = '2024-06-01T00:00:00.000000Z'")

    assert store.retention.over(LIMIT, 10) == [REQUEST]


def test_delivered_messages(store: Store) -> None:
    """Messages that were delivered or given up long ago go, the oldest first; what is waiting never does."""
    for number in range(4):
        store.outbox.put(f"m{number}", "card", f"S{number}", "C1", now=LONG_AGO)
    for number, at in ((0, LONG_AGO + DAY), (1, LONG_AGO), (2, NOW)):
        entry = store.outbox.claim("lease", now=at, until=at + timedelta(minutes=1))
        assert entry is not None
        if number == 1:
            store.outbox.undeliverable(entry, "gone", now=at)
        else:
            store.outbox.sent(entry, now=at)
    counted = (store.retention.delivered(LIMIT), store.retention.any_delivered(LIMIT))
    removed, left = [], []
    for _ in range(3):
        removed.append(store.retention.remove_delivered(LIMIT, 1))
        left.append("".join(row["id"] for row in store.database.all("SELECT id FROM outbox ORDER BY id")))

    assert counted == (2, True)
    assert removed == [1, 1, 0]
    assert left == ["m0m2m3", "m2m3", "m2m3"]
    assert not store.retention.any_delivered(LIMIT)


def test_the_oldest_go_first(store: Store) -> None:
    """Of many old requests the oldest are named first, and no more than were asked for."""
    for number in (1, 2, 3):
        store.requests.add(nouns.request(number))
        store.database.run(
            "UPDATE app_requests SET state = 'denied', state_since = :at WHERE id = :id",
            at=f"2024-01-0{4 - number}T00:00:00.000000Z",
            id=f"REQ-0000000{number}",
        )

    assert store.retention.over(LIMIT, 2) == ["REQ-00000003", "REQ-00000002"]
    assert store.retention.count_over(LIMIT) == 3


def test_retired_secrets_count_by_their_end(store: Store) -> None:
    """A secret that was removed early is spoken for until its own end: nothing of it is forgotten before."""
    finish(store)
    store.database.run(
        "UPDATE credentials SET state = :state, ends_at = '2099-01-01T00:00:00.000000Z'",
        state=CredentialState.REMOVED.value,
    )

    assert store.retention.over(LIMIT, 10) == []
