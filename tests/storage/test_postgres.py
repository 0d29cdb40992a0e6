"""What is particular to PostgreSQL: connections that die, turns to write, and what is said when it cannot be used."""

import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
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
from tests.engines.way import Way
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


def own_process(store: Store) -> int:
    """The server's process for the connection that a store uses: in a test with one thread it has no other."""
    row = store.database.one("SELECT pg_backend_pid() AS pid")
    assert row is not None
    return int(row["pid"])


def end_connection(address: str, process: int) -> None:
    """Have the server end one connection, as a restart or a fail-over does; others on that server are not ours."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", [process])


def test_a_connection_that_died_idle(postgres: Store, address: str) -> None:
    """A connection that the server ended while it was idle is replaced before anybody notices."""
    before = own_process(postgres)
    end_connection(address, before)

    assert postgres.requests.get(REQUEST) == nouns.request()
    assert own_process(postgres) != before


def test_a_connection_that_dies_in_the_middle(postgres: Store, address: str) -> None:
    """When the server ends a connection in a transaction, that is said, nothing of it stays, and the next one goes."""

    def half() -> None:
        with postgres.transaction():
            postgres.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)
            end_connection(address, own_process(postgres))
            postgres.audit.add("a", AuditEvent.REQUEST_APPROVE, "UGRACE", now=NOW)

    with pytest.raises(StorageUnavailable, match=r"PostgreSQL cannot be used now: .*terminat"):
        half()

    assert postgres.requests.get(REQUEST) == nouns.request()
    assert postgres.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW)


def test_a_server_that_is_not_there() -> None:
    """A server that lets nobody in is told of at once, by its host and port, and its password is not repeated."""
    database = PostgresDatabase("postgresql://bot:hunter2secret@127.0.0.1:1/nothing")
    with pytest.raises(StorageUnavailable, match=r'"127.0.0.1", port 1 failed: Connection refused.* Look') as caught:
        database.all("SELECT 1")
    database.close()

    assert "hunter2secret" not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_a_server_that_does_not_answer() -> None:
    """A server that takes the connection and then says nothing is not waited for as long as libpq would."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = PostgresDatabase(f"postgresql://bot@127.0.0.1:{silent.getsockname()[1]}/x?connect_timeout=2")
        with pytest.raises(StorageUnavailable, match="the server has not answered yet"):
            database.all("SELECT 1")
        database.close()


def test_everybody_is_told_at_once(address: str) -> None:
    """While the server is away, those who want to write do not wait for each other to find it out."""
    with Way(server=address) as way:
        database = PostgresDatabase(way.address)
        database.all("SELECT 1")

        def write(_: int) -> str:
            with pytest.raises(StorageUnavailable) as caught:
                database.run("CREATE TABLE t (x TEXT)")
            return str(caught.value)

        with way.cut():
            told = race(write, racers=20)
        back = database.all("SELECT 1 AS x")
        database.close()

    assert {"Connection refused" in words or "closed the connection" in words for words in told} == {True}
    assert back == [{"x": 1}]


def test_no_connection_is_free(address: str) -> None:
    """A thread that finds no connection free for long is told so, and the next one after that goes."""
    database = PostgresDatabase(address, connections=1, patience=0.2)

    def meanwhile(_: int) -> str:
        with pytest.raises(StorageUnavailable, match="every connection of this process was in use") as caught:
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


def test_a_row_that_does_not_fit(postgres: Store) -> None:
    """A row that the database refuses is not quoted in the error, and so in no log."""
    ada = str(nouns.person().email)
    with pytest.raises(psycopg.errors.NotNullViolation) as caught:
        postgres.database.run("INSERT INTO outbox (id, recipient) VALUES ('a', :ada)", ada=ada)

    assert "violates not-null constraint" in str(caught.value)
    assert ada not in "".join(traceback.format_exception(caught.value))


LIMITS = (
    "SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('lock_timeout') AS lock"
)


@pytest.mark.parametrize("begin", [PostgresDatabase.transaction, PostgresDatabase.claiming])
def test_a_transaction_has_its_limits(
    address: str, begin: Callable[[PostgresDatabase], AbstractContextManager[None]]
) -> None:
    """A transaction brings its own limits, as behind a pooler whose sessions belong to others before and after it."""
    database = PostgresDatabase(address, connections=1)
    database.all("SELECT set_config('lock_timeout', '0', false)")
    with begin(database):
        inside = database.one(LIMITS)
    after = database.one(LIMITS)
    database.close()

    assert (inside, after) == ({"idle": "15s", "lock": "20s"}, {"idle": "0", "lock": "0"})


def test_isolation_is_ours(address: str) -> None:
    """Whatever isolation the role begins with, a writer who waited for its turn sees what the one before it wrote."""
    database = PostgresDatabase(f"{address}%20-cdefault_transaction_isolation%3Dserializable")
    with database.transaction():
        found = database.one("SHOW transaction_isolation")
    database.close()

    assert found == {"transaction_isolation": "read committed"}


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
