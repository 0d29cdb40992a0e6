"""Commands that only read: they make no database and change no schema, and need no right to write."""

import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from bot.events import AuditEvent
from storage import SQLITE, Store, migrations, open_store, place_of
from storage.codec import to_text
from tests.cli.terminal import Terminal
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import fresh_postgres

VERIFY, EXPORT, DRY_RUN, APPLICATIONS = (
    ("audit", "verify"),
    ("audit", "export"),
    ("retention", "--dry-run"),
    ("applications",),
)
BACKUP, RETENTION = ("backup", "../copy.sqlite3"), ("retention",)
PORTABLE = (VERIFY, EXPORT, DRY_RUN, APPLICATIONS)
ALL = (*PORTABLE, RETENTION, BACKUP)
NEWEST = migrations.scripts()[-1]


@pytest.fixture
def place(terminal: Terminal) -> Path:
    """Where the database is to be: a folder with nothing else in it."""
    folder = terminal.folder / "kept"
    folder.mkdir()
    path = folder / "bot.sqlite3"
    terminal.environment["DATABASE_URL"] = f"{SQLITE}{path}"
    terminal.folder = folder
    return path


def fill(url: str) -> None:
    """A database with one application and two audit rows."""
    store = open_store(url)
    store.migrate(NOW)
    store.requests.add(nouns.request())
    store.applications.add(nouns.application())
    for name in ("row-1", "row-2"):
        store.audit.add(name, AuditEvent.LINK_ARM, "UADA", now=NOW, application_id="app-1")
    store.close()


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_no_database(terminal: Terminal, place: Path, words: tuple[str, ...]) -> None:
    """Where there is no file, that is said with the whole path and what to do, and none is made."""
    said = terminal.run(*words, DATABASE_URL="sqlite:///bot.sqlite3")

    assert (said.code, said.out) == (3, "")
    assert said.err == f"There is no database at {place}: correct DATABASE_URL or run `register-app migrate`.\n"
    assert contents(place.parent) == {}


def an_empty_file(path: Path) -> None:
    """Somebody has only touched it."""
    path.touch()


