"""The outbox: in order, claimed with a lease, in doubt until somebody says what became of it; and the audit."""

import itertools
import json
from datetime import timedelta

import pytest

from bot.events import AuditEvent
from bot.records import Note, Outgoing, Posted
from storage import Store
from storage.audit import COLUMNS
from storage.pace import EDIT, EVERY, POST
from tests.domain.nouns import NOW

SOON = NOW + timedelta(minutes=1)
LATER = NOW + timedelta(hours=1)


def put(store: Store, name: str, kind: str = "card", subject: str = "REQ-1", recipient: str = "C1") -> None:
    """Queue one message."""
    store.outbox.put(name, kind, subject, recipient, now=NOW)


def take(store: Store, lease: str = "first") -> Outgoing:
    """Claim the next message for a minute."""
    entry = store.outbox.claim(lease, now=NOW, until=SOON)
    assert entry is not None
    return entry


def test_a_message_is_kept_whole(store: Store) -> None:
    """A claimed message holds what was queued, who holds it, and that it was tried."""
    note = Note(kind="denied", facts={"person": "U1", "reason": "ein „Grund“\n"})
    store.outbox.put("entry-1", "thread", "REQ-1", "C1", note=note, now=NOW)

    assert take(store) == Outgoing(
        id="entry-1",
        kind="thread",
        subject="REQ-1",
        recipient="C1",
        note=note,
        attempts=1,
        first_tried_at=NOW,
        created_at=NOW,
        lease="first",
    )


def test_the_oldest_goes_first(store: Store) -> None:
    """Messages go in the order in which they were queued, each to one claimant, and then there is none."""
    for name in ("b", "a", "c"):
        put(store, name, subject=f"REQ-{name}")
    taken = [store.outbox.claim(f"lease-{n}", now=NOW, until=SOON) for n in range(4)]

    assert [entry and entry.id for entry in taken] == ["b", "a", "c", None]


def test_no_clock_orders(store: Store) -> None:
    """What was queued by a clock that lags, or was set back, goes behind what was queued before it."""
    put(store, "b")
    store.outbox.put("a", "card", "REQ-1", "C1", now=NOW - timedelta(hours=1))
    put(store, "0", subject="REQ-2")
    first = take(store)
    overtaken = store.outbox.is_overtaken(first)
    beside = take(store, "second")
    store.outbox.sent(first, now=NOW)
    later = take(store, "third")

    assert ([first.id, beside.id, later.id], overtaken) == (["b", "0", "a"], True)
    assert not store.outbox.is_overtaken(later)


def test_the_queue_runs_empty(store: Store) -> None:
    """After the last message was sent, the next ones keep their order too."""
    for names in (("b", "a"), ("d", "c")):
        for name in names:
            put(store, name)
        for name in names:
            entry = take(store)
            assert entry.id == name
            store.outbox.sent(entry, now=NOW)


def test_put_back_keeps_its_place(store: Store) -> None:
    """A message that had to wait goes before those that were queued after it."""
    for name in ("1", "2"):
        put(store, name, subject=f"REQ-{name}")
    store.outbox.put_back(take(store), "ratelimited", available_at=NOW, tried=False)
    put(store, "3", subject="REQ-3")

    assert [take(store, f"lease-{n}").id for n in range(3)] == ["1", "2", "3"]


@pytest.mark.parametrize("held", [True, False])
def test_one_thing_is_said_in_order(store: Store, held: bool) -> None:  # noqa: FBT001 - cases of the table
    """What is said later of one thing to one recipient waits while the earlier is held or put off; others do not."""
    put(store, "1")
    put(store, "2")
    first = take(store)
    if not held:
        store.outbox.put_back(first, "ratelimited", available_at=LATER, tried=False)
    waits = store.outbox.claim("second", now=NOW, until=SOON)
    put(store, "3", recipient="C2")
    put(store, "4", subject="REQ-2")
    put(store, "5", kind="request_dm")
    others = [take(store, f"lease-{n}").id for n in range(3)]

    assert (waits, others) == (None, ["3", "4", "5"])


def test_what_waited_goes_on(store: Store) -> None:
    """When the earlier one is sent or given up, the later one of the same thing is next."""
    for name in ("1", "2", "3"):
        put(store, name)
    store.outbox.sent(take(store), now=NOW)
    second = take(store)
    store.outbox.undeliverable(second, "is_archived", now=NOW)

    assert (second.id, take(store).id) == ("2", "3")


