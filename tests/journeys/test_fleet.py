"""Several instances, one of which is killed every second, while 200 requests go through all states.

At the end the tenant, Slack and the database hold exactly what they should. SEED repeats which fate each request has,
in which order instances are killed, and how each person is routed; what is in hand at a death depends on the machine.
REQUESTS in the environment makes it shorter or longer.
"""

import contextlib
import os
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from bot.lifecycle import RequestState
from storage import Store, open_store
from tests.engines import ENGINES
from tests.journeys.fleet import Fleet, victims
from tests.journeys.fleet_end import besides, should, stands
from tests.journeys.fleet_people import FATES, Fate, Requester, cards
from tests.sandbox.stage import until

REQUESTS = int(os.environ.get("REQUESTS", "200"))
REQUESTERS = 12
SETTLING_SECONDS = 90.0


@pytest.fixture
def seed() -> str:
    """What repeats a run."""
    found = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    sys.stderr.write(f"SEED={found}\n")
    return found


def fates_of(seed: str, count: int) -> dict[str, Fate]:
    """What is to become of each request."""
    chance = random.Random(f"{seed} fates")  # noqa: S311 - fates, not keys
    return {f"App {number:03}": chance.choice(FATES) for number in range(count)}


@pytest.fixture(params=[("sqlite", 2), ("postgres", 3)], ids=["two on SQLite", "three on PostgreSQL"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path, seed: str) -> Iterator[Fleet]:
    """So many instances over one database."""
    engine, size = request.param
    with ENGINES[engine](tmp_path) as url:
        made = Fleet(folder=tmp_path, url=url, size=size, seed=seed)
        yield made
        made.stop()


@pytest.fixture
def store(fleet: Fleet) -> Iterator[Store]:
    """What the fleet keeps, to look at."""
    opened = open_store(fleet.url)
    yield opened
    opened.close()


def people(fleet: Fleet) -> list[Requester]:
    """Requesters, known to Slack and to Entra."""
    approving = threading.Lock()
    made = []
    for number in range(REQUESTERS):
        name, email = f"Requester {number}", f"requester{number}@contoso.example"
        fleet.around.entra.add_person(name, email)
        made.append(
            Requester(place=fleet, id=fleet.around.slack.add_person(name, email), name=name, approving=approving)
        )
    return made


def is_quiet(store: Store, *wanted: RequestState) -> bool:
    """Whether nothing is on its way any more: no message, no link in a press, no request in these states."""
    states = ", ".join(f"'{state}'" for state in wanted)
    working = store.database.one(f"SELECT COUNT(*) AS n FROM app_requests WHERE state IN ({states})")  # noqa: S608 - ours
    minting = store.database.one("SELECT COUNT(*) AS n FROM links WHERE stage = 'minting'")
    retiring = store.database.one("SELECT COUNT(*) AS n FROM credentials WHERE state = 'retiring'")
    counts = [row["n"] for row in (working, minting, retiring) if row]
    return counts == [0, 0, 0] and store.outbox.oldest_waiting() is None


def settle(fleet: Fleet, store: Store) -> None:
    """Let everything come to its end: first what is in hand, then what time ends."""
    fleet.end_dying()
    until(lambda: is_quiet(store, RequestState.APPROVED, RequestState.PROVISIONING), SETTLING_SECONDS)
    fleet.advance(timedelta(days=8))
    until(lambda: is_quiet(store, RequestState.PENDING) and not open_links(store), SETTLING_SECONDS)
    until(lambda: is_quiet(store, RequestState.PENDING), SETTLING_SECONDS)


def open_links(store: Store) -> int:
    """How many links can still be opened."""
    row = store.database.one("SELECT COUNT(*) AS n FROM links WHERE stage = 'open'")
    return row["n"] if row else 0


def test_a_fleet_that_keeps_dying(fleet: Fleet, store: Store, seed: str) -> None:
    """Whoever dies and whenever, each request ends as it was to end, once, in Entra, in Slack and in the database."""
    fates = fates_of(seed, REQUESTS)
    crowd = people(fleet)
    fleet.begin_dying()
    waiting: SimpleQueue[tuple[str, Fate]] = SimpleQueue()
    for named in fates.items():
        waiting.put(named)
    with ThreadPoolExecutor(REQUESTERS) as pool:
        for life in [pool.submit(_see_through, requester, waiting) for requester in crowd]:
            life.result()
    settle(fleet, store)
    theirs = {name: requester for requester in crowd for name in requester.saw_through}

    assert fleet.deaths > 10
    assert {name: stands(name, fleet, store, theirs[name]) for name in fates} == {
        name: should(name, fate, theirs[name]) for name, fate in fates.items()
    }
    assert besides(fleet, store, list(fates)) == []
    assert said_twice(fleet, crowd) == []


def _see_through(requester: Requester, waiting: SimpleQueue[tuple[str, Fate]]) -> None:
    with contextlib.suppress(Empty):
        while True:
            requester.see_through(*waiting.get_nowait())


def test_a_seed_repeats_itself() -> None:
    """One seed has the same fates and the same victims each time, and another has others."""
    runs = [(fates_of(seed, 200), list(islice(victims(seed, 3), 60))) for seed in ("42", "42", "43")]

    assert runs[0] == runs[1]
    assert runs[0][0] != runs[2][0]
    assert runs[0][1] != runs[2][1]


def said_twice(fleet: Fleet, crowd: list[Requester]) -> list[str]:
    """What stands twice in one place: a card of one request, a line of one thread, a message to one person."""
    everything = fleet.around.person("grace").messages(fleet.around.channel)
    titles = Counter(card.reads.splitlines()[0] for card in cards(fleet))
    # A refusal meets whichever creation comes next, so that one request may be refused twice.
    refusals = ("Entra refused", "made again")
    threads = Counter(
        f"{m.thread_ts} {m.reads}" for m in everything if m.thread_ts and not any(word in m.reads for word in refusals)
    )
    private = Counter(f"{requester.id} {m.reads}" for requester in crowd for m in requester.hands.dm)
    return [text for counted in (titles, threads, private) for text, times in counted.items() if times > 1]
