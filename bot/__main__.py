"""The command line: run, web, worker, migrate, check, manifest; what reads the store has rooms of its own."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import click

from bot import log
from bot.app import Bot, build
from bot.applications_command import applications
from bot.audit_commands import audit
from bot.checks import Checks, Finding
from bot.database_check import DatabaseCheck
from bot.manifest import manifest as slack_manifest
from bot.policy import load_policy
from bot.rounds import Part
from bot.serving import Server
from bot.settings import Settings, load_settings
from bot.sign_in_check import sign_in_findings
from bot.storage_commands import backup, retention, storage
from bot.terminal import ExitCode, answering_errors, kept
from bot.worker import Worker
from storage import open_store

MARKS = {"ok": "ok     ", "warning": "warning", "fault": "FAULT  "}


@click.group()
@click.version_option(package_name="register-app")
def main() -> None:
    """Register confidential client applications in Microsoft Entra ID from Slack."""
    # What a command has to say it says itself; a process that stays configures its log anew.
    log.configure(sys.stderr, level="ERROR", json=False)


@main.command()
@answering_errors
def run() -> None:
    """Run everything in one process: web, Slack, and the clock."""
    _serve(Part.ALL)


@main.command()
@answering_errors
def web() -> None:
    """Run what listens alone: Slack over HTTP, the one-time page, health. Any number of these beside workers."""
    _serve(Part.WEB)


@main.command()
@answering_errors
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
    # What would keep the server's worker from starting is said here, in one line, and not as gunicorn's traceback.
    with kept():
        load_policy(settings.policy_file)
    Server(built, bind=f"{settings.host}:{settings.port}", threads=settings.threads).run()


@main.command()
@answering_errors
def migrate() -> None:
    """Bring the database's schema up to date; safe to repeat."""
    with closing(open_store(load_settings().database_url)) as store:
        names = store.migrate()
    click.echo("\n".join(f"applied {name}" for name in names) or "The schema is up to date.")


@main.command()
@answering_errors
def check() -> None:
    """Prove each thing the bot needs, and say how to mend what fails; changes nothing but a schema that is behind."""
    settings = load_settings()
    database = DatabaseCheck(settings.database_url)
    unusable = database.unusable()
    findings = []
    for finding in [unusable] if unusable else _looked_at(settings, database):
        click.echo(f"{MARKS[finding.verdict]}  {finding.name}: {finding.sentence}")
        findings.append(finding)
    faults = sum(finding.verdict == "fault" for finding in findings)
    click.echo(f"\n{len(findings)} looked at, {faults} to mend before it can work.")
    sys.exit(ExitCode.FAULT if faults else ExitCode.OK)


def _looked_at(settings: Settings, database: DatabaseCheck) -> Iterator[Finding]:
    with database.stand_in() as stand_in:
        bot = build(settings, database=stand_in)
        yield from Checks(settings, bot.entra, bot.slack.client, lambda: database.findings(bot.store)).run()
        yield from sign_in_findings(bot.sign_in)
        bot.close()


@main.command()
@click.option("--url", help="https address at which Slack reaches the bot; prints the HTTP manifest.")
@click.option("--socket-mode", is_flag=True, help="Print the manifest for Socket Mode.")
@click.option("--sign-in", help="PUBLIC_URL of the one-time page, if it is to ask its viewer to sign in with Slack.")
@answering_errors
def manifest(url: str | None, socket_mode: bool, sign_in: str | None) -> None:  # noqa: FBT001 - click passes flags by name
    """Print the Slack app's manifest as JSON, to paste into Slack's "create from manifest"."""
    if (url is None) != socket_mode:
        raise click.UsageError("Give either --url https://your.host or --socket-mode.")
    for option, address in (("--url", url), ("--sign-in", sign_in)):
        if address is not None and not address.startswith("https://"):
            raise click.UsageError(f"Slack calls https addresses only: {option} https://your.host")
    made = slack_manifest(url.rstrip("/") if url else None, sign_in.rstrip("/") if sign_in else None)
    click.echo(json.dumps(made, indent=2))


main.add_command(applications)
main.add_command(audit)
main.add_command(storage)
main.add_command(backup)
main.add_command(retention)

if __name__ == "__main__":
    main()
