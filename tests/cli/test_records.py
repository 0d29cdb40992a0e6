"""`migrate` is safe to repeat, and `audit export` writes what was recorded so that any reader can take it."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

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
    assert rows[0] == ["id", "at", "event", "actor", "request_id", "application_id", "link_id", "details"]
    assert [row[3] for row in rows[1:]] == ["UGRACE", *(f"'{actor}" for actor in FORMULAS)]
    assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert json.loads(rows[1][7]) == {"reason": REASON}


@pytest.mark.parametrize(("since", "count"), [("2026-11-23", 7), ("2026-11-24", 6), ("2026-11-26", 0)])
def test_since(terminal: Terminal, since: str, count: int) -> None:
    """An export can begin at a day, UTC."""
    record(terminal)

    assert len(terminal.run("audit", "export", "--since", since).lines) == count


def test_nothing_yet(terminal: Terminal) -> None:
    """Before anything happened there is nothing to export, and that is no fault."""
    said = terminal.run("audit", "export")

    assert (said.code, said.out) == (0, "")
