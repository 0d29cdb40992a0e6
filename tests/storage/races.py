"""Many threads that do the same thing at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Found = TypeVar("Found")
RACERS = 8


def race(act: Callable[[int], Found], racers: int = RACERS) -> list[Found]:
    """Let so many threads start together; what `act(number)` returned in each, in the order of their numbers."""
    start = threading.Barrier(racers)

    def run(number: int) -> Found:
        start.wait()
        return act(number)

    with ThreadPoolExecutor(racers) as pool:
        return list(pool.map(run, range(racers)))
