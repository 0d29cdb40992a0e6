"""The command line: run, web, worker, migrate, check, manifest, audit export. Exit codes: see `ExitCode`."""

import csv
import json
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from enum import IntEnum
from functools import wraps
from typing import Any, ParamSpec, TextIO

import click

from bot import log
from bot.app import Bot, build
from bot.checks import Checks, Finding, database_opens
from bot.errors import RegisterAppError, SettingsFaults
from bot.manifest import manifest as slack_manifest
from bot.rounds import Part
from bot.serving import Server
from bot.settings import Settings, load_settings
from bot.worker import Worker
from storage import open_store
from storage.audit import COLUMNS

MARKS = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}
Args = ParamSpec("Args")


class ExitCode(IntEnum):
    """What the command line ends with."""

    OK = 0
    """All is well."""
    FAULT = 1
    """`check` found something that must be mended."""
    SETTINGS = 2
    """The settings or the arguments do not hold; each fault was printed."""
    FAILED = 3
    """The command could not do its work; the reason was printed."""


def _answering_errors(command: Callable[Args, None]) -> Callable[Args, None]:
    """Turn our errors into words on the terminal and an exit code; anything else keeps its traceback."""

    @wraps(command)
    def answered(*args: Args.args, **kwargs: Args.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except SettingsFaults as error:
            click.echo("The settings do not hold:", err=True)
            for sentence in error.faults:
                click.echo(f"  {sentence}", err=True)
            sys.exit(ExitCode.SETTINGS)
        except sqlite3.Error as error:
            click.echo(f"The database that DATABASE_URL names cannot be used: {error}.", err=True)
            sys.exit(ExitCode.FAILED)
        except (RegisterAppError, OSError) as error:
            click.echo(str(error), err=True)
            sys.exit(ExitCode.FAILED)

    return answered


@click.group()
@click.version_option(package_name="register-app")
def main() -> None:
    """Register confidential client applications in Microsoft Entra ID from Slack."""


@main.command()
@_answering_errors
def run() -> None:
    """Run everything in one process: web, Slack, and the clock."""
    _serve(Part.ALL)


@main.command()
@_answering_errors
def web() -> None:
    """Run what listens alone: Slack over HTTP, the one-time page, health. Any number of these beside workers."""
    _serve(Part.WEB)


@main.command()
@_answering_errors
def worker() -> None:
    """Run what works alone: the clock's rounds, and Socket Mode where it is set. Any number of these."""
    Worker(_building(Part.WORKER)).run()


def _building(part: Part) -> Callable[[], Bot]:
    settings = load_settings()
    log.configure(sys.stderr, level=settings.log_level, json=not sys.stderr.isatty())

    def built() -> Bot:
        return build(settings, part=part)

    return built


def _serve(part: Part) -> None:
    built, settings = _building(part), load_settings()
    Server(built, bind=f"{settings.host}:{settings.port}", threads=settings.threads).run()


@main.command()
@_answering_errors
def migrate() -> None:
    """Bring the database's schema up to date; safe to repeat."""
    store = open_store(load_settings().database_url)
    names = store.migrate()
    store.close()
    click.echo("\n".join(f"applied {name}" for name in names) or "The schema is up to date.")


@main.command()
@_answering_errors
def check() -> None:
    """Prove each thing the bot needs, and say how to mend what fails; changes nothing but a schema that is behind."""
    log.configure(sys.stderr, level="ERROR", json=False)
    settings = load_settings()
    unusable = database_opens(settings)
    findings = []
    for finding in [unusable] if unusable else _looked_at(settings):
        click.echo(f"{MARKS[finding.verdict]}  {finding.name}: {finding.sentence}")
        findings.append(finding)
    faults = sum(finding.verdict == "fault" for finding in findings)
    click.echo(f"\n{len(findings)} looked at, {faults} to mend before it can work.")
    sys.exit(ExitCode.FAULT if faults else ExitCode.OK)


def _looked_at(settings: Settings) -> Iterator[Finding]:
    bot = build(settings)
    yield from Checks(settings, bot.entra, bot.slack.client, bot.store).run()
    bot.close()


@main.command()
@click.option("--url", help="https address at which Slack reaches the bot; prints the HTTP manifest.")
@click.option("--socket-mode", is_flag=True, help="Print the manifest for Socket Mode.")
def manifest(url: str | None, socket_mode: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Print the Slack app's manifest as JSON, to paste into Slack's "create from manifest"."""
    if (url is None) != socket_mode:
        raise click.UsageError("Give either --url https://your.host or --socket-mode.")
    if url is not None and not url.startswith("https://"):
        raise click.UsageError("Slack calls https addresses only: --url https://your.host")
    click.echo(json.dumps(slack_manifest(url.rstrip("/") if url else None), indent=2))


@main.group()
def audit() -> None:
    """Read what was recorded."""


@audit.command("export")
@click.option("--format", "kind", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only rows since this day, UTC.")
@click.option("--output", type=click.File("w"), default="-", help="File to write; the terminal otherwise.")
@_answering_errors
def export(kind: str, since: datetime | None, output: TextIO) -> None:
    """Write the audit as JSON Lines or CSV, oldest first."""
    store = open_store(load_settings().database_url)
    store.migrate()
    rows = store.audit.rows(since=since.replace(tzinfo=UTC) if since else None)
    (_write_json_lines if kind == "jsonl" else _write_csv)(rows, output)
    store.close()


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


if __name__ == "__main__":
    main()
