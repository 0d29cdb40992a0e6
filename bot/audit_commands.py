"""`register-app audit …`: what was recorded, for whoever asks a year later."""

import csv
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from bot.terminal import answering_errors, kept
from storage.audit import COLUMNS


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
    with kept() as store:
        rows = store.audit.rows(since=since.replace(tzinfo=UTC) if since else None)
        (_write_json_lines if kind == "jsonl" else _write_csv)(rows, output)


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
