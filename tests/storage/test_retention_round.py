"""The daily clean-up: piece by piece, told in the audit, and the same whoever comes second."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.events import AuditEvent
from bot.policy import Policy
from bot.retention import AUDIT_ROWS, REQUESTS, ROWS, Old, Retention
from storage import Store
from storage.codec import to_text
from storage.sqlite import SqliteDatabase
from tests.domain import nouns
from tests.domain.nouns import NOW

LONG_AGO = NOW - timedelta(days=2000)
PIECES = (Old(messages=ROWS), Old(requests=REQUESTS), Old(audit_rows=AUDIT_ROWS))
ALL = Old(messages=ROWS + 2, requests=REQUESTS + 3, audit_rows=AUDIT_ROWS + 4)


def fill(store: Store) -> None:
    """Keep a little more of everything that is old than goes in one piece, and one of each that is not."""
    with store.transaction():
        for number in range(1, ALL.requests + 2):
            store.requests.add(nouns.request(number))
        store.database.run(
            "UPDATE app_requests SET state = 'denied', state_since = :at WHERE id <> 'REQ-00000001'",
            at=to_text(LONG_AGO),
        )
        for number in range(ALL.messages + 1):
            store.outbox.put(f"m{number}", "person", "UADA", "UADA", now=LONG_AGO)
        store.database.run("UPDATE outbox SET state = 'sent', sent_at = created_at WHERE id <> 'm0'")
        for number in range(ALL.audit_rows):
            store.audit.add(f"a{number}", AuditEvent.LINK_ARM, "UADA", now=LONG_AGO)
        store.audit.add("new", AuditEvent.LINK_ARM, "UADA", now=NOW)


def cleaner(store: Store) -> Retention:
    """The use case, with the policy that holds where nothing is said."""
    return Retention(store, Policy(), lambda: NOW)


def told(store: Store) -> list[tuple[str, int]]:
    """What the audit says was removed: each event with how much."""
    kept = [(row["event"], json.loads(row["details"])) for row in store.audit.rows() if row["actor"] == "bot"]
    return [(event, said.get("rows") or said["requests"] + said["messages"]) for event, said in kept]


def test_piece_by_piece(store: Store) -> None:
    """What is removed is what was due, in pieces of which none is larger than said, each told in the audit."""
    fill(store)
    retention = cleaner(store)
    due = retention.due()
    removed = list(iter(retention.remove_due, Old()))

    assert due == ALL
    assert sum(removed, Old()) == ALL
    assert removed[::2] == list(PIECES)
    assert told(store) == [
        (AuditEvent.AUDIT_CUT if piece.audit_rows else AuditEvent.RETENTION, piece.total) for piece in removed
    ]
    assert (retention.due(), store.audit.verify().fault) == (Old(), None)
    assert store.requests.get("REQ-00000001") is not None


class OvertakenDatabase(SqliteDatabase):
    """The embedded database, with somebody who is faster by one turn to write."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.faster: Callable[[], object] = bool

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let the other one go first."""
        faster, self.faster = self.faster, bool
        faster()
        with super().transaction():
            yield


@pytest.fixture
def overtaken(tmp_path: Path) -> Iterator[tuple[Store, Store, OvertakenDatabase]]:
    """Two instances over one database; the first is overtaken."""
    database = OvertakenDatabase(tmp_path / "bot.sqlite3")
    slow, quick = Store(database=database), Store(database=SqliteDatabase(tmp_path / "bot.sqlite3"))
    slow.migrate(NOW)
    yield slow, quick, database
    slow.close()
    quick.close()


@pytest.mark.parametrize(
    ("days", "counts"), [((9, 0, 0), [ROWS, 2]), ((0, 9, 0), [REQUESTS, 3]), ((0, 0, 9), [AUDIT_ROWS, 4])]
)
def test_two_instances_at_the_same_hour(
    overtaken: tuple[Store, Store, OvertakenDatabase], days: tuple[int, int, int], counts: list[int]
) -> None:
    """Who finds in its turn that another instance has removed what it had found writes nothing."""
    slow, quick, database = overtaken
    fill(slow)
    policy = Policy(keep_messages_days=days[0], keep_requests_days=days[1], keep_audit_days=days[2])
    database.faster = Retention(quick, policy, lambda: NOW).remove_all
    removed = Retention(slow, policy, lambda: NOW).remove_all()

    assert removed == Old()
    assert [count for _, count in told(slow)] == counts


def test_one_piece_behind(overtaken: tuple[Store, Store, OvertakenDatabase]) -> None:
    """Who is overtaken by one piece goes on with the next, and says no more than it removed itself."""
    slow, quick, database = overtaken
    fill(slow)
    theirs: list[Old] = []
    database.faster = lambda: theirs.append(cleaner(quick).remove_due())
    heard: list[int] = []
    removed = cleaner(slow).remove_all(heard.append)

    assert (theirs, removed) == ([Old(messages=ROWS)], replace(ALL, messages=2))
    assert sum(heard) == removed.total
    assert [count for _, count in told(slow)] == [ROWS, 2, REQUESTS, 3, AUDIT_ROWS, 4]
