"""From the submitted form to the secret on the page, with a slow Graph, beside the sum of its calls on the way."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.benchmarks.figures import Report, Size, middle, times
from tests.journeys.instances import Instances
from tests.sandbox.stage import until
from tests.sandbox.trouble import Fault
from tests.sandbox.wire import Exchange

NAME = "story"
EVERY_CALL = r" /v1\.0/"
ENDLESS = 1_000_000
# Whether the name is taken is asked beside the way, while the approver reads.
BESIDE = "GET /v1.0/applications"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call of Graph, with its begin and its end by the clock of the benchmark."""

    name: str
    began: float
    ended: float


@dataclass(kw_only=True)
class Way:
    """The calls of Graph on the way from form to secret: each begins when the one before it has ended."""

    calls: list[Asked] = field(default_factory=list)

    def hear(self, exchange: Exchange) -> None:
        """Keep a call that has just ended, if it is on the way."""
        now = time.perf_counter()
        if "/v1.0/" in exchange.call and exchange.call != BESIDE:
            self.calls.append(Asked(name=exchange.call, began=now - exchange.milliseconds / 1000, ended=now))

    def since(self, moment: float) -> Sequence[Asked]:
        """Return the calls since a moment. They can only be added up if no two went on at once, which is looked at."""
        found = [call for call in self.calls if call.began >= moment]
        assert all(later.began >= sooner.ended for sooner, later in pairwise(found)), found
        return found


@dataclass(frozen=True, kw_only=True)
class Told:
    """How long one story took, in seconds, and its calls of Graph added up."""

    whole: float
    graph: float
    calls: int


def measure(size: Size, folder: Path) -> Report:
    """Follow one request after the other through `register-app run`; people press as soon as they can."""
    instances, way = Instances(folder=folder), Way()
    instances.around.entra.journal.listeners.append(way.hear)
    try:
        instances.start("-m", "bot", "run").wait_for("Register App listens")
        # The first story is not counted: with it the catalogue, which is read once an hour, and the token are there.
        _story(instances, Way())
        instances.around.entra.trouble.add(Fault(match=EVERY_CALL, times=ENDLESS, seconds=size.graph_seconds))
        return _report([_story(instances, way) for _ in range(size.stories)], size.graph_seconds)
    finally:
        instances.stop()


def _story(instances: Instances, way: Way) -> Told:
    # The link of the story before stands in its message until that is redrawn.
    until(lambda: not instances.links(), seconds=30)
    cards, opened = len(instances.cards()), time.perf_counter()
    instances.ask()
    began = time.perf_counter()
    until(lambda: len(instances.cards()) > cards, seconds=30)
    instances.approve()
    until(instances.links, seconds=30)
    answer = instances.press()
    whole = time.perf_counter() - began
    assert "secret" in answer.json(), answer.json()
    calls = way.since(opened)
    return Told(whole=whole, graph=sum(call.ended - call.began for call in calls), calls=len(calls))


def _report(told: list[Told], seconds: float) -> Report:
    whole, graph = middle([one.whole for one in told]), middle([one.graph for one in told])
    return Report(
        title=f"From the submitted form to the secret, each call of Graph taking {seconds * 1000:.0f} ms",
        columns=("stories", "from form to secret", "Graph calls", "their sum", "the rest", "whole to sum"),
        rows=[
            (
                str(len(told)),
                f"{whole:.2f} s",
                f"{middle([one.calls for one in told]):.0f}",
                f"{graph:.2f} s",
                f"{whole - graph:.2f} s",
                times(whole, graph),
            )
        ],
        note="The sum is of the calls that follow on one another; what is asked beside them is left out. The rest is"
        " the bot's own work on a card, two clicks, an application, a message and a press, Slack's emulated answers,"
        " and up to 20 ms each time that somebody here looks whether a message has come.",
    )
