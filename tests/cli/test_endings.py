"""How far a command is, and how it ends that does not come to its end: Ctrl-C, SIGTERM, a reader that goes away."""

import re
import signal
import subprocess
from pathlib import Path

import pytest

from storage import SQLITE, open_store
from tests.cli.many_rows import fill
from tests.cli.terminal import Terminal
from tests.cli.test_records import record

MANY = 30_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database that takes a while to read and to copy, so that a command is met in the middle of it."""
    url = f"{SQLITE}{tmp_path_factory.mktemp('large') / 'bot.sqlite3'}"
    fill(url, MANY)
    store = open_store(url)
    store.database.run("INSERT INTO messages (slot, channel, ts) VALUES ('big', hex(randomblob(50000000)), '')")
    store.close()
    return url


@pytest.fixture
def long(terminal: Terminal, large: str) -> Terminal:
    """A terminal for that database."""
    terminal.environment["DATABASE_URL"] = large
    return terminal


@pytest.mark.parametrize(
    "words", [("audit", "verify"), ("audit", "export", "--output", "audit.jsonl"), ("backup", "copy.sqlite3")]
)
def test_a_bar(long: Terminal, words: tuple[str, ...]) -> None:
    """At a terminal a bar shows how far it is, to its end."""
    said = long.watch(*words)
    shares = [int(share) for share in re.findall(r"(\d+)%", said.err)]

    assert said.code == 0
    assert shares[0] == 0
    assert shares[-1] == 100
    assert shares == sorted(shares)
    assert len(shares) > 3


def test_a_bar_counts_what_is_written(long: Terminal) -> None:
    """Of an export since a day the bar is full when the rows since that day are written."""
    said = long.watch("audit", "export", "--since", "2026-11-24", "--output", "none.jsonl")

    assert said.code == 0
    assert re.findall(r"(\d+)%", said.err) == ["0", "100"]


def test_no_bar_among_the_rows(terminal: Terminal) -> None:
    """Rows that go to the same terminal are shown alone."""
    record(terminal)
    said = terminal.watch("audit", "export", rows_too=True)

    assert said.code == 0
    assert "Writing rows" not in said.err
    assert len(said.err.splitlines()) == 7


@pytest.mark.parametrize("words", [("audit", "verify"), ("backup", "copy.sqlite3")], ids=" ".join)
def test_ctrl_c(long: Terminal, words: tuple[str, ...]) -> None:
    """Ctrl-C ends with 130, which says nothing about what was looked at, and leaves nothing half done."""
    before = sorted(long.folder.iterdir())
    said = long.watch(*words, end_with=signal.SIGINT)

    assert (said.code, said.out) == (130, "")
    assert said.err.splitlines()[-1] == "Interrupted."
    assert "Traceback" not in said.err
    assert sorted(long.folder.iterdir()) == before


def test_sigterm(long: Terminal) -> None:
    """A backup that is told to end leaves nothing half done, and the next one is made as if it had not been."""
    before = sorted(long.folder.iterdir())
    said = long.watch("backup", "copy.sqlite3", end_with=signal.SIGTERM)
    after = sorted(long.folder.iterdir())
    again = long.run("backup", "copy.sqlite3")

    assert (said.code, said.out) == (143, "")
    assert after == before
    assert (again.code, again.err) == (0, "")


def test_killed(long: Terminal) -> None:
    """What a backup that was killed could not remove the next one does, and it says nothing of it."""
    said = long.watch("backup", "copy.sqlite3", end_with=signal.SIGKILL)
    left = [path.name for path in long.folder.iterdir() if ".part" in path.name]
    again = long.run("backup", "copy.sqlite3")

    assert said.code == -signal.SIGKILL
    assert left
    assert (again.code, again.err) == (0, "")
    assert [path.name for path in long.folder.iterdir() if ".part" in path.name] == []


@pytest.mark.parametrize("words", [("audit", "export"), ("audit", "verify"), ("check",)], ids=" ".join)
def test_a_full_disk_behind_the_output(long: Terminal, words: tuple[str, ...]) -> None:
    """When what is printed finds no room, that is one line and 3, and nothing else is said at the end."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(**long.command(*words), stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 3
    assert "No space left on device" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_reader_that_has_read_enough(long: Terminal) -> None:
    """Whoever reads only the first rows hears no complaint; the exit code is that of any program that wrote to them."""
    with subprocess.Popen(
        **long.command("audit", "export"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()

    assert '"seq": 1,' in first
    assert (process.returncode, said) == (128 + signal.SIGPIPE, "")
