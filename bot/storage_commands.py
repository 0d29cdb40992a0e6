"""`register-app storage …`, `backup` and `retention`: what is kept, moved, copied, and kept no longer."""

from datetime import UTC, datetime
from pathlib import Path

import click

from bot.policy import load_policy
from bot.retention import Retention
from bot.settings import load_settings
from bot.terminal import answering_errors, kept, progress
from storage import Store, open_store, place_of
from storage.backup import back_up
from storage.copying import copy, rows_of


@click.group()
def storage() -> None:
    """Move what is kept."""


@storage.command("copy")
@click.option("--from", "source_url", envvar="DATABASE_URL", required=True, help="Address to copy from.")
@click.option("--to", "target_url", envvar="DATABASE_URL", required=True, help="Address of an empty database.")
@answering_errors
def copy_storage(source_url: str, target_url: str) -> None:
    """Copy everything to an empty database, all or nothing. Stop the bot first. Either address may be DATABASE_URL."""
    if source_url == target_url:
        raise click.UsageError("--from and --to must be two databases: one of them is not to be what DATABASE_URL is.")
    source, target = _opened(source_url, "--from"), _opened(target_url, "--to")
    try:
        total = sum(rows_of(source).values())
        with progress("Copying rows", total) as tell:
            counts = copy(source, target, tell=tell)
    finally:
        source.close()
        target.close()
    for table, count in counts.items():
        click.echo(f"{count:>9}  {table}")
    click.echo(f"{total:>9}  rows are in {place_of(target_url)}, counted in both and equal.")


@click.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@answering_errors
def backup(path: Path) -> None:
    """Write a consistent copy of the SQLite database to a new file, also while the bot runs."""
    store = open_store(load_settings().database_url)
    try:
        counts = back_up(store, path)
    finally:
        store.close()
    for table, count in counts.items():
        click.echo(f"{count:>9}  {table}")
    click.echo(f"{path} is whole and has {path.stat().st_size:,} bytes.")


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@answering_errors
def retention(dry_run: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Remove what is older than the policy keeps it; the bot does so every day by itself."""
    policy = load_policy(load_settings().policy_file)
    with kept() as store:
        use_case = Retention(store, policy, lambda: datetime.now(UTC))
        old = use_case.due()
        if not dry_run:
            with progress("Removing", old.total) as tell:
                old = use_case.remove_all(tell)
    done = "would be removed" if dry_run else "were removed"
    click.echo(f"{old.requests} requests, {old.messages} delivered messages and {old.audit_rows} audit rows {done}.")


def _opened(url: str, option: str) -> Store:
    try:
        store = open_store(url)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None
    store.migrate()
    return store
