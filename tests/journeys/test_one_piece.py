"""Each kind of background work is done one piece at a time, so that a worker can be told to end, and is seen to live.

What hangs is told by how long one piece takes (bot.clock), so that a round which did all its pieces in one would be
said to hang exactly when Entra is down and much is due.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bot.clock import Clock, Round
from bot.reminders import PAGE
from bot.retention import REQUESTS
from storage.codec import to_text
from tests.domain import nouns
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.world import World
from tests.sandbox.entra import faults

LONG_AGO = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of work: what makes it due for each of some requests, and how much of it is left to do."""

    due: str
    left: str
    piece: int = 1
    count: int = 3


KINDS = {
    "messages": Kind(
        due="UPDATE outbox SET state = 'queued', sent_at = NULL, lease = NULL",
        left="SELECT COUNT(*) AS n FROM outbox WHERE state = 'queued'",
    ),
    "provisioning": Kind(
        due="UPDATE app_requests SET state = 'approved'",
        left="SELECT COUNT(*) AS n FROM app_requests WHERE state = 'approved'",
    ),
    "assessments": Kind(
        due="UPDATE app_requests SET assessed = 0",
        left="SELECT COUNT(*) AS n FROM app_requests WHERE assessed = 0",
    ),
    "abandoned presses": Kind(
        due="UPDATE links SET stage = 'minting', lease = 'dead', lease_until = :past",
        left="SELECT COUNT(*) AS n FROM links WHERE lease_until <= :now",
    ),
    "sweeps": Kind(
        due="UPDATE links SET stage = 'viewed', sweep_at = :past, sweeps_left = 3",
        left="SELECT COUNT(*) AS n FROM links WHERE sweep_at <= :now",
    ),
    "proofs": Kind(
        due="UPDATE credentials SET starts_at = :past",
        left="SELECT COUNT(*) AS n FROM credentials WHERE accepted IS NULL",
    ),
    "expired links": Kind(
        due="UPDATE links SET expires_at = :past",
        left="SELECT COUNT(*) AS n FROM links WHERE stage = 'open'",
    ),
    "unwanted applications": Kind(
        due="UPDATE applications SET wanted = 0, try_at = :past",
        left="SELECT COUNT(*) AS n FROM applications WHERE removed_at IS NULL AND try_at <= :now",
    ),
    "retired secrets": Kind(
        due="UPDATE credentials SET state = 'retiring', remove_at = :past, try_at = :past, warned_at = :past",
        left="SELECT COUNT(*) AS n FROM credentials WHERE state = 'retiring' AND try_at <= :now",
    ),
    "removal warnings": Kind(
        due="UPDATE credentials SET state = 'retiring', remove_at = :now, try_at = :now",
        left="SELECT COUNT(*) AS n FROM credentials WHERE warned_at IS NULL",
    ),
    "waiting requests": Kind(
        due="UPDATE app_requests SET changed_at = :yesterday",
        left="SELECT COUNT(*) AS n FROM app_requests WHERE reminded_at IS NULL",
    ),
    "lapsed requests": Kind(
        due="UPDATE app_requests SET changed_at = :past",
        left="SELECT COUNT(*) AS n FROM app_requests WHERE state = 'pending'",
    ),
    "reminders": Kind(
        due="UPDATE credentials SET starts_at = :past, ends_at = :soon",
        left="SELECT COUNT(*) AS n FROM credentials WHERE key_id NOT IN (SELECT key_id FROM reminders)",
        piece=PAGE,
        count=2 * PAGE,
    ),
    "retention": Kind(
        due="UPDATE app_requests SET state = 'denied', state_since = '2000-01-01T00:00:00.000000Z';"
        "UPDATE applications SET wanted = 0, removed_at = :past",
        left="SELECT COUNT(*) AS n FROM app_requests",
        piece=REQUESTS,
        count=2 * REQUESTS,
    ),
}
# These ask Entra for each piece, and give up on it after so many seconds; with some more a piece would be two.
ASKING = {
    "abandoned presses": 20,
    "sweeps": 20,
    "unwanted applications": 60,
    "retired secrets": 60,
    "provisioning": 60,
    "assessments": 60,
}
# One statement does all of it.
AT_ONCE = {"old deliveries"}


