"""With ten thousand rows of each kind, what is asked often finds its rows by an index."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from bot.records import Outgoing
from storage import Store
from storage.database import Row
from storage.sqlite import SqliteDatabase
from tests.domain import nouns
from tests.domain.nouns import NOW

MANY = 10_000
RARE = ("applications_unwanted", "links_to_sweep", "credentials_unproven")
SOON = NOW + timedelta(minutes=2)


class ListeningDatabase(SqliteDatabase):
    """The embedded database, which keeps what it is asked."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.heard: list[tuple[str, dict[str, Any]]] = []

    def all(self, sql: str, **params: object) -> list[Row]:
        """Keep the question and answer it."""
        self.heard.append((sql, params))
        return super().all(sql, **params)

    def run(self, sql: str, **params: object) -> int:
        """Keep the statement and carry it out."""
        self.heard.append((sql, params))
        return super().run(sql, **params)

    def plans(self) -> list[str]:
        """How SQLite goes about what was asked, a step each; what was asked is forgotten."""
        asked, self.heard = self.heard, []
        steps = [step for sql, params in asked for step in super(ListeningDatabase, self).all(_explain(sql), **params)]
        return [step["detail"] for step in steps]


def _explain(sql: str) -> str:
    return f"EXPLAIN QUERY PLAN {sql}"


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, ListeningDatabase]]:
    """A store after some years: nearly all requests are done, nearly all links viewed, nearly all messages sent."""
    database = ListeningDatabase(tmp_path_factory.mktemp("crowded") / "x.sqlite3")
    store = Store(database=database)
    store.migrate(NOW)
    with store.transaction():
        for number in range(1, MANY + 1):
            _fill(store, number)
        database.run("UPDATE app_requests SET state = 'fulfilled', assessed = 1 WHERE id > 'REQ-00000050'")
        database.run("UPDATE links SET stage = 'viewed', token_hash = id WHERE id NOT LIKE 'link-__'")
        database.run("UPDATE outbox SET state = 'sent' WHERE id > '00000050'")
        database.run("UPDATE credentials SET accepted = 1 WHERE key_id NOT LIKE 'key-__'")
    yield store, database
    store.close()


def _fill(store: Store, number: int) -> None:
    moment = NOW - timedelta(minutes=number)
    person = nouns.owner(number % 500 + 1)
    store.requests.add(nouns.request(number, requester=person, submitted_at=moment))
    store.applications.add(nouns.application(number, owners=(person,)))
    store.links.add(nouns.link(number))
    ends_at = NOW + timedelta(days=30 + number % 600)
    store.credentials.add(nouns.credential(number, ends_at=ends_at, starts_at=moment))
    store.outbox.put(f"{number:08}", "card", f"REQ-{number:08}", "C1", now=moment)
    store.audit.add(f"{number:08}", AuditEvent.REQUEST_SUBMIT, person.person_id, now=moment)


ENTRY = Outgoing(
    id="00000010",
    kind="card",
    subject="REQ-00000010",
    recipient="C1",
    note=None,
    attempts=1,
    first_tried_at=NOW,
    created_at=NOW,
    lease="lease",
)
Ask = Callable[[Store], object]
# What is asked at every press, click, tick of the clock, or page of a list.
HOT: list[tuple[str, Ask]] = [
    ("a request", lambda s: s.requests.get("REQ-00000007")),
    ("the request of a form", lambda s: s.requests.by_form("form-7")),
    ("a person's requests", lambda s: s.requests.of_person("UCO0007", limit=20)),
    ("who approved", lambda s: s.requests.approvers_of("REQ-00000007", 1)),
    ("a decision", lambda s: s.requests.move("REQ-00000007", RequestEvent.DENY, now=NOW)),
    ("a request to assess", lambda s: s.requests.claim_assessment("lease", now=NOW, until=SOON)),
    ("waiting requests", lambda s: s.requests.next_unreminded(NOW - timedelta(minutes=20))),
    ("lapsed requests", lambda s: s.requests.next_pending(NOW - timedelta(minutes=20))),
    ("work to do", lambda s: s.provisioning.claim("lease", now=NOW, until=SOON)),
    ("an application", lambda s: s.applications.get("app-7")),
    ("the application of a request", lambda s: s.applications.of_request("REQ-00000007")),
    ("an application by Entra's name for it", lambda s: s.applications.is_known("object-7")),
    ("unwanted applications", lambda s: s.applications.claim_removal(now=NOW, until=SOON)),
    ("unwanted applications of a request", lambda s: s.applications.unwanted_of("REQ-00000007")),
    ("a token", lambda s: s.links.by_token_hash("link-777")),
    ("the link alive", lambda s: s.links.alive("app-7")),
    ("a press in Slack", lambda s: s.links.arm("link-7", now=NOW, until=SOON)),
    ("a press on the page", lambda s: s.links.claim("link-7", "lease", now=NOW, until=SOON)),
    ("links past their time", lambda s: s.links.next_past_its_time(now=NOW)),
    ("abandoned presses", lambda s: s.links.take_over("lease", now=NOW, until=SOON)),
    ("links to sweep", lambda s: s.links.claim_sweep(now=NOW, until=SOON)),
    ("the secrets of an application", lambda s: s.credentials.of_application("app-7")),
    ("secrets that end", lambda s: s.credentials.live_ending(after=(NOW, "key-7"), before=SOON, limit=9)),
    ("removals to warn of", lambda s: s.credentials.next_unwarned_removal(NOW)),
    ("secrets to remove", lambda s: s.credentials.claim_removal(now=NOW, until=SOON, warned_by=NOW)),
    ("secrets not proven", lambda s: s.credentials.unproven_since(NOW - timedelta(minutes=50))),
    ("a reminder", lambda s: s.reminders.claim("reminder-7", "key-7", 7, now=NOW)),
    ("whether a reminder was given", lambda s: s.reminders.is_claimed("key-7", 7)),
    ("the last reminder", lambda s: s.reminders.latest("key-7")),
    ("the next message", lambda s: s.outbox.claim("lease", now=NOW, until=SOON)),
    ("a later redraw", lambda s: s.outbox.is_overtaken(ENTRY)),
    ("the oldest message", lambda s: s.outbox.oldest_waiting()),
    ("where a message stands", lambda s: s.outbox.posted("card:REQ-00000007")),
    ("a page of the audit", lambda s: next(s.audit.rows(since=NOW - timedelta(minutes=9), batch=5))),
]


@pytest.mark.parametrize("ask", [pytest.param(ask, id=name) for name, ask in HOT])
def test_by_an_index(crowded: tuple[Store, ListeningDatabase], ask: Ask) -> None:
    """Nothing that is asked often reads a whole table."""
    store, database = crowded
    database.heard.clear()
    ask(store)

    assert database.heard
    # An index of nothing but rare rows may be read from end to end.
    assert [step for step in database.plans() if "SCAN" in step and not step.endswith(RARE)] == []
