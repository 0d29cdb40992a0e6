"""Faults that an emulator can be told to have: each is matched by call, counted, and used up."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(kw_only=True)
class Fault:
    """One fault. `match` is a regular expression searched in the call's name, such as `POST /v1.0/applications$`.

    The first `skip` calls that match go well; then it happens `times` times.

    `when`: `before` leaves the call without effect; `after` lets it take effect and spoils only the answer.
    What happens then, in this order: `act` is called, `seconds` pass, and the answer is a `reset` connection,
    or `status` with `headers` and `body` (JSON, or bytes as they are), or (neither given) the true answer.
    """

    match: str
    when: Literal["before", "after"] = "before"
    times: int = 1
    skip: int = 0
    act: Callable[[], None] | None = None
    seconds: float = 0.0
    reset: bool = False
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = None


class Trouble:
    """The faults in force, oldest first; safe to use from any thread."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Put `fault` in force until it has happened `times` times."""
        with self._lock:
            self._faults.append(fault)
        return fault

    def put_first(self, fault: Fault) -> Fault:
        """Put `fault` in force before all others, so that it sees each call."""
        with self._lock:
            self._faults.insert(0, fault)
        return fault

    def end(self, fault: Fault) -> None:
        """Take one fault out of force, if it still is."""
        with self._lock:
            if fault in self._faults:
                self._faults.remove(fault)

    def clear(self) -> None:
        """End all trouble."""
        with self._lock:
            self._faults.clear()

    def take(self, call: str) -> Fault | None:
        """Return the first fault that matches `call`, one use of it spent."""
        with self._lock:
            for fault in self._faults:
                if not re.search(fault.match, call):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
                return fault
        return None
