"""`register-app storage …`: what is kept, moved from one database to another."""

import sys

import click

from bot.terminal import answering_errors
from storage import Store, open_store, place_of
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
        with click.progressbar(length=total, label="Copying rows", file=sys.stderr) as bar:
            counts = copy(source, target, tell=bar.update)
    finally:
        source.close()
        target.close()
    for table, count in counts.items():
        click.echo(f"{count:>9}  {table}")
    click.echo(f"{total:>9}  rows are in {place_of(target_url)}, counted in both and equal.")


def _opened(url: str, option: str) -> Store:
    try:
        store = open_store(url)
    except ValueError as error:
        raise click.UsageError(f"{option}: {error}") from None
    store.migrate()
    return store
