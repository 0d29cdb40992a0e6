"""The background work, as one table: what is looked for, and how often; and which process does which part of it."""

from collections.abc import Sequence
from enum import Enum

from bot.clock import Round
from bot.errors import EntraUnavailable
from bot.orphans import Orphans
from bot.proof import Proof
from bot.provisioning import Provisioning
from bot.pulse import Pulse
from handlers.courier import Courier
from handlers.deliveries import forget_old
from handlers.use_cases import UseCases

FIRST_CATALOGUE, CATALOGUE = "first catalogue", "catalogue"


class Part(Enum):
    """What one process does of the whole; any number of processes may do the same part over one database."""

    ALL = "everything"
    WEB = "web"
    """Slack's endpoint, the one-time page and health: no background work but for its own memory, and no socket."""
    WORKER = "worker"
    """The background work, and the connection to Slack where Socket Mode is set."""


def rounds_of(part: Part, rounds: Sequence[Round]) -> tuple[Round, ...]:
    """Return the background work of a process that does `part`. What waits in tables is no business of the web."""
    return tuple(entry for entry in rounds if part is not Part.WEB or entry.memory)


def told_of(rounds: Sequence[Round]) -> tuple[str, ...]:
    """Return the names of the rounds of which monitoring is told when they last went well.

    Not of the first reading of the catalogue, which the round "catalogue" tells of.
    """
    return tuple(entry.name for entry in rounds if entry.name != FIRST_CATALOGUE)


def all_rounds(  # noqa: PLR0913, PLR0917 - the table of the product's whole background work
    use_cases: UseCases,
    courier: Courier,
    provisioning: Provisioning,
    orphans: Orphans,
    proof: Proof,
    pulse: Pulse,
    daily_at: str,
    poll_seconds: float,
) -> tuple[Round, ...]:
    """Return the background work. Each round does one piece at a time and is safe to walk anywhere, any time."""
    waiting, links, removal = use_cases.waiting, use_cases.links, use_cases.removal
    catalogue = use_cases.catalogue

    def first_catalogue() -> None:
        if catalogue.loaded_at is None and catalogue.refresh():
            pulse.went_well(CATALOGUE)

    def catalogue_again() -> None:
        # A round that comes to its end has gone well; the error is how it says that it has not.
        if not catalogue.refresh():
            raise EntraUnavailable("The catalogue was not refreshed; the last good copy stays.")

    minute, hour = 60 * poll_seconds, 3600.0
    return (
        Round(name="messages", work=courier.deliver_next, seconds=poll_seconds, follows=True),
        Round(name="provisioning", work=provisioning.work_next, seconds=poll_seconds, follows=True),
        Round(name="assessments", work=waiting.assess_next, seconds=poll_seconds, follows=True),
        Round(name="abandoned presses", work=orphans.recover, seconds=minute),
        Round(name="sweeps", work=orphans.sweep, seconds=minute),
        Round(name="proofs", work=proof.conclude_forgotten, seconds=minute),
        Round(name="expired links", work=links.expire_due, seconds=minute),
        Round(name="unwanted applications", work=provisioning.leftovers.remove_due, seconds=minute),
        Round(name="retired secrets", work=removal.remove_due, seconds=minute),
        Round(name="removal warnings", work=removal.warn_before_removal, seconds=minute),
        Round(name="waiting requests", work=waiting.remind_approvers, seconds=minute),
        Round(name="lapsed requests", work=waiting.lapse, seconds=minute),
        Round(name="old deliveries", work=lambda: forget_old(use_cases.store, use_cases.clock), seconds=minute),
        Round(name=FIRST_CATALOGUE, work=first_catalogue, seconds=10 * poll_seconds, memory=True),
        Round(name=CATALOGUE, work=catalogue_again, seconds=hour, hurry=False, memory=True),
        Round(name="figures", work=pulse.beat, seconds=minute, hurry=False, memory=True),
        Round(name="reminders", work=use_cases.reminders.remind_due, daily_at=daily_at, hurry=False),
        Round(name="retention", work=use_cases.retention.remove_due, daily_at=daily_at, hurry=False),
    )
