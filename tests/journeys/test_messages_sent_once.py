"""Messages go out in order, stand in Slack once, and one that can never be sent holds up nothing."""

import requests

from bot.events import AuditEvent
from tests.journeys.world import World
from tests.sandbox.slack import faults


def cards(world: World) -> list[str]:
    """The texts of all messages in the approvers' channel that are in no thread."""
    messages = world.around.person("grace").messages(world.around.channel)
    return [message.reads for message in messages if not message.thread_ts]


def test_a_redraw_waits_for_a_post_in_doubt(world: World) -> None:
    """A card that is redrawn while nobody knows whether it was posted is posted once, and then says how it stands."""
    world.slack.trouble.add(faults.posted_then_lost())
    world.ask()
    world.around.person("ada").click(world.around.person("ada").dm[-1], "withdraw")
    world.settle()
    world.advance(seconds=10)

    (card,) = cards(world)
    assert "withdrew" in card or "Withdrawn" in card


def test_a_channel_that_takes_nothing(world: World) -> None:
    """While the approvers' channel is archived its messages wait, the rest goes on, and the bot says it is ready."""
    world.slack.change_channel(world.around.channel, archived=True)
    world.ask()
    world.advance(hours=1)
    ready = requests.get(f"{world.server.url}/readyz", timeout=5)
    world.slack.change_channel(world.around.channel, archived=False)
    world.advance(minutes=10)

    assert len(world.around.person("ada").dm) == 1
    assert (ready.status_code, len(cards(world))) == (200, 1)


def test_a_message_is_given_up_in_the_end(world: World) -> None:
    """After three days a message that Slack always refuses is given up, which the audit keeps."""
    world.slack.change_channel(world.around.channel, archived=True)
    request_id = world.ask()
    world.advance(days=3, minutes=1)
    events = [(row["event"], row["request_id"]) for row in world.bot.store.audit.rows()]

    assert events.count((AuditEvent.MESSAGE_UNDELIVERED, request_id)) == 1
    assert cards(world) == []


def test_nothing_waits_for_a_card_that_was_given_up(world: World) -> None:
    """What belongs into the thread of a card that never came is given up in its time too."""
    world.slack.change_channel(world.around.channel, archived=True)
    world.ask()
    for _ in range(6):
        world.advance(days=3, minutes=1)

    assert world.bot.store.outbox.oldest_waiting() is None
