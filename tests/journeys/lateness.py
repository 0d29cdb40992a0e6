"""How an instance is made slow, and what is counted after another has done its work."""

from collections.abc import Callable
from datetime import timedelta

from bot.app import Bot
from tests.journeys.world import World
from tests.sandbox.trouble import Fault


def held(world: World, match: str, meanwhile: Callable[[], object], **distance: float) -> Fault:
    """Trouble that holds a call of the slow instance until a lease has passed and something was done meanwhile."""

    def act() -> None:
        world.clock.advance(timedelta(**distance))
        meanwhile()

    return Fault(match=match, act=act)


def passwords(world: World) -> int:
    """How many secrets stand in the tenant."""
    return sum(len(application["passwordCredentials"]) for application in world.entra.snapshot()["applications"])


def told(world: World, word: str) -> int:
    """How many messages of the bot hold a word."""
    return sum(word in message.reads for message in world.slack.workspace.messages if not message.deleted)


def work(bot: Bot, name: str) -> object:
    """Do one piece of one kind of background work; what it says of whether there may be more."""
    return next(entry.work for entry in bot.rounds if entry.name == name)()


def links_sent(world: World) -> int:
    """How many messages with a one-time link Ada sees."""
    return sum("secret#" in str(message.blocks) for message in world.around.person("ada").dm)
