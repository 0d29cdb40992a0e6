"""What a client that is not Slack's own could send: a true request with something changed, rightly signed."""

import copy
from collections.abc import Callable
from typing import Any

from tests.journeys.world import World
from tests.sandbox.slack.courier import Delivery, Forgery, pack
from tests.sandbox.slack.outcomes import Outcome


def delivered(outcome: Outcome | None) -> Delivery:
    """The request behind what a person did."""
    assert outcome is not None
    assert outcome.delivery is not None
    return outcome.delivery


def crafted(world: World, outcome: Outcome | None, change: Callable[[dict[str, Any]], object]) -> Delivery:
    """Send the request behind an act once more, after `change` was made to its payload."""
    raw = delivered(outcome).raw
    payload = copy.deepcopy(dict(raw.payload))
    change(payload)
    answer: Delivery = world.slack.deliver(pack(raw.kind, payload, world.slack.signing_secret, Forgery()))
    return answer


def as_person(world: World, name: str) -> Callable[[dict[str, Any]], object]:
    """A change that names somebody else as the one who acts."""
    return lambda payload: payload["user"].update(id=world.around.ids[name])
