"""What the handlers may ask for: the use cases, and what they are drawn with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.approvals import Approvals
from bot.graph.catalogue import Catalogue
from bot.links import Links
from bot.policy import Policy
from bot.reminders import Reminders
from bot.removal import Removal
from bot.retention import Retention
from bot.rotation import Rotation
from bot.waiting import Waiting
from handlers.people import People
from storage import Store


@dataclass(frozen=True, kw_only=True)
class UseCases:
    """Everything that a listener can call."""

    store: Store
    policy: Policy
    clock: Callable[[], datetime]
    people: People
    catalogue: Catalogue
    approvals: Approvals
    waiting: Waiting
    links: Links
    reminders: Reminders
    rotation: Rotation
    removal: Removal
    retention: Retention
