"""What the journeys read of a one-time link: its messages, its token, its secrets in Entra, its audit."""

import requests

from bot.records import Link
from tests.journeys.world import World
from tests.sandbox.entra.probe import Probe
from tests.sandbox.entra.records import Password
from tests.sandbox.slack.records import Message

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def leaked(world: World) -> str:
    """The newest token, read from the message without pressing its button."""
    return token_in(world.link_message())


def token_in(message: Message) -> str:
    """The token in a message."""
    return str(message.blocks).partition("secret#")[2][:43]


def link_messages(world: World) -> list[Message]:
    """Every message in which a link stands now."""
    return [message for message in world.around.person("ada").dm if "secret#" in str(message.blocks)]


def newest_link(world: World) -> Link:
    """The link of the newest message, as the bot knows it."""
    found = world.bot.use_cases.links.find(leaked(world))
    assert found is not None
    return found


def secrets(world: World) -> tuple[Password, ...]:
    """The client secrets that stand in Entra."""
    found: tuple[Password, ...] = world.entra.secrets(world.entra.applications[0].id)
    return found


def state(answer: requests.Response) -> str:
    """What the page is told."""
    return str(answer.json()["state"])


def accepts(world: World, secret: str) -> bool:
    """Whether Entra takes this secret for the application."""
    with Probe(world.entra) as probe:
        return probe.sign_in(client_id=world.entra.applications[0].app_id, client_secret=secret).ok


def events(world: World, link_id: str) -> list[str]:
    """What the audit says of one link, in order."""
    return [row["event"] for row in world.bot.store.audit.rows() if row["link_id"] == link_id]


def let_proof_end(world: World) -> None:
    """Wait until the trial of the new secret is over, and let what it found out be said."""
    world.bot.background.shutdown(wait=True)
    world.settle()


def ended_message(world: World, word: str) -> Message:
    """The newest message that says `word`."""
    return next(message for message in reversed(world.around.person("ada").dm) if word in message.reads)


def reveal_in_firefox(world: World) -> str:
    """Press in Slack, and on the page in a browser that says who it is; return the secret."""
    token = world.press()
    answer = requests.post(
        f"{world.server.url}/secret/reveal", json={"token": token}, headers={"User-Agent": FIREFOX}, timeout=30
    )
    secret: str = answer.json()["secret"]
    return secret
