"""What each process counts as it works, and passes on to the tables every minute, where any instance can tell it.

So a worker, at which nobody can knock, is seen through whoever answers for the web; a process that is killed loses
the counts of its last minute, and nothing else.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from bot.errors import StorageUnavailable
from storage import Store
from storage.figures import Called

log = logging.getLogger(__name__)
# Whatever a service answers, so many kinds of ends are told apart, and no more.
OK, MISSING, THROTTLED, REFUSED = "ok", "missing", "throttled", "refused"
FAILED, UNANSWERED = "failed", "unanswered"
# That something is not there is often what was to be found out, so it is told apart from a refusal.
_BY_STATUS = {0: UNANSWERED, 404: MISSING, 429: THROTTLED}
_CLIENT, _SERVER = 400, 500


def outcome_of(status: int) -> str:
    """Return how a call ended by its HTTP status; 0 means that no answer came."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= _SERVER:
        return FAILED
    return REFUSED if status >= _CLIENT else OK


class Pulse:
    """Counts calls and notes rounds from any thread, and passes both on."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._now = clock
        self._lock = threading.Lock()
        self._calls: Counter[Called] = Counter()
        self._runs: dict[str, datetime] = {}

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        # Bolt copies its client, with all that hangs on it, for each request; there is still one count.
        return self

    def count(self, service: str, call: str, outcome: str) -> None:
        """Count a call. `call` is its name or template, in which nobody's id stands."""
        with self._lock:
            self._calls[service, call, outcome] += 1

    def went_well(self, name: str) -> None:
        """Note that a round went well."""
        with self._lock:
            self._runs[name] = self._now()

    def beat(self) -> None:
        """Pass on what was counted since the last beat; what cannot be passed on is kept. Raises StorageUnavailable."""
        with self._lock:
            calls, self._calls = self._calls, Counter()
            runs, self._runs = self._runs, {}
        if not calls and not runs:
            return
        try:
            self._store.figures.note(calls, runs)
        except StorageUnavailable:
            with self._lock:
                self._calls.update(calls)
                self._runs = {**runs, **self._runs}
            raise

    def last_beat(self) -> None:
        """Pass on what is left at the end, if that can be."""
        try:
            self.beat()
        except StorageUnavailable as error:
            log.warning("The counts of the last minute are lost: %s", error)
