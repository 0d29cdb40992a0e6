"""`migrate` is safe to repeat, and `audit export` writes what was recorded so that any reader can take it."""

import csv
import io
import json
import stat
from datetime import timedelta

import pytest

from bot.events import AuditEvent
from storage import SQLITE, open_store
from tests.cli.terminal import Terminal
from tests.domain.nouns import NOW

FORMULAS = ("=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1")
REASON = "=cmd|'/c calc'!A1, “quoted”\nsecond line"


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


@pytest.mark.parametrize(
    ("words", "place", "reason"),
    [
        (("migrate",), "no/such/folder/x.sqlite3", "No such file or directory"),
        (("migrate",), ".", "unable to open database file. Look whether the folder exists"),
        (("audit", "export"), ".", "unable to open database file. Look whether the folder exists"),
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
    terminal.run("migrate")
    said = terminal.run("audit", "export")

    assert (said.code, said.out) == (0, "")


# What somebody may put into a row by hand, and what an export shows of it.
STRANGE = {
    "UPDATE audit SET details = 'changed' WHERE seq = 2": ("details", "changed"),
    "UPDATE audit SET details = X'7B00FF' WHERE seq = 2": ("details", "{\x00\\xff"),
    "UPDATE audit SET actor = X'41FF' WHERE seq = 2": ("actor", "A\\xff"),
    "UPDATE audit SET actor = CAST(X'41FF' AS TEXT) WHERE seq = 2": ("actor", "A\udcff"),
}


@pytest.mark.parametrize("sql", sorted(STRANGE))
def test_altered_rows_are_exported(terminal: Terminal, sql: str) -> None:
    """A row that was altered into something that was never written here is exported as it is, in either format."""
    record(terminal)
    change(terminal, sql)
    json_lines, table = terminal.run("audit", "export"), terminal.run("audit", "export", "--format", "csv")
    column, shown = STRANGE[sql]
    cells = list(csv.DictReader(io.StringIO(table.out)))[1]

    assert (json_lines.code, json_lines.err, table.code, table.err) == (0, "", 0, "")
    assert json.loads(json_lines.lines[1])[column] == shown
    assert cells[column] == shown.encode(errors="backslashreplace").decode()


def change(terminal: Terminal, *statements: str) -> None:
    """Change the database by hand."""
    store = open_store(terminal.environment["DATABASE_URL"])
    for statement in statements:
        store.database.run(statement)
    store.close()


def test_a_private_file(terminal: Terminal) -> None:
    """A file with what people did is for whoever asked for it, and a second export takes its place."""
    record(terminal)
    output = terminal.folder / "audit.jsonl"
    for _ in range(2):
        said = terminal.run("audit", "export", "--output", str(output))

    assert (said.code, said.out, said.err) == (0, "", "")
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    assert len(output.read_text().splitlines()) == 7


@pytest.mark.parametrize("words", [("--output", "/dev/full"), ("--output", "/dev/full", "--format", "csv")])
def test_a_full_disk(terminal: Terminal, words: tuple[str, ...]) -> None:
    """When the file finds no room, one line names it and says what to do."""
    record(terminal)
    said = terminal.run("audit", "export", *words)

    assert (said.code, said.out) == (3, "")
    assert said.err == "/dev/full is not whole: No space left on device. Free some space, or name another --output.\n"


def test_no_such_folder(terminal: Terminal) -> None:
    """A file that cannot be made is named with the reason."""
    record(terminal)
    said = terminal.run("audit", "export", "--output", "no/such/file")

    assert (said.code, said.out) == (3, "")
    assert said.err.startswith("no/such/file is not whole: No such file or directory.")
