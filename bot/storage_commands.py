"""`register-app storage …`, `backup` and `retention`: what is kept, moved, copied, and kept no longer."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.policy import load_policy
from bot.retention import Retention
from bot.settings import load_settings
from bot.terminal import answering_errors, found, progress, tidied_up
from storage import Store, open_store, place_of
from storage.backup import back_up, open_to_back_up, pages
from storage.copying import copy, is_one, must_be_this_version, prepare, rows_of


@click.group()
def storage() -> None:
    """Move what is kept."""


@storage.command("copy")
@click.option("--from", "source_url", envvar="DATABASE_URL", required=True, help="Address to copy from.")
@click.option("--to", "target_url", envvar="DATABASE_URL", required=True, help="Address of an empty database.")
@answering_errors
def copy_storage(source_url: str, target_url: str) -> None:
    """Copy everything to an empty database, all or nothing. Stop the bot first. Either address may be DATABASE_URL."""
    source, target = _opened(source_url, "--from"), _opened(target_url, "--to")
    try:
        if source_url == target_url or is_one(source, target):
            raise click.UsageError("--from and --to must be two databases, and what is left out is DATABASE_URL.")
        must_be_this_version(source, place_of(source_url))
        prepare(target)
        with progress("Copying rows", sum(rows_of(source).values())) as tell:
            counts = copy(source, target, tell=tell)
    finally:
        source.close()
        target.close()
    for table, count in counts.items():
        click.echo(f"{count:>9}  {table}")
    click.echo(f"{sum(counts.values()):>9}  rows are in {place_of(target_url)}, counted in both and equal.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@answering_errors
def backup(path: Path) -> None:
    """Write a consistent copy of the SQLite database to a new file, also while the bot runs."""
    store, missing = open_to_back_up(load_settings().database_url)
    try:
        with tidied_up(), progress("Copying pages", pages(store)) as tell:
            counts = back_up(store, path, tell)
    finally:
        store.close()
    for table, count in counts.items():
        click.echo(f"{count:>9}  {table}")
    click.echo(f"{path} is whole and has {path.stat().st_size:,} bytes.")
    if missing:
        click.echo("It is of an earlier version of the bot; `register-app migrate` brings it up to date.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@answering_errors
def retention(dry_run: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Remove what is older than the policy keeps it; the bot does so every day by itself."""
    policy = load_policy(load_settings().policy_file)
    with found(read_only=dry_run) as store:
        use_case = Retention(store, policy, lambda: datetime.now(UTC))
        old = use_case.due()
        if not dry_run:
            with progress("Removing", old.total) as tell:
                old = use_case.remove_all(tell)
    done = "would be removed" if dry_run else "were removed"
    click.echo(f"{old.requests} requests, {old.messages} delivered messages and {old.audit_rows} audit rows {done}.")


def _opened(url: str, option: str) -> Store:
    try:
        return open_store(url)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None