def make_due(world: World, kind: Kind) -> Round:
    """Fill the tables, have this kind of work due for each request, and nothing else besides; return its round."""
    now, store = world.clock.now(), world.bot.store
    moments = {
        "now": to_text(now),
        "past": to_text(now - LONG_AGO),
        "yesterday": to_text(now - timedelta(days=1, hours=1)),
        "soon": to_text(now + timedelta(days=7)),
    }
    with store.transaction():
        for number in range(1, kind.count + 1):
            owner = nouns.owner(person_id=world.around.ids["ada"])
            store.requests.add(nouns.request(number, requester=owner, submitted_at=now))
            store.applications.add(nouns.application(number, owners=(owner,)))
            store.links.add(nouns.link(number))
            store.credentials.add(nouns.credential(number, starts_at=now, ends_at=now + timedelta(days=180)))
            store.outbox.put(f"entry-{number}", "person", f"U{number}", owner.person_id, now=now)
        store.database.run("UPDATE outbox SET state = 'sent', sent_at = :now", now=to_text(now))
        for statement in kind.due.split(";"):
            store.database.run(statement, **moments)
    name = next(name for name, found in KINDS.items() if found is kind)
    return next(entry for entry in world.bot.rounds if entry.name == name)


def left(world: World, kind: Kind) -> int:
    """How much of this kind of work is left to do now."""
    row = world.bot.store.database.one(kind.left, now=to_text(world.clock.now()))
    assert row is not None
    return int(row["n"])


@BOTH_ENGINES
@pytest.mark.parametrize("name", sorted(KINDS))
def test_one_piece(world: World, name: str) -> None:
    """One call does one piece of the work and says that there may be more; once nothing is left it says so."""
    kind = KINDS[name]
    entry = make_due(world, kind)
    before = left(world, kind)
    more = entry.work()
    after = left(world, kind)
    while entry.work():
        pass

    assert (before, after, bool(more)) == (kind.count, kind.count - kind.piece, True)
    assert left(world, kind) == 0


def test_every_kind_is_looked_at(world: World) -> None:
    """No kind of background work is missing here but what one statement does, and what keeps a process's memory."""
    assert {entry.name for entry in world.bot.rounds if not entry.memory} == KINDS.keys() | AT_ONCE


@pytest.mark.parametrize(("name", "patience"), ASKING.items())
def test_entra_is_down(world: World, name: str, patience: int) -> None:
    """While Entra is down and much is due, no round seems to hang, and each ends: what failed is not due at once."""
    kind = KINDS[name]
    # Whatever its own pause, so that only the length of a piece counts.
    entry = replace(make_due(world, kind), seconds=1.0)
    clock = Clock([entry], monotonic=lambda: world.clock.now().timestamp())
    clock.walk(replace(entry, work=bool))
    hanging: list[str] = []
    down = faults.unavailable(times=10**6)
    down.act = lambda: hanging.extend(clock.hanging(1.5 * patience))
    world.entra.trouble.add(down)
    clock.walk(entry)

    assert hanging == []
    assert left(world, kind) == 0


@pytest.mark.parametrize("name", ASKING)
def test_told_to_end(world: World, name: str) -> None:
    """A worker that is told to end in the middle of a piece begins no other."""
    kind = KINDS[name]
    entry = make_due(world, kind)
    clock = Clock([entry])
    told = faults.unavailable(times=10**6)
    told.act = clock.stop
    world.entra.trouble.add(told)
    clock.walk(entry)

    assert left(world, kind) == kind.count - 1
