"""With ten thousand rows of each kind, what is asked often finds its rows by an index."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from bot.records import Outgoing, Posted
from storage import Store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.listening import ListeningDatabase

MANY = 10_000
RARE = ("applications_unwanted", "links_to_sweep", "credentials_unproven", "outbox_waiting")
# Of what waits to be sent there is hardly ever any.
QUEUED = "SEARCH o USING INDEX outbox_by_state"
# What a question found by itself, before it goes on.
FOUND = ("SCAN done", "SCAN CONSTANT ROW")
OLD_END = ("audit_by_seq", "SCAN oldest")
SOON = NOW + timedelta(minutes=2)
# Requests that are over, and were reminded of before.
ENDED = (9000, 9001)


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
        database.run("UPDATE outbox SET sent_at = created_at WHERE state = 'sent'")
        database.run("UPDATE credentials SET accepted = 1 WHERE key_id NOT LIKE 'key-__'")
        for number in ENDED:
            _end(store, number)
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


def _end(store: Store, number: int) -> None:
    store.database.run("UPDATE credentials SET ends_at = starts_at WHERE key_id = :id", id=f"key-{number}")
    store.reminders.claim(f"rem-{number}", f"key-{number}", 7, now=NOW)
    for slot in (f"card:REQ-{number:08}", f"link:link-{number}", f"reminder:rem-{number}:UADA"):
        store.outbox.remember(slot, Posted(channel="C1", ts="1.0"))


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
    ("messages that wait", lambda s: s.figures.waiting()),
    ("how often something happened", lambda s: s.audit.times(AuditEvent.REQUEST_FAIL)),
    ("whether messages are old", lambda s: s.retention.any_delivered(NOW)),
]
# What looks at one end of what is kept, the new one or the old one.
ENDS: list[tuple[str, Ask]] = [
    ("times to a decision", lambda s: s.figures.decided(NOW)),
    ("times to delivery", lambda s: s.figures.delivered(NOW)),
    ("requests that are over", lambda s: s.retention.over(SOON, 20)),
]
# What monitoring asks of everything that is kept: each counts in an index, and reads no row.
WHOLE: list[tuple[str, Ask]] = [
    ("requests by state", lambda s: s.figures.requests_by_state()),
    ("applications by their last secret", lambda s: s.figures.last_secrets(NOW, [NOW, SOON])),
]
# What is done in the turn of the one writer, which nobody may hold for long.
REMOVALS: list[tuple[str, Ask]] = [
    ("requests", lambda s: s.retention.remove_requests([f"REQ-{number:08}" for number in ENDED], SOON)),
    ("messages", lambda s: s.retention.remove_delivered(NOW, 20)),
    ("audit rows", lambda s: s.audit.cut(s.audit.end_of(NOW, within=20))),
]


@pytest.mark.parametrize("ask", [pytest.param(ask, id=name) for name, ask in HOT])
def test_by_an_index(crowded: tuple[Store, ListeningDatabase], ask: Ask) -> None:
    """Nothing that is asked often reads a whole table."""
    store, database = crowded
    database.heard.clear()
    ask(store)

    assert database.heard
    # An index of nothing but rare rows may be read from end to end.
    assert [step for step in database.plans() if "SCAN" in step and not step.endswith((*RARE, *FOUND))] == []


@pytest.mark.parametrize("ask", [pytest.param(ask, id=name) for name, ask in ENDS])
def test_from_one_end(crowded: tuple[Store, ListeningDatabase], ask: Ask) -> None:
    """What asks about a time begins with that time, and not with all that were ever in a state."""
    store, database = crowded
    database.heard.clear()
    ask(store)
    steps = database.plans()

    assert [step for step in steps if "SCAN" in step and not step.endswith(FOUND)] == []
    assert [step for step in steps if "_by_time" in step] != []
    assert [step for step in steps if step.endswith("_by_state (state=?)") and QUEUED not in step] == []


@pytest.mark.parametrize("ask", [pytest.param(ask, id=name) for name, ask in WHOLE])
def test_counted_in_an_index(crowded: tuple[Store, ListeningDatabase], ask: Ask) -> None:
    """What counts everything goes once through an index that holds all that is asked, and sorts nothing."""
    store, database = crowded
    database.heard.clear()
    ask(store)
    steps = [step for step in database.plans() if not step.startswith("CO-ROUTINE") and step != "SCAN lasts"]

    assert [" USING COVERING INDEX " in step for step in steps] == [True]


class Undone(Exception):
    """What was done is taken back."""


def undone(store: Store, act: Ask) -> object:
    """Do something, take it back, and return what it came to."""
    found = None
    with suppress(Undone), store.transaction():
        found = act(store)
        raise Undone
    return found


@pytest.mark.parametrize("remove", [pytest.param(remove, id=name) for name, remove in REMOVALS])
def test_removed_by_an_index(crowded: tuple[Store, ListeningDatabase], remove: Ask) -> None:
    """Nothing that retention does in its turn to write reads a whole table."""
    store, database = crowded
    database.heard.clear()
    removed = undone(store, remove)

    assert removed
    # The audit is read from its old end, no further than was said.
    assert [step for step in database.plans() if "SCAN" in step and not step.endswith(OLD_END)] == []


def test_references_by_an_index(crowded: tuple[Store, ListeningDatabase]) -> None:
    """Every column that names a row of another table is the first of an index: a removal asks for who names it."""
    _, database = crowded
    tables = [row["name"] for row in database.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
    named = {(table, row["from"]) for table in tables for row in database.all(f"PRAGMA foreign_key_list({table})")}
    first = {
        (table, row["name"])
        for table in tables
        for index in database.all(f"PRAGMA index_list({table})")
        if not index["partial"]
        for row in database.all(f"PRAGMA index_info({index['name']})")
        if row["seqno"] == 0
    }

    assert len(named) > 5
    assert named - first == set()
