"""`storage copy`: an installation moves from SQLite to PostgreSQL, with every table counted."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from storage import SQLITE, Store, migrations, open_store, place_of
from storage.copying import TABLES
from tests.cli.terminal import Terminal
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import fresh_postgres
from tests.storage.test_damage import written_over


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The address of an empty PostgreSQL."""
    with fresh_postgres(tmp_path) as found:
        yield found


@pytest.fixture
def old(terminal: Terminal) -> str:
    """The address of the SQLite from which it goes, with one request."""
    address = terminal.environment["DATABASE_URL"]
    store = open_store(address)
    store.migrate(NOW)
    store.requests.add(nouns.request())
    store.close()
    return address


def test_moved(terminal: Terminal, old: str, address: str) -> None:
    """Everything is there afterwards; the terminal shows each table's number and no password."""
    said = terminal.run("storage", "copy", "--from", old, "--to", address)
    after = open_store(address)
    request = after.requests.get("REQ-00000001")
    after.close()

    assert said.code == 0, said.err
    assert [line.split() for line in said.lines[:-1]] == [
        ["1" if table == "app_requests" else "0", table] for table in TABLES
    ]
    assert said.lines[-1].strip().startswith("1  rows are in postgresql://")
    assert said.lines[-1].endswith("counted in both and equal.")
    assert request == nouns.request()


def test_watched(terminal: Terminal, old: str) -> None:
    """Where a person looks, a bar shows how far it is; elsewhere nothing is shown."""
    seen = terminal.watch("storage", "copy", "--from", old, "--to", f"{SQLITE}seen.sqlite3", look=lambda _: None)
    unseen = terminal.run("storage", "copy", "--from", old, "--to", f"{SQLITE}unseen.sqlite3")

    assert (seen.code, unseen.code, unseen.err) == (0, 0, "")
    assert [word in seen.err for word in ("Copying rows", "  0%", "100%")] == [True, True, True]


def test_somebody_still_writes(terminal: Terminal, old: str) -> None:
    """What is written until the copy has its turn is copied, and the last line counts it too."""
    store = open_store(old)
    with ExitStack() as writing:
        writing.enter_context(store.transaction())
        store.requests.add(nouns.request(2))
        said = terminal.watch(
            "storage", "copy", "--from", old, "--to", f"{SQLITE}x.sqlite3", look=lambda _: writing.close()
        )
    store.close()

    assert [line.split()[0] for line in said.lines if "app_requests" in line or "rows are in" in line] == ["2", "2"]


@pytest.mark.usefixtures("old")
def test_either_address_may_be_the_settings(terminal: Terminal, address: str) -> None:
    """What is left out is DATABASE_URL; the same database twice is refused."""
    assert terminal.run("storage", "copy", "--to", address).code == 0
    assert terminal.run("storage", "copy").code == 2


def no_file(_: Path) -> None:
    """Nobody has made it."""


def an_empty_file(path: Path) -> None:
    """Somebody has only touched it."""
    path.touch()


def another_programs(path: Path) -> None:
    """Another program keeps its own in it."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()


def another_programs_migrations(path: Path) -> None:
    """Another program, with a table of the same name."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE schema_migrations (version TEXT)")
    connection.close()


@pytest.mark.parametrize("make", [no_file, an_empty_file, another_programs, another_programs_migrations])
def test_nothing_to_copy_in_a_file(terminal: Terminal, make: Callable[[Path], None]) -> None:
    """A file in which no bot has kept anything is named, and is left as it is, as is the place to copy to."""
    path, target = terminal.folder / "typo.sqlite3", terminal.folder / "target.sqlite3"
    make(path)
    before = path.read_bytes() if path.exists() else None
    said = terminal.run("storage", "copy", "--from", f"{SQLITE}{path}", "--to", f"{SQLITE}{target}")

    assert (said.code, said.err) == (3, f"Nothing is kept in {path}: correct --from.\n")
    assert (path.read_bytes() if path.exists() else None) == before
    assert not target.exists()