def another_programs(path: Path) -> None:
    """Another program keeps its own in it, and counts its migrations too."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE schema_migrations (version TEXT)")
    connection.close()


@pytest.mark.parametrize("make", [an_empty_file, another_programs])
@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_nothing_of_ours(terminal: Terminal, place: Path, words: tuple[str, ...], make: Callable[[Path], None]) -> None:
    """A file in which no bot has kept anything is named, and stays as it is."""
    make(place)
    before = contents(place.parent)
    said = terminal.run(*words)

    assert (said.code, said.out) == (3, "")
    assert said.err == (
        f"Nothing of Register App is kept in {place}: correct DATABASE_URL or run `register-app migrate`.\n"
    )
    assert contents(place.parent) == before


def behind(store: Store) -> None:
    """An earlier version has kept it."""
    store.database.run("DELETE FROM schema_migrations WHERE number = :newest", newest=NEWEST[0])


def made_by_an_earlier_version(url: str) -> None:
    """Make a database as the version before the newest migration made it."""
    store = open_store(url)
    store.database.run("CREATE TABLE schema_migrations (number INTEGER PRIMARY KEY, name TEXT, applied_at TEXT)")
    for number, name, script in migrations.scripts()[:-1]:
        migrations._apply(store.database, number, name, script, to_text(NOW))
    store.close()


def ahead(store: Store) -> None:
    """A version that is not written yet has kept it."""
    store.database.run("INSERT INTO schema_migrations (number, name, applied_at) VALUES (9000, '9000_wings.sql', '')")


IS_BEHIND = f"is of an earlier version of the bot ({NEWEST[1]} is still to come): run `register-app migrate` first."
IS_AHEAD = "A newer version of the bot has changed this database (9000_wings.sql). Start that version again"


@pytest.mark.parametrize(
    ("words", "change", "sentence"),
    [*((words, behind, IS_BEHIND) for words in ALL if words != BACKUP), *((words, ahead, IS_AHEAD) for words in ALL)],
)
def test_another_version(
    terminal: Terminal, place: Path, words: tuple[str, ...], change: Callable[[Store], None], sentence: str
) -> None:
    """What another version has kept is not guessed at: one line says what to do, and the schema stays as it is."""
    fill(f"{SQLITE}{place}")
    store = open_store(f"{SQLITE}{place}")
    change(store)
    before = store.database.all("SELECT * FROM schema_migrations")
    said = terminal.run(*words)
    after = store.database.all("SELECT * FROM schema_migrations")
    store.close()

    assert (said.code, said.out) == (3, "")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1
    assert after == before


def test_a_backup_before_an_upgrade(terminal: Terminal, place: Path) -> None:
    """What an earlier version has kept is copied, because that is when one wants a copy, and it is said so."""
    made_by_an_earlier_version(f"{SQLITE}{place}")
    said = terminal.run(*BACKUP)
    upgraded = terminal.run("migrate", DATABASE_URL=f"{SQLITE}{place.parent.parent / 'copy.sqlite3'}")

    assert (said.code, said.err) == (0, "")
    assert said.lines[-1] == "It is of an earlier version of the bot; `register-app migrate` brings it up to date."
    assert upgraded.out == f"applied {NEWEST[1]}\n"


def test_an_empty_postgres(terminal: Terminal, tmp_path: Path) -> None:
    """A PostgreSQL in which no bot has kept anything is named without its password, and gets no tables."""
    with fresh_postgres(tmp_path) as address:
        said = [terminal.run(*words, DATABASE_URL=address) for words in PORTABLE]
        store = open_store(address)
        tables = store.database.tables()
        store.close()

    assert {one.code for one in said} == {3}
    assert {one.err for one in said} == {
        f"Nothing of Register App is kept in {place_of(address)}: correct DATABASE_URL or run `register-app migrate`.\n"
    }
    assert tables == set()


@pytest.mark.parametrize("running", [False, True], ids=["alone", "while the bot runs"])
@pytest.mark.parametrize("words", [*PORTABLE, BACKUP], ids=" ".join)
def test_a_file_that_can_only_be_read(
    terminal: Terminal, place: Path, words: tuple[str, ...], *, running: bool
) -> None:
    """Whoever may only read the file and its folder is shown what is in it, and leaves nothing there."""
    fill(f"{SQLITE}{place}")
    bot = open_store(f"{SQLITE}{place}")
    if running:
        bot.audit.add("row-3", AuditEvent.LINK_ARM, "UADA", now=NOW, application_id="app-1")
    before = sorted(contents(place.parent))
    for name in before:
        (place.parent / name).chmod(stat.S_IRUSR)
    place.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    terminal.like_everybody = True
    said = terminal.run(*words)
    place.parent.chmod(stat.S_IRWXU)
    bot.close()

    assert (said.code, said.err) == (0, "")
    assert said.out
    assert sorted(contents(place.parent)) <= before


def test_what_was_just_written(terminal: Terminal, place: Path) -> None:
    """What the bot wrote a moment ago is still in its log, and is read all the same."""
    fill(f"{SQLITE}{place}")
    bot = open_store(f"{SQLITE}{place}")
    bot.audit.add("row-3", AuditEvent.LINK_ARM, "UADA", now=NOW, application_id="app-1")
    place.chmod(stat.S_IRUSR)
    terminal.like_everybody = True
    said = terminal.run(*VERIFY)
    bot.close()

    assert said.out.startswith("The audit holds: 3 rows.")


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[str]:
    """A PostgreSQL that a bot has kept something in."""
    with fresh_postgres(tmp_path) as address:
        fill(address)
        yield address


@pytest.mark.parametrize("words", PORTABLE, ids=" ".join)
def test_a_replica(terminal: Terminal, postgres: str, words: tuple[str, ...]) -> None:
    """A server on which nobody can write, such as a hot standby, is enough."""
    said = terminal.run(*words, DATABASE_URL=f"{postgres}%20-cdefault_transaction_read_only%3Don")

    assert (said.code, said.err) == (0, "")


@pytest.fixture
def reader(postgres: str) -> Iterator[str]:
    """The address of a role that may read the tables and nothing more."""
    schema = postgres.rpartition("search_path%3D")[2]
    role = f"reader_{schema}"
    with psycopg.connect(postgres, autocommit=True) as owner:
        for statement in (
            "CREATE ROLE {0}",
            "GRANT USAGE ON SCHEMA {1} TO {0}",
            "GRANT SELECT ON ALL TABLES IN SCHEMA {1} TO {0}",
        ):
            owner.execute(SQL(statement).format(Identifier(role), Identifier(schema)))
        yield f"{postgres}{quote(f' -crole={role}')}"
        for statement in ("DROP OWNED BY {0}", "DROP ROLE {0}"):
            owner.execute(SQL(statement).format(Identifier(role)))


@pytest.mark.parametrize("words", PORTABLE, ids=" ".join)
def test_a_role_that_can_only_read(terminal: Terminal, reader: str, words: tuple[str, ...]) -> None:
    """A role that may read the tables is enough."""
    said = terminal.run(*words, DATABASE_URL=reader)

    assert (said.code, said.err) == (0, "")


def test_a_role_that_cannot_read(terminal: Terminal, reader: str, postgres: str) -> None:
    """A role that may not even read a table is told so in one line."""
    schema = postgres.rpartition("search_path%3D")[2]
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute(SQL("REVOKE SELECT ON audit FROM {}").format(Identifier(f"reader_{schema}")))
    said = terminal.run(*VERIFY, DATABASE_URL=reader)

    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("PostgreSQL cannot be used now: permission denied for table audit. Let the bot's role")
    assert said.err.count("\n") == 1


def test_check_makes_none(terminal: Terminal, place: Path) -> None:
    """Before the first start `check` looks at everything, says that there is no database yet, and makes none."""
    said = terminal.run("check")

    assert (said.code, said.err) == (0, "")
    assert (
        f"warning  Database: There is none at {place} yet. The first start makes it, and so does"
        " `register-app migrate`; if it is elsewhere, correct DATABASE_URL."
    ) in said.lines
    assert contents(place.parent) == {}


def test_check_brings_up_to_date(terminal: Terminal, place: Path) -> None:
    """A schema that is behind is brought up to date by `check`, which says so, once."""
    made_by_an_earlier_version(f"{SQLITE}{place}")
    said, again = terminal.run("check"), terminal.run("check")

    assert f"ok       Database: {place} can be written; its schema was brought up to date just now." in said.lines
    assert f"ok       Database: {place} can be written." in again.lines
