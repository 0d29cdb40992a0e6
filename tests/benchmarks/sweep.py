"""The daily round over many stored secrets of which one in a hundred is due: time, memory, and the way to its rows."""

import time
import tracemalloc
from collections.abc import Callable
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

NAME = "sweep"
LIFE = timedelta(days=365)
DUE_EVERY = 100
# Every secret ends on some day between two months ago and two years from now.
FIRST_DAY, DAYS = -60, 790
POLICY = Policy()


def measure(size: Size, folder: Path) -> Report:
    """Walk the round over copies of one database of each size: for the time, for the memory, and again with nothing."""
    rows, base = [], 0.0
    for count in size.credentials:
        stored = folder / f"{count}.sqlite3"
        _fill(stored, count)
        taken, due = _walked(stored, _seconds)
        base = base or taken / due
        peak, _ = _walked(stored, _peak)
        again, _ = _walked(stored, _second_walk)
        each = (f"{taken / due * 1000:.2f} ms", times(taken / due, base))
        rows.append((f"{count:,}", f"{due:,}", f"{taken:.2f} s", *each, f"{peak:.0f} KiB", f"{again:.2f} s"))
    return Report(
        title="The daily round, one secret in a hundred due",
        columns=("stored", "due", "time", "for each due", "to the first", "peak memory", "again, nothing due"),
        rows=rows,
        note=f"Its question of the database: {plan(folder / f'{size.credentials[0]}.sqlite3')}.",
    )


def _fill(path: Path, count: int) -> None:
    """Store secrets, each with its application; those within the ladder's reach were spoken of, but for the due."""
    store = open_store(f"{SQLITE}{path}")
    store.migrate(NOW)
    with store.transaction():
        for number in range(1, count + 1):
            due = number % DUE_EVERY == 0
            # 7919 is a prime, so that the days are spread evenly over the numbers.
            days = 7 if due else FIRST_DAY + number * 7919 % DAYS
            ends_at = NOW + timedelta(days=days)
            store.requests.add(nouns.request(number))
            store.applications.add(nouns.application(number))
            store.links.add(nouns.link(number))
            store.credentials.add(nouns.credential(number, starts_at=ends_at - LIFE, ends_at=ends_at))
            step = due_step(ladder(POLICY.reminder_days, LIFE.days), days_until(ends_at, NOW))
            if step is not None and not due:
                store.reminders.claim(f"said-{number}", f"key-{number}", step, now=NOW - timedelta(days=1))
    store.close()


def _walked(stored: Path, measured: Callable[[Reminders], float]) -> tuple[float, int]:
    """Return what `measured` says of a round over a fresh copy, and how many reminders were given."""
    taken = Path(copy(stored, stored.with_suffix(".copy")))
    store = open_store(f"{SQLITE}{taken}")
    reminders = Reminders(store, SlackNotices(store, _now, "C0CHANNEL"), POLICY, _now)
    before = _said(store)
    found = measured(reminders)
    due = _said(store) - before
    store.close()
    taken.unlink()
    return found, due


def _said(store: Store) -> int:
    row = store.database.one("SELECT COUNT(*) AS n FROM reminders")
    return row["n"] if row else 0


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
    """Return how SQLite finds the secrets within reach."""
    store = open_store(f"{SQLITE}{path}")
    steps = store.database.all(
        "EXPLAIN QUERY PLAN SELECT c.* FROM credentials c JOIN applications a ON a.id = c.application_id"
        " WHERE c.state = 'live' AND a.wanted = 1 AND c.ends_at <= 'z' AND c.ends_at >= 'a'"
        " AND (c.ends_at > 'a' OR c.key_id > 'k') ORDER BY c.ends_at, c.key_id LIMIT 200"
    )
    store.close()
    return "; ".join(step["detail"] for step in steps)
