"""How often one address may ask: an exact sliding window, kept in the memory of one process."""

import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime


class Throttle:
    """At most `times` in any `seconds` for one key; only what was admitted counts.

    Memory is bounded: the `keys` most recently counted are known, an older one starts anew. With several
    processes each counts for itself, so the whole lets through at most that many times more.
    """

    def __init__(self, *, times: int, seconds: int, keys: int, clock: Callable[[], datetime]) -> None:
        self._times = times
        self._seconds = seconds
        self._keys = keys
        self._clock = clock
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, key: str) -> int:
        """Count one for `key` and return 0, or count nothing and return the whole seconds to wait."""
        now = self._clock().timestamp()
        with self._lock:
            wait = self._wait(key, now)
            if not wait:
                self._count(key, now)
            return wait

    def wait(self, key: str) -> int:
        """Return the whole seconds until `key` is admitted again, 0 when it would be now; counts nothing."""
        with self._lock:
            return self._wait(key, self._clock().timestamp())

    def __len__(self) -> int:
        return len(self._moments)

    def _wait(self, key: str, now: float) -> int:
        moments = self._moments.get(key)
        if moments is None or len(moments) < self._times:
            return 0
        if now < moments[-1]:
            # The clock was set back: nobody is locked out for as long as it was wrong.
            moments.clear()
            return 0
        return max(0, math.ceil(moments[0] + self._seconds - now))

    def _count(self, key: str, now: float) -> None:
        self._moments.setdefault(key, deque(maxlen=self._times)).append(now)
        self._moments.move_to_end(key)
        while len(self._moments) > self._keys:
            self._moments.popitem(last=False)
