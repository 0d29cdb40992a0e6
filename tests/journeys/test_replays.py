"""A captured request that is sent again while its signature holds changes nothing, on whichever instance it arrives."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
import requests

from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults as entra_faults
from tests.sandbox.slack import faults
from tests.sandbox.slack.courier import Delivery


def contents(world: World) -> dict[str, list[dict[str, Any]]]:
    """Everything that the database holds of the product's work."""
    tables = ("app_requests", "approvals", "applications", "links", "credentials", "outbox", "audit", "reminders")
    database = world.bot.store.database
    return {table: [dict(row) for row in database.all("SELECT * FROM " + table)] for table in tables}  # noqa: S608 - our own words


def submit(world: World) -> None:
    """Ada asks."""
    world.ask()


def approve(world: World) -> None:
    """Grace approves."""
    world.ask()
    world.approve()


def arm(world: World) -> None:
    """Ada presses the button of her link, and the link goes back to sleep."""
    approve(world)
    world.press()
    world.advance(minutes=11)


def retry(world: World) -> None:
    """Grace presses Retry, and Entra refuses once more."""
    refused = entra_faults.refused(entra_faults.CREATE_APPLICATION, 403, "Authorization_RequestDenied", "No.", times=2)
    world.entra.trouble.add(refused)
    approve(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()


def renew(world: World) -> None:
    """Ada asks for another link."""
    approve(world)
    world.around.person("ada").click(world.link_message(), "renew_link")
    world.settle()


def withdraw(world: World) -> None:
    """Ada withdraws."""
    world.ask()
    world.around.person("ada").click(world.around.person("ada").dm[-1], "withdraw")
    world.settle()


def rotate(world: World) -> None:
    """Ada rotates a secret, and looks at the new one."""
    approve(world)
    world.secret()
    world.advance(days=175)
    ada = world.around.person("ada")
    reminder = next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks))
    ada.click(reminder, "rotate")
    world.settle()
    world.secret()


def search(world: World) -> None:
    """Ada searches a scope."""
    world.around.person("ada").command("/register-app")
    world.around.person("ada").suggest("scopes", "User.Read")


def command(world: World) -> None:
    """Ada opens the form."""
    world.around.person("ada").command("/register-app")


def last(world: World, kind: str, action: str) -> Delivery:
    """The last delivery of a kind, with an action where one is named."""
    deliveries: list[Delivery] = world.slack.deliveries
    return next(d for d in reversed(deliveries) if d.kind == kind and action in str(d.raw.payload.get("actions", "")))


@pytest.mark.parametrize(
    ("story", "kind", "action"),
    [
        (command, "command", ""),
        (search, "block_suggestion", ""),
        (submit, "view_submission", ""),
        (approve, "block_actions", "approve"),
        (retry, "block_actions", "retry"),
        (withdraw, "block_actions", "withdraw"),
        (arm, "block_actions", "open_link"),
        (renew, "block_actions", "renew_link"),
        (rotate, "block_actions", "rotate"),
    ],
)
def test_replay(world: World, twin: Twin, story: Callable[[World], None], kind: str, action: str) -> None:
    """A replay of each kind is answered with 200, here and on the other instance, and changes nothing."""
    story(world)
    before, said = contents(world), len(world.slack.workspace.messages)
    replayed = last(world, kind, action)
    here = world.slack.deliver(replayed.raw)
    with twin.in_front():
        there = world.slack.deliver(replayed.raw)
    world.settle()
    calls = world.entra.journal.calls("POST /v1.0/")

    assert (here.status, there.status) == (200, 200)
    assert contents(world) == before
    assert world.entra.journal.calls("POST /v1.0/") == calls
    assert kind == "command" or len(world.slack.workspace.messages) == said


def test_a_copy_of_what_was_never_handled(world: World, twin: Twin) -> None:
    """A click that had no effect because Slack did not answer the bot has it when a copy arrives elsewhere."""
    world.ask()
    world.slack.trouble.add(faults.down("users.info"))
    world.around.person("grace").click(world.card(), "approve")
    before = len(world.entra.applications)
    with twin.in_front():
        world.slack.deliver(last(world, "block_actions", "approve").raw)
    world.settle()

    assert (before, len(world.entra.applications)) == (0, 1)


def test_a_forged_copy(world: World) -> None:
    """A request with the signature of a handled one and another body is a stranger's, and changes nothing."""
    world.ask()
    raw = last(world, "view_submission", "").raw
    remembered = world.bot.store.database.all("SELECT * FROM deliveries")
    answer = requests.post(world.slack.events_url, data=b"payload=%7B%7D", headers=dict(raw.headers), timeout=5)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert world.bot.store.database.all("SELECT * FROM deliveries") == remembered


def test_forgotten(world: World) -> None:
    """What had an effect is remembered for longer than its signature holds, and then forgotten."""
    world.ask()
    world.advance(minutes=14)
    remembered = world.bot.store.database.all("SELECT key FROM deliveries")
    world.advance(minutes=2)

    assert len(remembered) == 1
    assert world.bot.store.database.all("SELECT key FROM deliveries") == []
