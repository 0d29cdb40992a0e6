"""APScheduler as a clock without memory: it says when to look; what is due lives in tables and is claimed there."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
# Less than this the computer's clock is set back by time servers all day long.
SET_BACK = timedelta(seconds=2)


@dataclass(frozen=True, kw_only=True)
class Round:
    """One kind of work. `work` does one piece and returns something true while there may be more."""

    name: str
    work: Callable[[], object]
    seconds: float = 0.0
    daily_at: str = ""
    follows: bool = False
    """Whether the work follows from other work: as soon as some is done here, this is looked for."""
    hurry: bool = True
    """Whether the work is done when all that is due is wanted at once; keeping a copy fresh is not."""
    memory: bool = False
    """Whether the work only keeps this process's own memory fresh, so that every process has to do it."""

    def trigger(self) -> IntervalTrigger | CronTrigger:
        """Return when to look: every so many seconds, or daily at a time of day in UTC."""
        if self.daily_at:
            hour, minute = self.daily_at.split(":")
            return CronTrigger(hour=hour, minute=minute, timezone=UTC)
        return IntervalTrigger(seconds=self.seconds, timezone=UTC)


class Clock:
    """Walks the rounds until it is stopped, each in a thread of its own: never twice at once by one process.

    A round is called when its time comes, and a round that follows from other work also when some was done. One that is
    called while it is walked is walked once more.
    """

    def __init__(
        self,
        rounds: Sequence[Round],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        went_well: Callable[[str], None] = lambda _name: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        """`monotonic` returns seconds that only ever grow; what hangs is told by it.

        `went_well` hears the name of every round that was walked to its end without an error. `now` is the computer's
        clock, by which APScheduler goes; every `look_seconds` it is looked at whether it was set back.
        """
        self._rounds = tuple(rounds)
        self._monotonic = monotonic
        self._went_well = went_well
        self._now = now
        self._watch = Thread(target=self._look, args=(look_seconds,), name="clock-watch", daemon=True)
        self._calls = {entry.name: Event() for entry in self._rounds}
        self._walkers = [
            Thread(target=self._walk_when_called, args=(entry,), name=f"round-{entry.name}", daemon=True)
            for entry in self._rounds
        ]
        self._seen: dict[str, float] = {}
        self._ending = Event()
        # All that APScheduler does is to call, which takes no time.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"max_instances": 1, "coalesce": True, "misfire_grace_time": 3600},
        )

    def start(self) -> None:
        """Begin, with one walk of every round at once: what waited while nobody ran is due now."""
        for entry in self._rounds:
            self._seen[entry.name] = self._monotonic()
            call = self._calls[entry.name].set
            self._scheduler.add_job(call, entry.trigger(), id=entry.name, next_run_time=datetime.now(UTC))
        self._scheduler.start()
        for thread in (*self._walkers, self._watch):
            thread.start()

    def _look(self, seconds: float) -> None:
        while not self._ending.wait(seconds):
            self.mend()

    def mend(self) -> None:
        """Walk now what would wait longer than its own pause: the computer's clock was set back since it was planned.

        APScheduler plans by that clock, so that without this nothing would be done for as long as it was set back.
        """
        now = self._now()
        for entry in self._rounds:
            job = None if entry.daily_at else self._scheduler.get_job(entry.name)
            if job is not None and job.next_run_time > now + timedelta(seconds=entry.seconds) + SET_BACK:
                log.warning("The computer's clock was set back; the round %s is walked now.", entry.name)
                self._scheduler.modify_job(entry.name, next_run_time=now)

    def wake(self, but: str = "") -> None:
        """Look now for what follows from work that was just done, be it a round's (`but`) or a person's."""
        for entry in self._rounds:
            if entry.follows and entry.name != but:
                self._calls[entry.name].set()

    def _walk_when_called(self, entry: Round) -> None:
        called = self._calls[entry.name]
        while called.wait() and not self._ending.is_set():
            # Taken back before the walk, not after it: what is called for meanwhile may be too late for this walk.
            called.clear()
            self.walk(entry)

    def walk(self, entry: Round) -> None:
        """Do the work of one round until none is left; each piece that was done wakes what follows from it."""
        try:
            while not self._ending.is_set() and entry.work():
                self._seen[entry.name] = self._monotonic()
                self.wake(but=entry.name)
            self._went_well(entry.name)
        except Exception:
            # The last stop of an error that nobody expected: the round is walked again at its next time, and what
            # was claimed meanwhile comes back when its lease runs out.
            log.exception("The round %s failed.", entry.name)
        finally:
            self._seen[entry.name] = self._monotonic()

    def hanging(self, seconds: float) -> tuple[str, ...]:
        """Name the rounds in which nothing was begun for so many seconds, or for three times their own pause."""
        now = self._monotonic()
        return tuple(
            entry.name
            for entry in self._rounds
            if not entry.daily_at and now - self._seen.get(entry.name, now) > max(seconds, 3 * entry.seconds)
        )

    def stop(self) -> None:
        """Finish the piece of work in hand, and begin no other."""
        self._ending.set()
        if self._scheduler.running:
            self._watch.join()
            self._scheduler.shutdown(wait=True)
            for entry, walker in zip(self._rounds, self._walkers, strict=True):
                self._calls[entry.name].set()
                walker.join()
