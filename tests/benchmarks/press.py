"""How long a press of "Show the secret" takes, beside the time that the emulated Graph itself needs for addPassword."""

import time
from datetime import timedelta
from pathlib import Path

from tests.benchmarks.figures import Report, Size, middle, milliseconds, slowest, times
from tests.journeys.world import World
from tests.sandbox.entra import faults

NAME = "press"
# What addPassword is slowed to besides, so that the share of the bot shows against an Entra that is not next door.
DISTANT_SECONDS = 0.15


def measure(size: Size, folder: Path) -> Report:
    """Press one link after the other, each of an application of its own, on an Entra next door and a distant one."""
    world = World(folder=folder)
    try:
        return _report([_presses(world, size.presses, seconds) for seconds in (0.0, DISTANT_SECONDS)])
    finally:
        world.stop()


def _presses(world: World, count: int, seconds: float) -> tuple[list[float], list[float]]:
    """Return the milliseconds of each press, and of its addPassword."""
    pressed, minted = [], []
    for _ in range(count):
        # The page lets one address press so many times a minute.
        world.clock.advance(timedelta(minutes=1))
        world.ask()
        world.approve()
        token = world.press()
        if seconds:
            world.entra.trouble.add(faults.slow(faults.ADD_PASSWORD, seconds))
        began = time.perf_counter()
        answer = world.reveal(token)
        pressed.append((time.perf_counter() - began) * 1000)
        assert "secret" in answer.json(), answer.json()
        minted.append([e for e in world.entra.journal.exchanges if e.call.endswith("/addPassword")][-1].milliseconds)
        world.settle()
    return pressed, minted


def _report(runs: list[tuple[list[float], list[float]]]) -> Report:
    names = ("an Entra next door", f"an Entra that takes {DISTANT_SECONDS * 1000:.0f} ms more")
    return Report(
        title="From the press on the page to the secret",
        columns=("with", "press", "p99", "addPassword", "the bot's own", "press to addPassword"),
        rows=[
            (
                name,
                milliseconds(middle(pressed)),
                milliseconds(slowest(pressed)),
                milliseconds(middle(minted)),
                milliseconds(middle([whole - part for whole, part in zip(pressed, minted, strict=True)])),
                times(middle(pressed), middle(minted)),
            )
            for name, (pressed, minted) in zip(names, runs, strict=True)
        ],
    )
