"""`storage copy`: an installation moves from SQLite to PostgreSQL, with every table counted."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import SQLITE, open_store
from storage.copying import TABLES
from tests.cli.terminal import Terminal
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.engines import fresh_postgres


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


def test_either_address_may_be_the_settings(terminal: Terminal, address: str) -> None:
    """What is left out is DATABASE_URL; the same database twice is refused."""
    assert terminal.run("storage", "copy", "--to", address).code == 0
    assert terminal.run("storage", "copy").code == 2


@pytest.mark.parametrize(
    ("target", "code", "words"),
    [
        ("mysql://x", 2, "--to: This store is not known: mysql."),
        ("postgresql://bot:canary@127.0.0.1:1/none?connect_timeout=2", 3, "PostgreSQL cannot be used now"),
    ],
)
def test_no_such_database(terminal: Terminal, target: str, code: int, words: str) -> None:
    """A target that cannot be opened ends with a sentence, without a traceback and without its password."""
    said = terminal.run("storage", "copy", "--to", target)

    assert said.code == code
    assert words in said.err
    assert "Traceback" not in said.err
    assert "canary" not in said.out + said.err
