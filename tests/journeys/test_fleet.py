"""Several instances, one of which is killed every second, while 200 requests go through all states.

At the end the tenant and Slack hold exactly what they should. SEED repeats the fates and who is killed.
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
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from bot.lifecycle import RequestState
from storage import Store, open_store
from tests.engines import ENGINES
from tests.journeys.fleet import Fleet
from tests.journeys.fleet_people import FATES, SECRET_IS_SHOWN, Fate, Requester, cards
from tests.sandbox.stage import until

REQUESTS = int(os.environ.get("REQUESTS", "200"))
REQUESTERS = 12
SETTLING_SECONDS = 90.0
STATES: dict[Fate, RequestState] = {
    "denied": RequestState.DENIED,
    "withdrawn": RequestState.WITHDRAWN,
    "opened": RequestState.FULFILLED,
    "changed": RequestState.FULFILLED,
    "ignored": RequestState.FULFILLED,
    "refused": RequestState.FULFILLED,
    "lapsed": RequestState.LAPSED,
}


@pytest.fixture
def chance() -> random.Random:
    """Chance that can be repeated."""
    seed = os.environ.get("SEED") or str(random.SystemRandom().randrange(10**6))
    sys.stderr.write(f"SEED={seed}\n")
    return random.Random(seed)  # noqa: S311 - fates, not keys


@pytest.fixture(params=[("sqlite", 2), ("postgres", 3)], ids=["two on SQLite", "three on PostgreSQL"])
def fleet(request: pytest.FixtureRequest, tmp_path: Path, chance: random.Random) -> Iterator[Fleet]:
    """So many instances over one database."""
    engine, size = request.param
    with ENGINES[engine](tmp_path) as url:
        made = Fleet(folder=tmp_path, url=url, size=size, chance=chance)
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
        made.append(Requester(place=fleet, id=fleet.around.slack.add_person(name, email), approving=approving))
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


def test_a_fleet_that_keeps_dying(fleet: Fleet, store: Store, chance: random.Random) -> None:
    """Whoever dies and whenever, each request ends as it was to end, once, in Entra and in Slack."""
    fates: dict[str, Fate] = {f"App {number:03}": chance.choice(FATES) for number in range(REQUESTS)}
    crowd = people(fleet)
    fleet.begin_dying()
    waiting: SimpleQueue[tuple[str, Fate]] = SimpleQueue()
    for named in fates.items():
        waiting.put(named)
    with ThreadPoolExecutor(REQUESTERS) as pool:
        for life in [pool.submit(_see_through, requester, waiting) for requester in crowd]:
            life.result()
    settle(fleet, store)

    assert fleet.deaths > 10
    assert states(store) == {name: STATES[fate] for name, fate in fates.items()}
    assert in_entra(fleet) == {
        name: (1, int(fate in SECRET_IS_SHOWN))
        for name, fate in fates.items()
        if STATES[fate] is RequestState.FULFILLED
    }
    assert fleet.around.entra.snapshot()["deleted"] == []
    assert said_twice(fleet, crowd) == []


def _see_through(requester: Requester, waiting: SimpleQueue[tuple[str, Fate]]) -> None:
    with contextlib.suppress(Empty):
        while True:
            requester.see_through(*waiting.get_nowait())


def states(store: Store) -> dict[str, RequestState]:
    """The state of each request by its application's name."""
    rows = store.database.all("SELECT display_name, state FROM app_requests")
    assert len(rows) == len({row["display_name"] for row in rows})
    return {row["display_name"]: RequestState(row["state"]) for row in rows}


def in_entra(fleet: Fleet) -> dict[str, tuple[int, int]]:
    """By name how many service principals and live secrets there are; two applications of one name are refused."""
    found = [app for app in fleet.around.entra.snapshot()["applications"] if app["displayName"].startswith("App ")]
    principals = Counter(principal.app_id for principal in fleet.around.entra.service_principals)
    assert len(found) == len({app["displayName"] for app in found})
    return {app["displayName"]: (principals[app["appId"]], len(app["passwordCredentials"])) for app in found}


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
