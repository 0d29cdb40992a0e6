"""Several processes of the bot over one database, of which one dies every second; and people who go on all the same."""

import random
import threading
from collections.abc import Iterator
from ctypes import c_int
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import requests

from tests.journeys.mortal import live
from tests.journeys.mortal_story import AFTER_DEATH, LIVES, PATIENCE
from tests.sandbox.stage import free_port, until
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.timepiece import Timepiece

# A real instance looks once a second; a faster one would only take the processor from the others.
IDLE_SECONDS = 0.2
DEATH_EVERY_SECONDS = 1.0


def victims(seed: str, size: int) -> Iterator[int]:
    """Who dies, one after the other."""
    chance = random.Random(f"{seed} deaths")  # noqa: S311 - victims, not keys
    while True:
        yield chance.randrange(size)


@dataclass(kw_only=True)
class Fleet:
    """So many instances over the database at `url`. Every one that dies is started again at once."""

    folder: Path
    url: str
    size: int
    seed: str
    clock: Timepiece = field(init=False)
    around: Surroundings = field(init=False)
    ports: list[int] = field(init=False)
    processes: list[BaseProcess] = field(init=False)
    commits: c_int = field(init=False)
    deaths: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _moving: threading.Lock = field(default_factory=threading.Lock)
    _reaper: threading.Thread | None = None

    def __post_init__(self) -> None:
        # Apart from the victims, so that who asks for a route does not change who dies next.
        self._routes = random.Random(f"{self.seed} routes")  # noqa: S311 - routes, not keys
        self.clock = Timepiece(self.folder / "clock")
        self.around = Surroundings(clock=self.clock.now)
        self.around.slack.patience = PATIENCE
        self.commits = LIVES.RawValue(c_int, 0)
        self.ports = [free_port() for _ in range(self.size)]
        self.processes = [self._born(port) for port in self.ports]
        until(lambda: all(self._answers(port) for port in self.ports), PATIENCE)
        self.route()

    def _born(self, port: int) -> BaseProcess:
        environment = self.around.environment(public_url=f"http://127.0.0.1:{port}", database=self.folder / "unused")
        values: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
        values["database_url"] = self.url
        facts = (values, str(self.folder / "clock"), port, None, self.commits, IDLE_SECONDS)
        process = LIVES.Process(target=live, args=facts, daemon=True)
        process.start()
        return process

    def _answers(self, port: int) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def route(self) -> str:
        """Send what comes next from Slack to one of them, as a router does that does not know who is alive."""
        url = f"http://127.0.0.1:{self._routes.choice(self.ports)}"
        self.around.slack.events_url = f"{url}/slack/events"
        return url

    def advance(self, distance: timedelta) -> None:
        """Move everybody's clock."""
        with self._moving:
            self.clock.advance(distance)

    def begin_dying(self) -> None:
        """From now on let one of them die every second."""
        self._reaper = threading.Thread(target=self._reap, daemon=True)
        self._reaper.start()

    def _reap(self) -> None:
        dying = victims(self.seed, self.size)
        while not self._over.wait(DEATH_EVERY_SECONDS):
            number = next(dying)
            self.processes[number].kill()
            self.processes[number].join()
            self.deaths += 1
            # What it had claimed is free again, and so is what others are slow with.
            self.advance(AFTER_DEATH)
            self.processes[number] = self._born(self.ports[number])

    def end_dying(self) -> None:
        """Let them all live from now on, past every lease of a dead one."""
        self._over.set()
        if self._reaper is not None:
            self._reaper.join()
        until(lambda: all(self._answers(port) for port in self.ports), PATIENCE)
        self.advance(timedelta(minutes=10))

    def stop(self) -> None:
        """End everything."""
        self._over.set()
        if self._reaper is not None:
            self._reaper.join()
        for process in self.processes:
            process.kill()
            process.join()
        self.around.stop()
