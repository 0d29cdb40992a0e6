"""What every command of the terminal stands on: exit codes, errors in words, and the store that the settings name."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from functools import partial, wraps
from io import TextIOWrapper
from typing import NoReturn, ParamSpec

import click

from bot.errors import RegisterAppError, SettingsFaults, StorageUnavailable
from bot.settings import load_settings
from storage import Store, existing_store, open_store, place_of

Args = ParamSpec("Args")
# A bar is drawn so often on its way, however long that is.
STEPS_OF_A_BAR = 200
# What a shell calls the end by a signal: this and the signal's number.
BY_SIGNAL = 128


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
    INTERRUPTED = BY_SIGNAL + signal.SIGINT
    """Somebody pressed Ctrl-C."""


def answering_errors(command: Callable[Args, None]) -> Callable[Args, None]:
    """Turn our errors into words on the terminal and an exit code; anything else keeps its traceback."""

    @wraps(command)
    def answered(*args: Args.args, **kwargs: Args.kwargs) -> None:
        if isinstance(sys.stdout, TextIOWrapper):
            # What a terminal has no letters for is shown in others.
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            _carried_out(partial(command, *args, **kwargs))
        except SettingsFaults as error:
            click.echo("The settings do not hold:", err=True)
            for sentence in error.faults:
                click.echo(f"  {sentence}", err=True)
            sys.exit(ExitCode.SETTINGS)
        except BrokenPipeError:
            # Whoever read has read enough, such as `head`.
            _end(BY_SIGNAL + signal.SIGPIPE)
        except (RegisterAppError, OSError) as error:
            click.echo(str(error), err=True)
            _end(ExitCode.FAILED)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            _end(ExitCode.INTERRUPTED)

    return answered


def _carried_out(command: Callable[[], None]) -> None:
    """Carry a command out; whatever it says in the end, what it printed is out before."""
    try:
        command()
    except SystemExit:
        sys.stdout.flush()
        raise
    sys.stdout.flush()


def _end(code: int) -> NoReturn:
    """End; what cannot be printed is dropped, because at its end Python would try once more, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


@contextmanager
def tidied_up() -> Iterator[None]:
    """Let SIGTERM end what happens inside like an error, so that nothing half done is left lying about."""

    def end(_number: int, _frame: object) -> NoReturn:
        sys.exit(BY_SIGNAL + signal.SIGTERM)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def progress(label: str, length: int, *, hidden: bool = False) -> Iterator[Callable[[int], None]]:
    """Show on stderr how far something is, where a person looks; yields what is told of so many more."""
    if hidden or not sys.stderr.isatty():
        yield lambda _: None
        return
    step = max(1, length // STEPS_OF_A_BAR)
    with click.progressbar(length=length, label=label, file=sys.stderr, update_min_steps=step) as bar:
        yield bar.update
        bar.update(step)


@contextmanager
def kept() -> Iterator[Store]:
    """Open the store that the settings name, with its schema up to date. Raises SettingsFaults, StorageUnavailable."""
    store = open_store(load_settings().database_url)
    try:
        store.migrate()
        yield store
    finally:
        store.close()


@contextmanager
def found(*, read_only: bool = True) -> Iterator[Store]:
    """Open the store that the settings name, if it is there and as this version knows it, and make nothing of it.

    Raises SettingsFaults, StorageUnavailable.
    """
    url = load_settings().database_url
    store, missing = existing_store(url, read_only=read_only)
    try:
        if missing:
            raise StorageUnavailable(
                f"{place_of(url)} is of an earlier version of the bot ({missing[0]} is still to come):"
                " run `register-app migrate` first."
            )
        yield store
    finally:
        store.close()
