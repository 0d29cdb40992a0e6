"""What is particular to PostgreSQL: connections that die, turns to write, and what is said when it cannot be used."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from bot.errors import StorageUnavailable
from bot.events import AuditEvent
from bot.lifecycle import RequestEvent
from storage import Store, open_store
from storage.postgres import PostgresDatabase
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import fresh_postgres
from tests.storage.races import race
from tests.storage.test_one_winner import RACES

REQUEST = "REQ-00000001"


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of an empty PostgreSQL."""
    with fresh_postgres(tmp_path) as found:
        yield found


@pytest.fixture
def postgres(address: str) -> Iterator[Store]:
    """A store on it with one request."""
    store = open_store(address)
    store.migrate(NOW)
    store.requests.add(nouns.request())
    yield store
    store.close()


def end_connections(address: str) -> None:
    """Have the server end every connection of the bot, as a restart or a fail-over does."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'register-app'"
        )


def test_connections_that_died_idle(postgres: Store, address: str) -> None:
    """Connections that the server ended while they were idle are replaced before anybody notices."""
    end_connections(address)

    assert postgres.requests.get(REQUEST) == nouns.request()


def test_a_connection_that_dies_in_the_middle(postgres: Store, address: str) -> None:
    """When the server ends a connection in a transaction, that is said, nothing of it stays, and the next one goes."""

    def half() -> None:
        with postgres.transaction():
            postgres.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
            end_connections(address)
            postgres.audit.add("a", AuditEvent.REQUEST_APPROVE, "UGRACE", now=NOW)

    with pytest.raises(StorageUnavailable, match=r"PostgreSQL cannot be used now: .*terminat"):
        half()

    assert postgres.requests.get(REQUEST) == nouns.request()
    assert postgres.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)


def test_a_server_that_is_not_there() -> None:
    """A server that does not answer is named by its host, and the password of its address is not repeated."""
    database = PostgresDatabase("postgresql://bot:hunter2secret@127.0.0.1:1/nothing", patience=0.2)
    with pytest.raises(StorageUnavailable) as caught:
        database.all("SELECT 1")
    database.close()

    assert "PostgreSQL cannot be used now" in str(caught.value)
    assert "hunter2secret" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_no_connection_is_free(address: str) -> None:
    """A thread that finds no connection free for long is told so, and the next one after that goes."""
    database = PostgresDatabase(address, connections=1, patience=0.2)

    def meanwhile(_: int) -> str:
        with pytest.raises(StorageUnavailable, match="couldn't get a connection") as caught:
            database.all("SELECT 1")
        return str(caught.value)

    with database.claiming():
        race(meanwhile, racers=1)
    after = database.all("SELECT 1 AS x")
    database.close()

    assert after == [{"x": 1}]


def test_a_server_that_only_reads(address: str) -> None:
    """A standby, on which nothing can be written, is told of as a database that cannot be used."""
    database = PostgresDatabase(f"{address}%20-cdefault_transaction_read_only%3Don")
    with pytest.raises(StorageUnavailable, match="read-only transaction"):
        database.run("CREATE TABLE t (x TEXT)")
    database.close()


def test_a_statement_that_is_wrong(postgres: Store) -> None:
    """A wrong statement is a fault of ours and not of the database: it keeps its own error."""
    with pytest.raises(psycopg.errors.UndefinedTable):
        postgres.database.all("SELECT * FROM missing")


def test_writers_take_their_turns(address: str, postgres: Store) -> None:
    """A writer of another instance waits from the beginning, so that what it reads includes what was just written."""
    other = open_store(address)
    begun = threading.Event()
    seen: list[int] = []

    def write() -> None:
        begun.set()
        with other.transaction():
            seen.append(len(list(other.audit.rows())))

    writer = threading.Thread(target=write)
    with postgres.transaction():
        postgres.audit.add("first", AuditEvent.LINK_ARM, "UADA", now=NOW)
        writer.start()
        begun.wait(10)
    writer.join(30)
    other.close()

    assert seen == [1]


def test_a_claim_does_not_wait_for_a_writer(address: str, postgres: Store) -> None:
    """Messages are claimed while another instance writes, and while another claims: each gets another row."""
    other = open_store(address)
    for number in (1, 2):
        postgres.outbox.put(f"m{number}", "note", f"S{number}", "C1", now=NOW)
    with postgres.transaction():
        postgres.audit.add("first", AuditEvent.LINK_ARM, "UADA", now=NOW)
        with other.database.claiming():
            first = other.outbox.claim("a", now=NOW, until=NOW + timedelta(seconds=60))
            second = race(lambda _: other.outbox.claim("b", now=NOW, until=NOW + timedelta(seconds=60)), racers=1)[0]
    other.close()

    assert [entry and entry.id for entry in (first, second)] == ["m1", "m2"]


OUTSIDE_OF_THE_TURN = (
    "claim an approved request",
    "claim from a dead process",
    "claim an assessment",
    "claim an abandoned link",
    "claim a search",
    "claim a removal",
    "claim the removal of an application",
    "claim a message",
)


@pytest.mark.parametrize("name", OUTSIDE_OF_THE_TURN)
def test_work_is_claimed_while_another_writes(address: str, postgres: Store, name: str) -> None:
    """No claim of background work waits until another instance has written what it is writing."""
    run = next(run for run in RACES if run.name == name)
    postgres.applications.add(nouns.application())
    postgres.links.add(nouns.link())
    run.before(postgres)
    other = open_store(address)
    with postgres.transaction():
        postgres.audit.add("first", AuditEvent.LINK_ARM, "UADA", now=NOW)
        claimed = race(lambda number: run.act(other, number), racers=1)
    other.close()

    assert claimed != [None]


def test_text_sorts_by_its_characters(postgres: Store) -> None:
    """Text sorts as in SQLite, whatever the language of the server: capital letters first."""
    for name in ("b", "A", "a", "B"):
        postgres.audit.add(name, AuditEvent.LINK_ARM, "UADA", now=NOW)
    rows = postgres.database.all("SELECT id FROM audit ORDER BY id")

    assert [row["id"] for row in rows] == ["A", "B", "a", "b"]


def test_a_character_that_cannot_be_kept(postgres: Store) -> None:
    """The one character that PostgreSQL refuses in a text is kept as a mark in its place."""
    postgres.requests.move(REQUEST, RequestEvent.DENY, now=NOW, by="UGRACE", reason="no\0thing")
    request = postgres.requests.get(REQUEST)

    assert request is not None
    assert request.settled_reason == "no\N{REPLACEMENT CHARACTER}thing"