def test_nothing_to_copy_in_a_postgres(terminal: Terminal, address: str) -> None:
    """A PostgreSQL in which no bot has kept anything is named, and gets no tables."""
    said = terminal.run("storage", "copy", "--from", address, "--to", f"{SQLITE}target.sqlite3")
    store = open_store(address)
    found = store.database.all("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    store.close()

    assert (said.code, said.err) == (3, f"Nothing is kept in {place_of(address)}: correct --from.\n")
    assert found == []


def behind(store: Store) -> None:
    """An older version has kept it."""
    store.database.run("DELETE FROM schema_migrations WHERE number = :newest", newest=NEWEST[0])


def ahead(store: Store) -> None:
    """A version that is not written yet has kept it."""
    store.database.run("INSERT INTO schema_migrations (number, name, applied_at) VALUES (9000, '9000_wings.sql', '')")


TWO = "--from and --to must be two databases"
NEWEST = migrations.scripts()[-1]
BEHIND = (
    f"is older than this version: it is without {NEWEST[1]}. Run `register-app migrate` with it as DATABASE_URL first."
)
AHEAD = "was changed by a newer version of the bot (9000_wings.sql). Copy it with that version."


@pytest.mark.parametrize(("change", "words"), [(behind, BEHIND), (ahead, AHEAD)])
def test_another_version(terminal: Terminal, old: str, change: Callable[[Store], None], words: str) -> None:
    """What another version has kept is refused with what to do, and neither place is changed."""
    store = open_store(old)
    change(store)
    before = store.database.all("SELECT * FROM schema_migrations")
    said = terminal.run("storage", "copy", "--to", f"{SQLITE}target.sqlite3")
    after = store.database.all("SELECT * FROM schema_migrations")
    store.close()

    assert (said.code, said.err) == (3, f"{place_of(old)} {words}\n")
    assert after == before
    assert not (terminal.folder / "target.sqlite3").exists()


def test_a_damaged_source(terminal: Terminal, old: str) -> None:
    """Damage to what it is copied from is found beforehand, though it be on a page that no copy would read."""
    path = Path(old.removeprefix(SQLITE))
    store = open_store(old)
    index = store.database.one("SELECT MAX(rootpage) AS page FROM sqlite_master WHERE type = 'index' AND sql <> ''")
    store.close()
    path.write_bytes(written_over(path.read_bytes(), (index or {})["page"]))
    said = terminal.run("storage", "copy", "--to", f"{SQLITE}target.sqlite3")

    assert (said.code, "The file is damaged" in said.err) == (3, True)
    assert not (terminal.folder / "target.sqlite3").exists()


def test_the_wrong_way_round(terminal: Terminal, old: str) -> None:
    """A target that holds anything is named at once, whoever writes to the source, and not even its schema changes."""
    source, target = open_store(f"{SQLITE}{terminal.folder / 'source.sqlite3'}"), open_store(old)
    source.migrate(NOW)
    behind(target)
    before = target.database.all("SELECT * FROM schema_migrations")
    with source.transaction():
        said = terminal.run("storage", "copy", "--from", f"{SQLITE}source.sqlite3", "--to", old)
    after = target.database.all("SELECT * FROM schema_migrations")
    source.close()
    target.close()

    assert (said.code, said.err) == (3, "The database to copy to must be empty; it has rows in app_requests.\n")
    assert after == before


def test_one_file_in_two_spellings(terminal: Terminal, old: str) -> None:
    """However a file is spelled or linked to, it is not copied to itself."""
    path = Path(old.removeprefix(SQLITE))
    (terminal.folder / "link.sqlite3").symlink_to(path)
    said = [terminal.run("storage", "copy", "--to", f"{SQLITE}{name}") for name in (path.name, "./link.sqlite3")]

    assert [(one.code, TWO in one.err) for one in said] == [(2, True)] * 2


def test_one_postgres_in_two_spellings(terminal: Terminal, address: str) -> None:
    """However the address of a PostgreSQL is spelled, it is not copied to itself, though it be empty."""
    store = open_store(address)
    store.migrate(NOW)
    store.close()
    spelled = f"{address.replace('postgresql://', 'postgres://', 1)}&connect_timeout=9"
    said = terminal.run("storage", "copy", "--from", address, "--to", spelled)

    assert (said.code, TWO in said.err) == (2, True)


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("mysql://x", 2, "--to: This store is not known: mysql."),
        ("postgresql://bot:canary@127.0.0.1:1/none?connect_timeout=2", 3, "PostgreSQL cannot be used now"),
    ],
)
@pytest.mark.usefixtures("old")
def test_no_such_database(terminal: Terminal, target: str, code: int, words: str) -> None:
    """A target that cannot be opened ends with a sentence, without a traceback and without its password."""
    said = terminal.run("storage", "copy", "--to", target)

    assert said.code == code
    assert words in said.err
    assert "Traceback" not in said.err
    assert "canary" not in said.out + said.err