def test_a_dead_process_leaves_its_message(store: Store) -> None:
    """When a lease runs out the next claimant sees that the message was tried, and the first one's word is void."""
    put(store, "entry-1")
    first = take(store)
    second = store.outbox.claim("second", now=SOON, until=LATER)

    assert second is not None
    assert (second.attempts, second.first_tried_at) == (2, NOW)
    assert not store.outbox.sent(first, now=SOON)
    assert not store.outbox.put_back(first, "late", available_at=SOON)
    assert store.outbox.sent(second, now=SOON)
    assert store.outbox.claim("third", now=LATER, until=LATER) is None


def test_until_when_a_claim_holds(store: Store) -> None:
    """A claim holds until its time, and not a moment longer, even where nobody else has claimed the message yet."""
    put(store, "entry-1")
    first = take(store)
    moments = (NOW, SOON - timedelta(microseconds=1), SOON, LATER)

    assert [store.outbox.is_held(first, now=now) for now in moments] == [True, True, False, False]
    assert not store.outbox.keep(first, now=SOON, until=LATER)
    assert not store.outbox.begin_anew(first, now=SOON)


def test_a_claim_of_somebody_else(store: Store) -> None:
    """When somebody else claimed a message, the first claim holds at no time, and cannot be kept."""
    put(store, "entry-1")
    first = take(store)
    second = store.outbox.claim("second", now=SOON, until=LATER)

    assert not store.outbox.is_held(first, now=NOW)
    assert not store.outbox.keep(first, now=NOW, until=LATER)
    assert not store.outbox.begin_anew(first, now=NOW)
    assert second is not None
    assert store.outbox.is_held(second, now=SOON)


def test_a_claim_is_kept(store: Store) -> None:
    """A claim that is kept holds until its new time."""
    put(store, "entry-1")
    first = take(store)
    kept = store.outbox.keep(first, now=NOW, until=LATER)

    assert kept
    assert store.outbox.is_held(first, now=SOON)
    assert store.outbox.claim("second", now=SOON, until=LATER) is None
    assert store.outbox.claim("second", now=LATER, until=LATER) is not None


def test_a_doubt_that_was_resolved(store: Store) -> None:
    """Once it is certain that nothing was sent, a message is in doubt since the try that follows."""
    put(store, "entry-1")
    store.outbox.put_back(take(store), "TimeoutError", available_at=SOON)
    second = store.outbox.claim("second", now=SOON, until=LATER)
    assert second is not None
    begun = store.outbox.begin_anew(second, now=SOON)
    store.outbox.put_back(second, "TimeoutError", available_at=LATER)
    third = store.outbox.claim("third", now=LATER, until=LATER + timedelta(minutes=1))

    assert begun
    assert third is not None
    assert (second.first_tried_at, third.first_tried_at) == (NOW, SOON)


@pytest.mark.parametrize(("tried", "in_doubt"), [(True, True), (False, False)])
def test_put_back(store: Store, tried: bool, in_doubt: bool) -> None:  # noqa: FBT001 - cases of the table
    """A message that is put back waits for its time; it stays in doubt unless nothing can have reached Slack."""
    put(store, "entry-1")
    store.outbox.put_back(take(store), "ratelimited", available_at=LATER, tried=tried)

    assert store.outbox.claim("second", now=LATER - timedelta(microseconds=1), until=LATER) is None
    again = store.outbox.claim("second", now=LATER, until=LATER + timedelta(minutes=1))
    assert again is not None
    assert (again.first_tried_at == NOW) == in_doubt


def test_what_slack_would_refuse_is_passed_over(store: Store) -> None:
    """What needs a method that Slack limited, in its channel or everywhere, is passed over."""
    for name, subject, recipient in (("post", "REQ-1", "C1"), ("edit", "REQ-2", "C1"), ("elsewhere", "REQ-3", "C2")):
        store.outbox.put(name, "card", subject, recipient, slot=f"card:{subject}", now=NOW)
    store.outbox.remember("card:REQ-2", Posted(channel="C1", ts="1.0"))

    def taken(method: str, channel: str) -> list[str]:
        store.database.run("DELETE FROM pace")
        store.database.run("UPDATE outbox SET lease = NULL, lease_until = NULL")
        store.pace.limit(method, channel, until=SOON, paced_until=SOON, now=NOW)
        entries = [store.outbox.claim(f"lease-{n}", now=NOW, until=LATER) for n in range(3)]
        return [entry.id for entry in entries if entry is not None]

    assert taken(POST, "C1") == ["edit", "elsewhere"]
    assert taken(POST, EVERY) == ["edit"]
    assert taken(EDIT, EVERY) == ["post", "elsewhere"]
    assert taken("users.info", EVERY) == ["post", "edit", "elsewhere"]


