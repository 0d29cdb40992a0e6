"""Transactions: all or nothing, joined when nested, one writer at a time, and no trace of a failed one."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.events import AuditEvent
from bot.lifecycle import RequestEvent, RequestState
from storage import Store, open_store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.races import race

REQUEST = "REQ-00000001"


class Broken(Exception):
    """What goes wrong on purpose."""


def decide(store: Store, name: str = "row-1") -> None:
    """Approve the request with its audit row and its message, as a use case does."""
    assert store.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
    store.audit.add(name, AuditEvent.REQUEST_APPROVE, "UGRACE", now=NOW, request_id=REQUEST)
    store.outbox.put(name, "card", REQUEST, "C1", now=NOW)


def picture(store: Store) -> tuple[object, int, bool]:
    """What stands of the decision: the state, how many audit rows, and whether a message waits."""
    request = store.requests.get(REQUEST)
    return request and request.state, len(list(store.audit.rows())), store.outbox.oldest_waiting() is not None


NOTHING = (RequestState.PENDING, 0, False)
EVERYTHING = (RequestState.APPROVED, 1, True)


def test_everything(peopled: Store) -> None:
    """What happens in a transaction is there together afterwards."""
    with peopled.transaction():
        decide(peopled)

    assert picture(peopled) == EVERYTHING


def test_nothing(peopled: Store) -> None:
    """An error undoes everything that happened in its transaction, and comes out as it was."""

    def half() -> None:
        with peopled.transaction():
            decide(peopled)
            raise Broken("on purpose")

    with pytest.raises(Broken, match="on purpose"):
        half()

    assert picture(peopled) == NOTHING


def test_an_interrupt_undoes_too(peopled: Store) -> None:
    """Ctrl-C in the middle leaves nothing half done."""

    def half() -> None:
        with peopled.transaction():
            decide(peopled)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()

    assert picture(peopled) == NOTHING


def test_a_statement_that_fails(peopled: Store) -> None:
    """A statement that the database refuses undoes what went before it in the same transaction."""

    def half() -> None:
        with peopled.transaction():
            decide(peopled)
            peopled.links.add(nouns.link(2, application_id="app-none"))

    with pytest.raises(Exception, match=r"(?i)foreign key"):
        half()

    assert picture(peopled) == NOTHING


def test_the_next_one_goes(peopled: Store) -> None:
    """After an undone transaction the same thread can begin another."""
    with pytest.raises(Broken), peopled.transaction():
        raise Broken
    with peopled.transaction():
        decide(peopled)

    assert picture(peopled) == EVERYTHING


def test_a_joined_transaction_is_not_durable_alone(peopled: Store) -> None:
    """A transaction inside another ends with the outer one: if that fails, all is undone."""

    def outer() -> None:
        with peopled.transaction():
            with peopled.transaction():
                decide(peopled)
            raise Broken

    with pytest.raises(Broken):
        outer()

    assert picture(peopled) == NOTHING


def test_an_error_in_a_joined_transaction(peopled: Store) -> None:
    """An error that leaves the inner transaction and the outer one undoes both."""

    def inner() -> None:
        with peopled.transaction():
            decide(peopled)
            raise Broken

    def outer() -> None:
        with peopled.transaction():
            peopled.outbox.put("first", "card", REQUEST, "C1", now=NOW)
            inner()

    with pytest.raises(Broken):
        outer()

    assert picture(peopled) == NOTHING


def test_others_see_it_when_it_is_done(peopled: Store) -> None:
    """Another thread reads meanwhile, without waiting, what was there before."""
    seen: list[object] = []
    with peopled.transaction():
        decide(peopled)
        reader = threading.Thread(target=lambda: seen.append(picture(peopled)))
        reader.start()
        reader.join(10)
        own = picture(peopled)

    assert (seen, own) == ([NOTHING], EVERYTHING)


def test_another_process_sees_it_when_it_is_done(peopled: Store, url: str) -> None:
    """A second store on the same database reads a decision as soon as it is made, and not before."""
    other = open_store(url)
    with peopled.transaction():
        decide(peopled)
        before = picture(other)
    after = picture(other)
    other.close()

    assert (before, after) == (NOTHING, EVERYTHING)


def test_read_then_write(store: Store) -> None:
    """Of eight threads that read a number and write the next one none overwrites another's."""
    store.requests.add(nouns.request())

    def count(_: int) -> None:
        for _ in range(10):
            with store.transaction():
                request = store.requests.get(REQUEST)
                assert request is not None
                assert store.requests.change(REQUEST, request.version, request.form, now=NOW)

    race(count)
    request = store.requests.get(REQUEST)

    assert request is not None
    assert request.version == 81


def test_two_processes_write(store: Store, url: str) -> None:
    """Stores of several processes that write at once wait for each other, and nothing is lost."""
    others = [open_store(url) for _ in range(4)]

    def write(number: int) -> None:
        other = others[number % 4]
        for step in range(10):
            other.audit.add(f"{number}-{step}", AuditEvent.LINK_ARM, "UADA", now=NOW + timedelta(seconds=step))

    race(write)
    for other in others:
        other.close()

    assert len(list(store.audit.rows())) == 80


WRITES: list[tuple[str, Callable[[Store], object]]] = [
    ("approvals", lambda store: store.database.run("INSERT INTO approvals VALUES ('REQ-NONE', 1, 'UGRACE', 'now')")),
    ("applications", lambda store: store.applications.add(nouns.application(9))),
    ("links", lambda store: store.links.add(nouns.link(9))),
    ("credentials", lambda store: store.credentials.add(nouns.credential(9, application_id="app-1"))),
    ("reminders", lambda store: store.reminders.claim("r", "key-none", 7, now=NOW)),
]


@pytest.mark.parametrize(("table", "write"), WRITES)
def test_what_is_referred_to_must_exist(peopled: Store, table: str, write: Callable[[Store], object]) -> None:
    """Nothing refers to a row that is not there."""
    before = peopled.database.all(f"SELECT * FROM {table}")  # noqa: S608 - a name of this test
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        write(peopled)

    assert before == peopled.database.all(f"SELECT * FROM {table}")  # noqa: S608 - a name of this test
