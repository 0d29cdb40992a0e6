"""The daily round over many stored secrets of which one in a hundred is due: time, memory, and the way to its rows."""

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy

from bot.policy import Policy
from bot.reminders import Reminders, days_until, due_step, ladder
from handlers.notices import SlackNotices
from storage import SQLITE, Store, open_store
from tests.benchmarks.figures import Report, Size, times
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.listening import ListeningDatabase

NAME = "sweep"
LIFE = timedelta(days=365)
POLICY = Policy()


@dataclass(frozen=True, kw_only=True)
class Stock:
    """What is stored: so many secrets, each of an application of its own, of which every so-many-th is due a word.

    The others end on some day of a span, by default between two months ago and two years from now.
    """

    count: int
    due_every: int = 100
    first_day: int = -60
    days: int = 790


def measure(size: Size, folder: Path) -> Report:
    """Walk the round over copies of one database of each size: for the time, for the memory, and again with nothing."""
    rows, base = [], 0.0
    for count in size.credentials:
        stored = folder / f"{count}.sqlite3"
        fill(stored, Stock(count=count))
        taken, due = _walked(stored, _seconds)
        base = base or taken / due
        kibibytes, _ = peak(stored)
        again, _ = _walked(stored, _second_walk)
        each = (f"{taken / due * 1000:.2f} ms", times(taken / due, base))
        rows.append((f"{count:,}", f"{due:,}", f"{taken:.2f} s", *each, f"{kibibytes:.0f} KiB", f"{again:.2f} s"))
    return Report(
        title="The daily round, one secret in a hundred due",
        columns=("stored", "due", "time", "for each due", "to the first", "peak memory", "again, nothing due"),
        rows=rows,
        note=f"Its question of the database: {plan(folder / f'{size.credentials[0]}.sqlite3')}.",
    )


def fill(path: Path, stock: Stock) -> None:
    """Store secrets; those within the ladder's reach were spoken of, but for the due."""
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    with store.transaction():
        for number in range(1, stock.count + 1):
            _put(store, number, stock)
    store.close()


def _put(store: Store, number: int, stock: Stock) -> None:
    due = number % stock.due_every == 0
    # 7919 is a prime, so that the days are spread evenly over the numbers.
    days = 7 if due else stock.first_day + number * 7919 % stock.days
    ends_at = NOW + timedelta(days=days)
    store.requests.add(nouns.request(number))
    store.applications.add(nouns.application(number))
    store.links.add(nouns.link(number))
    store.credentials.add(nouns.credential(number, starts_at=ends_at - LIFE, ends_at=ends_at))
    step = due_step(ladder(POLICY.reminder_days, LIFE.days), days_until(ends_at, NOW))
    if step is not None and not due:
        store.reminders.claim(f"said-{number}", f"key-{number}", step, now=NOW - timedelta(days=1))


def peak(stored: Path) -> tuple[float, int]:
    """Return the most memory, in KiB, that a round over a copy needs at once, and how many were due."""
    return _walked(stored, _peak)


def _walked(stored: Path, measured: Callable[[Reminders], float]) -> tuple[float, int]:
    """Return what `measured` says of a round over a fresh copy, and how many reminders were given."""
    taken = Path(copy(stored, stored.with_suffix(".copy")))
    store = open_store(f"{SQLITE}{taken}")
    before = _said(store)
    found = measured(_round(store))
    due = _said(store) - before
    store.close()
    taken.unlink()
    return found, due


def _said(store: Store) -> int:
    row = store.database.one("SELECT COUNT(*) AS n FROM reminders")
    return row["n"] if row else 0


def _round(store: Store) -> Reminders:
    return Reminders(store, SlackNotices(store, _now, "C0CHANNEL"), POLICY, _now)


def _now() -> datetime:
    return NOW


def _walk(reminders: Reminders) -> None:
    while reminders.remind_due():
        pass


def _seconds(reminders: Reminders) -> float:
    began = time.perf_counter()
    _walk(reminders)
    return time.perf_counter() - began


def _peak(reminders: Reminders) -> float:
    tracemalloc.start()
    _walk(reminders)
    peak = tracemalloc.get_traced_memory()[1] / 1024
    tracemalloc.stop()
    return peak


def _second_walk(reminders: Reminders) -> float:
    _walk(reminders)
    return _seconds(reminders)


def plan(path: Path) -> str:
    """Return how SQLite finds the secrets within reach, by what the round really asks it."""
    database = ListeningDatabase(path)
    store = Store(database=database)
    list(_round(store)._within_reach())
    steps = dict.fromkeys(database.plans())
    store.close()
    return "; ".join(steps)