def test_given_up(store: Store) -> None:
    """A message that cannot be sent at all is not tried again and does not wait any more."""
    put(store, "entry-1")
    store.outbox.undeliverable(take(store), "user_disabled", now=NOW)

    assert store.outbox.claim("second", now=LATER, until=LATER) is None
    assert store.outbox.oldest_waiting() is None


def test_overtaken(store: Store) -> None:
    """A redraw is overtaken by a later one of the same message only, while that one still waits."""
    for name, kind, subject, recipient in (
        ("1", "card", "REQ-1", "C1"),
        ("2", "card", "REQ-2", "C1"),
        ("3", "request_dm", "REQ-1", "C1"),
        ("4", "card", "REQ-1", "C2"),
    ):
        put(store, name, kind, subject, recipient)
    first = take(store)
    alone = store.outbox.is_overtaken(first)
    put(store, "5")

    assert (alone, store.outbox.is_overtaken(first)) == (False, True)
    assert not any(store.outbox.is_overtaken(take(store, f"lease-{n}")) for n in range(3))
    store.outbox.sent(first, now=NOW)
    assert not store.outbox.is_overtaken(take(store))


def test_since_when_something_waits(store: Store) -> None:
    """The oldest unsent message says since when the outbox waits, whether or not somebody holds it."""
    assert store.outbox.oldest_waiting() is None
    put(store, "entry-1")
    store.outbox.put("entry-2", "card", "REQ-1", "C1", now=SOON)
    entry = take(store)
    assert store.outbox.oldest_waiting() == NOW
    store.outbox.sent(entry, now=NOW)

    assert store.outbox.oldest_waiting() == SOON


def test_where_a_message_stands(store: Store) -> None:
    """A slot remembers where its message stands, and a new message takes its place."""
    assert store.outbox.posted("card:REQ-1") is None
    store.outbox.remember("card:REQ-1", Posted(channel="C1", ts="1.1"))
    store.outbox.remember("card:REQ-1", Posted(channel="C1", ts="2.2"))

    assert store.outbox.posted("card:REQ-1") == Posted(channel="C1", ts="2.2")


def test_an_audit_row(store: Store) -> None:
    """An audit row holds when, what, who, of what, and the details as JSON."""
    store.audit.add(
        "row-1",
        AuditEvent.REQUEST_DENY,
        "UGRACE",
        now=NOW,
        request_id="REQ-1",
        details={"reason": "ein „Grund“", "version": 2, "last": True},
    )
    (row,) = store.audit.rows()

    assert tuple(row) == COLUMNS
    assert (row["event"], row["actor"], row["request_id"], row["link_id"]) == ("request:deny", "UGRACE", "REQ-1", None)
    assert json.loads(row["details"]) == {"reason": "ein „Grund“", "version": 2, "last": True}


@pytest.mark.parametrize("batch", [1, 2, 7, 10, 100])
def test_audit_pages(store: Store, batch: int) -> None:
    """However large the pages, every row comes once in the order of writing, also where a clock stepped back."""
    names = [f"row-{number:02}" for number in range(10)]
    with store.transaction():
        for number, name in enumerate(names):
            store.audit.add(name, AuditEvent.LINK_ARM, "UADA", now=NOW - timedelta(seconds=number // 5))

    assert [row["id"] for row in store.audit.rows(batch=batch)] == names


def test_audit_since(store: Store) -> None:
    """Rows since a moment include that moment and leave out what was before."""
    for number in range(4):
        store.audit.add(f"row-{number}", AuditEvent.LINK_ARM, "UADA", now=NOW + timedelta(seconds=number))

    assert [row["id"] for row in store.audit.rows(since=NOW + timedelta(seconds=2))] == ["row-2", "row-3"]
    assert list(store.audit.rows(since=LATER)) == []


def test_audit_grows_while_it_is_read(store: Store) -> None:
    """Rows that are added while the audit is read come too, and none comes twice."""
    store.audit.add("row-0", AuditEvent.LINK_ARM, "UADA", now=NOW)
    reading = store.audit.rows(batch=1)
    first = [row["id"] for row in itertools.islice(reading, 1)]
    store.audit.add("row-1", AuditEvent.LINK_ARM, "UADA", now=NOW)
    rest = [row["id"] for row in reading]

    assert (first, rest) == (["row-0"], ["row-1"])
