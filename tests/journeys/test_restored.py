"""A copy is put back: the bot then takes nothing from anybody that came into use since."""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.lifecycle import LinkStage
from bot.orphans import LEASE
from storage.backup import back_up
from tests.journeys.one_time_link import accepts, newest_link, secrets
from tests.journeys.world import NAME, World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import ADD_PASSWORD
from tests.sandbox.trouble import Fault


def backed_up(world: World) -> None:
    """Make the copy."""
    back_up(world.bot.store, world.folder / "copy.sqlite3")


def restore(world: World) -> None:
    """End the bot, put the copy in the place of its database, as docs/runbook.md says, and start it again."""
    world.end()
    for end in ("", "-wal", "-shm"):
        Path(f"{world.database}{end}").unlink(missing_ok=True)
    shutil.copy(world.folder / "copy.sqlite3", world.database)
    world.start()
    world.settle()


def hours_pass(world: World) -> None:
    """So much time passes that every lease has run out, every search was made, and every link is over."""
    for minutes in (LEASE.total_seconds() / 60 + 1, 20, 20, 20, 25 * 60):
        world.advance(minutes=minutes)


def before_the_press(world: World) -> str:
    """The copy is made when the link waits to be opened."""
    backed_up(world)
    return world.secret()


def during_the_press(world: World) -> str:
    """The copy is made while Entra makes the secret."""
    world.entra.trouble.add(Fault(match=ADD_PASSWORD, act=lambda: backed_up(world)))
    return world.secret()


def between_two_presses(world: World) -> str:
    """The copy is made when one press has got no answer, and the next one has not come yet."""
    world.entra.trouble.add(faults.reset_before(ADD_PASSWORD))
    world.reveal(world.press())
    backed_up(world)
    return world.secret()


WHENEVER = pytest.mark.parametrize("made", [before_the_press, during_the_press, between_two_presses])


@WHENEVER
def test_a_secret_that_was_shown_since(approved: World, made: Callable[[World], str]) -> None:
    """A secret that was shown after the copy is in use: nothing removes it from Entra, however long it takes."""
    secret = made(approved)
    restore(approved)
    hours_pass(approved)

    assert accepts(approved, secret)
    assert len(secrets(approved)) == 1


@WHENEVER
def test_another_one(approved: World, made: Callable[[World], str]) -> None:
    """The old link shows nothing more; a new one is had from its message, and leaves the secret alone as well."""
    link_id = newest_link(approved).id
    secret = made(approved)
    restore(approved)
    ended = approved.bot.store.links.get(link_id)
    approved.bot.use_cases.links.renew(link_id, approved.around.ids["ada"])
    approved.settle()
    approved.entra.trouble.add(faults.reset_after(ADD_PASSWORD))
    approved.reveal(approved.press())
    another = approved.secret()
    hours_pass(approved)

    assert ended is not None
    assert ended.stage is LinkStage.EXPIRED
    assert (accepts(approved, secret), accepts(approved, another)) == (True, True)
    assert len(secrets(approved)) == 2


def test_a_removal_that_was_called_off_since(approved: World) -> None:
    """An old secret that went back into use after the copy is not removed before its owners are warned anew."""
    world, ada = approved, approved.around.person("ada")
    old = world.secret()
    world.advance(days=121)
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    world.advance(days=6, hours=1)
    backed_up(world)
    ada.click(next(m for m in reversed(ada.dm) if "I did not see it" in str(m.blocks)), "not_seen")
    world.settle()
    warned = len([m for m in ada.dm if "is removed from Entra on" in m.reads])
    restore(world)
    world.clock.advance(timedelta(hours=23))
    world.settle()

    assert accepts(world, old)
    assert warned == 1
    assert len([m for m in ada.dm if "is removed from Entra on" in m.reads]) == 2


def test_a_request_that_was_decided_since(world: World) -> None:
    """A request that was approved after the copy can be approved again, from its card: its application is found."""
    world.ask()
    backed_up(world)
    world.approve()
    secret = world.secret()
    restore(world)
    pending = world.card().reads
    world.approve()
    another = world.secret()
    hours_pass(world)

    assert "*Waiti" in pending
    assert len([app for app in world.entra.snapshot()["applications"] if app["displayName"] == NAME]) == 1
    assert (accepts(world, secret), accepts(world, another)) == (True, True)
