"""A database that cannot be used: every command says so in one line, with what to do, and leaves it as it is."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import SQLITE, open_store
from tests.cli.terminal import Terminal
from tests.domain.nouns import NOW

NAME = "register-app.sqlite3"
STARTS = ("run", "web", "worker", "migrate")


def no_database(path: Path) -> None:
    """Some other file stands in its place."""
    path.write_bytes(b"This is a text, and no database at all. " * 30)


def damaged(path: Path) -> None:
    """A disk wrote rubbish over a page of it."""
    whole(path)
    content = bytearray(path.read_bytes())
    content[4096 : 4096 * 6] = b"\xa5" * 4096 * 5
    path.write_bytes(content)


def from_the_future(path: Path) -> None:
    """A version that is not written yet has changed its schema."""
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    store.database.run("INSERT INTO schema_migrations (number, name, applied_at) VALUES (9000, '9000_wings.sql', '')")
    store.close()


def whole(path: Path) -> None:
    """It is as it should be."""
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    store.close()


@pytest.mark.parametrize("words", [(name,) for name in STARTS], ids=STARTS)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (no_database, "This is no SQLite database: put a backup in its place"),
        (damaged, "The file is damaged: stop the bot and put a backup in its place."),
        (from_the_future, "A newer version of the bot has changed this database (9000_wings.sql). Start that version"),
    ],
)
def test_at_the_start(terminal: Terminal, words: tuple[str, ...], make: Callable[[Path], None], reason: str) -> None:
    """Nothing starts: exit code 3, one line that says what to do, no traceback, and the file as it was."""
    make(terminal.folder / NAME)
    before = (terminal.folder / NAME).read_bytes()
    said = terminal.run(*words)

    assert (said.code, len(said.err.splitlines())) == (3, 1)
    assert reason in said.err
    assert (terminal.folder / NAME).read_bytes() == before


@pytest.mark.parametrize("make", [no_database, damaged, from_the_future])
def test_check(terminal: Terminal, make: Callable[[Path], None]) -> None:
    """`check` counts it as a fault and ends with 1."""
    make(terminal.folder / NAME)
    said = terminal.run("check")

    assert said.code == 1
    assert "Database: It cannot be opened." in said.out


@pytest.mark.parametrize("words", [(name,) for name in STARTS], ids=STARTS)
@pytest.mark.parametrize("folder_too", [False, True], ids=["file", "folder"])
def test_read_only(terminal: Terminal, words: tuple[str, ...], *, folder_too: bool) -> None:
    """Where the bot's user may only read, nothing starts, and one line says so."""
    kept = terminal.folder / "kept"
    kept.mkdir()
    path = kept / NAME
    whole(path)
    path.chmod(stat.S_IRUSR)
    kept.chmod(stat.S_IRUSR | stat.S_IXUSR if folder_too else stat.S_IRWXU)
    terminal.like_everybody = True
    said = terminal.run(*words, DATABASE_URL=f"{SQLITE}{path}")
    kept.chmod(stat.S_IRWXU)

    assert (said.code, len(said.err.splitlines())) == (3, 1)
    assert "the bot's user" in said.err
