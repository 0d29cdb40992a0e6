"""`register-app audit …`: what was recorded, for whoever asks a year later."""

import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

import click

from bot.errors import NotWritten
from bot.terminal import ExitCode, answering_errors, found, progress
from storage.audit import COLUMNS
from storage.chain import Proof
from storage.database import Row

TERMINAL = Path("-")


@click.group()
def audit() -> None:
    """Read what was recorded."""


@audit.command("export")
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only rows since this day, UTC.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=TERMINAL,
    help="File to write; the terminal otherwise.",
)
@answering_errors
def export(kind: str, since: datetime | None, output: Path) -> None:
    """Write the audit as JSON Lines or CSV, oldest first."""
    day = since.replace(tzinfo=UTC) if since else None
    # Rows and a bar on one terminal would be read by nobody.
    hidden = output == TERMINAL and sys.stdout.isatty()
    with (
        found() as store,
        _writing_to(output) as file,
        progress("Writing rows", store.audit.count(since=day), hidden=hidden) as tell,
    ):
        rows = _told(store.audit.rows(since=day), tell)
        (_write_json_lines if kind == "jsonl" else _write_csv)(rows, file)


@audit.command("verify")
@click.option(
    "--expect", "expected", help="A hash that was printed before and kept elsewhere; it must be in the chain."
)
@answering_errors
def verify(expected: str | None) -> None:
    """Find an altered, removed or reordered row; print the last hash, to be kept elsewhere."""
    with found() as store, progress("Reading rows", store.audit.count()) as tell:
        proof = store.audit.verify(expected, tell)
    if proof.fault is not None:
        click.echo(
            f"The audit does not hold. {proof.fault} The {proof.rows} rows before that are as they were written."
        )
        sys.exit(ExitCode.FAULT)
    if not proof.expected_found:
        click.echo(_why_not_found(proof))
        sys.exit(ExitCode.FAULT)
    click.echo(f"The audit holds: {proof.rows} rows. Hash of the last: {proof.hash or 'none yet'}")


def _why_not_found(proof: Proof) -> str:
    if not proof.removed:
        return "The audit holds together, but the expected hash is not in it: it was written anew as a whole."
    return (
        "The audit holds together, but the expected hash is not in it. Either it is of one of the first"
        f" {proof.removed} rows, which were removed when they were old: expect a newer one. Or it is newer than that,"
        " and the audit was written anew as a whole."
    )


@contextmanager
def _writing_to(path: Path) -> Iterator[TextIO]:
    """Open a file that only this user may read, or the terminal. Raises NotWritten when not everything got there."""
    try:
        if path == TERMINAL:
            yield sys.stdout
            sys.stdout.flush()
        else:
            with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="", opener=_private) as file:
                yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        place = "The output" if path == TERMINAL else str(path)
        raise NotWritten(
            f"{place} is not whole: {error.strerror or error}. Free some space, or name another --output."
        ) from None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _told(rows: Iterator[Row], tell: Callable[[int], None]) -> Iterator[Row]:
    for row in rows:
        yield row
        tell(1)


def _write_json_lines(rows: Iterable[Row], output: TextIO) -> None:
    output.writelines(json.dumps({**row, "details": _read(row["details"])}, default=_text) + "\n" for row in rows)


def _read(details: Any) -> Any:
    """Return what details say; those that were altered into something else than JSON as they are."""
    try:
        return json.loads(details)
    except (TypeError, ValueError, RecursionError):
        return details


def _write_csv(rows: Iterable[Row], output: TextIO) -> None:
    writer = csv.DictWriter(output, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in row.items()})


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from reading a person's words as a formula (OWASP, "CSV Injection")."""
    value = _text(value) if isinstance(value, bytes) else value
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _text(value: bytes) -> str:
    """Return bytes, which were never written here, as text."""
    return value.decode(errors="backslashreplace")
