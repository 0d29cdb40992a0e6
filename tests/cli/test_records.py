"""`migrate` is safe to repeat, and `audit export` writes what was recorded so that any reader can take it."""

import csv
import io
import json
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from bot.audit_commands import _write_json_lines
from bot.events import AuditEvent
from storage import SQLITE, open_store
from tests.cli.terminal import Terminal
from tests.domain.nouns import NOW

FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")
REASON = "=cmd|'/c calc'!A1, “quoted”\nsecond line"


def database(terminal: Terminal) -> Path:
    """The database file of a terminal."""
    return Path(terminal.environment["DATABASE_URL"].removeprefix(SQLITE))


def record(terminal: Terminal) -> None:
    """Write an audit of a few rows, two days apart, with actors that a spreadsheet would take for formulas."""
    store = open_store(terminal.environment["DATABASE_URL"])
    store.migrate(NOW)
    store.audit.add(
        "row-00", AuditEvent.REQUEST_DENY, "UGRACE", now=NOW, request_id="REQ-1", details={"reason": REASON}
    )
    for number, actor in enumerate(FORMULAS, start=1):
        later = NOW + timedelta(days=2, seconds=number)
        store.audit.add(f"row-{number:02}", AuditEvent.REQUEST_SUBMIT, actor, now=later, request_id="REQ-2")
    store.close()


def test_migrate_twice(terminal: Terminal) -> None:
    """The first run applies every migration by name, the second finds nothing to do; both end with 0."""
    first, second = terminal.run("migrate"), terminal.run("migrate")

    assert (first.code, first.err) == (0, "")
    assert first.lines
    assert all(line.startswith("applied 0") for line in first.lines)
    assert (second.code, second.out) == (0, "The schema is up to date.\n")


@pytest.mark.parametrize("words", [("migrate",), ("audit", "export")], ids=" ".join)
@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("no/such/folder/x.sqlite3", "No such file or directory"),
        (".", "unable to open database file. Look whether the folder exists"),
    ],
)
def test_no_database(terminal: Terminal, words: tuple[str, ...], place: str, reason: str) -> None:
    """A database that cannot be opened ends with 3 and the reason, not with a traceback."""
    said = terminal.run(*words, DATABASE_URL=f"{SQLITE}{terminal.folder / place}")

    assert (said.code, said.out) == (3, "")
    assert len(said.err.splitlines()) == 1
    assert reason in said.err


def test_json_lines(terminal: Terminal) -> None:
    """JSON Lines have one object a row, oldest first, with every word as it was said."""
    record(terminal)
    said = terminal.run("audit", "export")
    rows = [json.loads(line) for line in said.lines]

    assert said.code == 0
    assert [row["actor"] for row in rows] == ["UGRACE", *FORMULAS]
    assert rows[0]["details"] == {"reason": REASON}
    assert rows[0]["event"] == "request:deny"
    assert rows[0]["at"].startswith("2026-11-23T09:00:00")


def test_csv(terminal: Terminal) -> None:
    """CSV has a header and the same rows, and no cell that a spreadsheet would carry out."""
    record(terminal)
    output = terminal.folder / "audit.csv"
    said = terminal.run("audit", "export", "--format", "csv", "--output", str(output))
    rows = list(csv.reader(io.StringIO(output.read_bytes().decode(), newline="")))

    assert (said.code, said.out) == (0, "")
    assert rows[0] == [
        *("seq", "id", "at", "event", "actor", "request_id", "application_id", "link_id", "details", "hash")
    ]
    assert [row[4] for row in rows[1:]] == ["UGRACE", *(f"'{actor}" for actor in FORMULAS)]
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert json.loads(rows[1][8]) == {"reason": REASON}


@pytest.mark.parametrize(("since", "count"), [("2026-11-23", 7), ("2026-11-24", 6), ("2026-11-26", 0)])
def test_since(terminal: Terminal, since: str, count: int) -> None:
    """An export can begin at a day, UTC."""
    record(terminal)

    assert len(terminal.run("audit", "export", "--since", since).lines) == count


def test_nothing_yet(terminal: Terminal) -> None:
    """Before anything happened there is nothing to export, and that is no fault."""
    said = terminal.run("audit", "export")

    assert (said.code, said.out) == (0, "")


def test_a_million_rows_need_no_more_memory(tmp_path: Path) -> None:
    """An export of ten times the rows needs about the same memory, because it reads them a page at a time."""
    store = open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    peaks = []
    for more in (2_000, 18_000):
        with store.transaction():
            for number in range(more):
                store.audit.add(f"{more}-{number}", AuditEvent.LINK_ARM, "UADA", now=NOW)
        with (tmp_path / "out.jsonl").open("w") as output:
            tracemalloc.start()
            _write_json_lines(store.audit.rows(), output)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    store.close()

    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 20_000
    assert peaks[1] < 1.5 * peaks[0]


def test_verify(terminal: Terminal) -> None:
    """An untouched audit ends with 0 and prints how many rows it has and the last hash, which can be expected later."""
    record(terminal)
    said = terminal.run("audit", "verify")
    kept = said.out.split()[-1]
    again = terminal.run("audit", "verify", "--expect", kept)

    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("The audit holds: 7 rows. Hash of the last: ")
    assert (again.code, again.out) == (0, said.out)


def test_verify_finds(terminal: Terminal) -> None:
    """A row that was changed by hand is named, and a hash that is not in the chain is told of; both end with 1."""
    record(terminal)
    other = terminal.run("audit", "verify", "--expect", "0" * 64)
    store = open_store(terminal.environment["DATABASE_URL"])
    store.database.run("UPDATE audit SET actor = 'USOMEBODY' WHERE id = 'row-03'")
    store.close()
    altered = terminal.run("audit", "verify")

    assert (other.code, "the expected hash is not in it" in other.out) == (1, True)
    assert altered.code == 1
    assert altered.out.startswith("The audit does not hold. Row 4 (row-03) was altered. The 3 rows before that")
