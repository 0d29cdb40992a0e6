"""`register-app applications`: what is registered, whose it is, and until when it has a client secret."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import zip_longest

import click

from bot.records import Application, Owner
from bot.reminders import days_until
from bot.terminal import answering_errors, found

HEADINGS = ("APPLICATION", "CLIENT ID", "LAST SECRET ENDS", "OWNERS")
Ending = tuple[Application, datetime | None]
"""An application with the end of its last good secret, if it has one."""


@click.command()
@click.option(
    "--ending",
    type=click.IntRange(min=1),
    metavar="DAYS",
    help="Only those that are left without a client secret within so many days.",
)
@answering_errors
def applications(ending: int | None) -> None:
    """List the applications with their client ids and owners, those whose last client secret ends soonest first."""
    now = datetime.now(UTC)
    with found() as store:
        listed = within(store.applications.by_end(), now, ending)
    for line in table([HEADINGS, *(_cells(*entry, now) for entry in listed)]) if listed else [_none(ending)]:
        click.echo(line)


def within(entries: Sequence[Ending], now: datetime, days: int | None) -> Sequence[Ending]:
    """Return those that are left without a secret within so many days from now, as the figures count them; or all."""
    if days is None:
        return entries
    return [entry for entry in entries if entry[1] is not None and now <= entry[1] < now + timedelta(days=days)]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines in which the columns stand below each other."""
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _cells(application: Application, ends_at: datetime | None, now: datetime) -> tuple[str, ...]:
    owners = ", ".join(_owner(owner) for owner in application.owners)
    return _plain(application.display_name), application.app_id, _end(ends_at, now), owners


def _end(ends_at: datetime | None, now: datetime) -> str:
    if ends_at is None:
        return "none in use"
    days = days_until(ends_at, now)
    count = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    when = "today" if days == 0 else f"in {count}" if days > 0 else f"{count} ago"
    return f"{ends_at:%Y-%m-%d} ({when})"


def _owner(owner: Owner) -> str:
    return f"{_plain(owner.name)} ({owner.person_id})"


def _plain(words: str) -> str:
    """Return what people typed so that a terminal shows it and does nothing else."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)


def _none(ending: int | None) -> str:
    if ending is None:
        return "No application is registered yet."
    return f"No application is left without a client secret within {ending} days."
