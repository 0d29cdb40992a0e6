"""`register-app audit …`: what was recorded, for whoever asks a year later."""

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from bot.terminal import ExitCode, answering_errors, kept, progress
from storage.audit import COLUMNS
from storage.database import Row


@click.group()
def audit() -> None:
    """Read what was recorded."""


@audit.command("export")
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only rows since this day, UTC.")
@click.option("--output", type=click.File("w"), default="-", help="File to write; the terminal otherwise.")
@answering_errors
def export(kind: str, since: datetime | None, output: TextIO) -> None:
    """Write the audit as JSON Lines or CSV, oldest first."""
    with kept() as store, progress("Writing rows", store.audit.count()) as tell:
        rows = _told(store.audit.rows(since=since.replace(tzinfo=UTC) if since else None), tell)
        (_write_json_lines if kind == "jsonl" else _write_csv)(rows, output)


@audit.command("verify")
@click.option(
    "--expect", "expected", help="A hash that was printed before and kept elsewhere; it must be in the chain."
)
@answering_errors
def verify(expected: str | None) -> None:
    """Find an altered, removed or reordered row; print the last hash, to be kept elsewhere."""
    with kept() as store, progress("Reading rows", store.audit.count()) as tell:
        proof = store.audit.verify(expected, tell)
    if proof.fault is not None:
        click.echo(
            f"The audit does not hold. {proof.fault} The {proof.rows} rows before that are as they were written."
        )
        sys.exit(ExitCode.FAULT)
    if not proof.expected_found:
        click.echo("The audit holds together, but the expected hash is not in it: it was written anew as a whole.")
        sys.exit(ExitCode.FAULT)
    click.echo(f"The audit holds: {proof.rows} rows. Hash of the last: {proof.hash or 'none yet'}")


def _told(rows: Iterator[Row], tell: Callable[[int], None]) -> Iterator[Row]:
    for row in rows:
        yield row
        tell(1)


def _write_json_lines(rows: Iterable[Any], output: TextIO) -> None:
    output.writelines(json.dumps({**row, "details": json.loads(row["details"])}) + "\n" for row in rows)


def _write_csv(rows: Iterable[Any], output: TextIO) -> None:
    writer = csv.DictWriter(output, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _harmless(value) for name, value in row.items()})


def _harmless(value: Any) -> Any:
    """Keep a spreadsheet from reading a person's words as a formula (OWASP, "CSV Injection")."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
