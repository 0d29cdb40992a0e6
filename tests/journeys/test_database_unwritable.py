"""The disk is full, or only readable: everybody is told, nothing is lost, and all goes on by itself afterwards."""

import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlite_utils import Database as SqliteUtilsDatabase

from bot.lifecycle import LinkStage
from storage.sqlite import SqliteDatabase
from tests.journeys.one_time_link import newest_link, secrets
from tests.journeys.test_asking import requests_of
from tests.journeys.test_database_gone import GONE
from tests.journeys.world import World
from tests.sandbox.entra.faults import ADD_PASSWORD
from tests.sandbox.trouble import Fault

Trouble = Callable[[World], AbstractContextManager[None]]


@contextmanager
def full(_world: World) -> Iterator[None]:
    """No file of this process can be written to: the disk has no room (Linux, "getrlimit", RLIMIT_FSIZE)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class ReadOnlyDatabase(SqliteDatabase):
    """A file that can only be read."""

    def _open(self) -> SqliteUtilsDatabase:
        database = super()._open()
        database.conn.execute("PRAGMA query_only = ON")
        return database


@contextmanager
def read_only(world: World) -> Iterator[None]:
    """The file can be read and not written to, as on a volume that was mounted anew after a fault."""
    database = world.bot.store.database
    assert isinstance(database, SqliteDatabase)
    database.close()
    database.__class__ = ReadOnlyDatabase
    try:
        yield
    finally:
        database.__class__ = SqliteDatabase
        database.close()


BOTH = pytest.mark.parametrize("trouble", [full, read_only])


@BOTH
def test_submission(world: World, trouble: Trouble) -> None:
    """The form stays open with what was typed and says so; sent once more, it is one request."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    with trouble(world):
        refused = ada.submit()
    typed = str(ada.modal and ada.modal.typed)
    accepted = ada.submit()

    assert not refused.closed
    assert GONE in refused.errors.values()
    assert "Ward dashboard" in typed
    assert accepted.closed
    assert len(requests_of(world)) == 1


@BOTH
def test_approval(world: World, trouble: Trouble) -> None:
    """An approver is told beside the card, and can press again."""
    world.ask()
    with trouble(world):
        told = world.around.person("grace").click(world.card(), "approve")
    world.approve()

    assert GONE in told.texts
    assert world.secret()


@BOTH
def test_page(approved: World, trouble: Trouble) -> None:
    """The page answers 503 and no secret is made; afterwards the same press shows one."""
    token = approved.press()
    with trouble(approved):
        answer = approved.reveal(token)
    made = len(secrets(approved))
    after = approved.reveal(token)

    assert (answer.status_code, made) == (503, 0)
    assert "Traceback" not in answer.text
    assert after.status_code == 200


@BOTH
def test_between_the_mint_and_the_record(approved: World, trouble: Trouble) -> None:
    """When it happens while Entra mints, no secret is shown; what was made is removed, and the link is good again."""
    token = approved.press()
    stack = trouble(approved)
    approved.entra.trouble.add(Fault(match=ADD_PASSWORD, act=stack.__enter__))
    answer = approved.reveal(token)
    stack.__exit__(None, None, None)
    orphans = len(secrets(approved))
    approved.advance(minutes=10)
    stage, left = newest_link(approved).stage, len(secrets(approved))

    assert answer.status_code == 503
    assert orphans == 1
    assert (stage, left) == (LinkStage.OPEN, 0)
    assert approved.secret()
    assert len(secrets(approved)) == 1


@BOTH
def test_background_work(world: World, trouble: Trouble) -> None:
    """No round dies of it: each is walked again, and does what waited."""
    world.ask()
    world.around.person("grace").click(world.card(), "approve")
    with trouble(world):
        for entry in world.bot.rounds:
            world.bot.clock.walk(entry)
    world.advance(minutes=2)

    assert world.secret()
