"""What every command of the terminal stands on: exit codes, errors in words, and the store that the settings name."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import wraps
from typing import ParamSpec

import click

from bot.errors import RegisterAppError, SettingsFaults
from bot.settings import load_settings
from storage import Store, open_store

Args = ParamSpec("Args")


class ExitCode(IntEnum):
    """What the command line ends with."""

    OK = 0
    """All is well."""
    FAULT = 1
    """`check` or `audit verify` found something that must be looked into."""
    SETTINGS = 2
    """The settings or the arguments do not hold; each fault was printed."""
    FAILED = 3
    """The command could not do its work; the reason was printed."""


def answering_errors(command: Callable[Args, None]) -> Callable[Args, None]:
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
        except (RegisterAppError, OSError) as error:
            click.echo(str(error), err=True)
            sys.exit(ExitCode.FAILED)

    return answered


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show on stderr how far something is, where a person looks; yields what is told of so many more."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield bar.update


@contextmanager
def kept() -> Iterator[Store]:
    """Open the store that the settings name, with its schema up to date. Raises SettingsFaults, StorageUnavailable."""
    store = open_store(load_settings().database_url)
    try:
        store.migrate()
        yield store
    finally:
        store.close()
