"""From the submitted form to the secret on the page, with a slow Graph, beside the sum of the Graph calls in it."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.figures import Report, Size, middle, times
from tests.journeys.instances import Instances
from tests.sandbox.stage import until
from tests.sandbox.trouble import Fault

NAME = "story"
EVERY_CALL = r" /v1\.0/"
ENDLESS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Told:
    """How long one story took, in seconds, and its calls of Graph added up."""

    whole: float
    graph: float
    calls: int


def measure(size: Size, folder: Path) -> Report:
    """Follow one request after the other through `register-app run`; people press as soon as they can."""
    instances = Instances(folder=folder)
    try:
        instances.start("-m", "bot", "run").wait_for("Register App listens")
        instances.around.person("ada").command("/register-app", "help")
        # The first scopes are read before the story begins: a catalogue is read once an hour, not once a request.
        until(lambda: instances.around.entra.journal.calls("/servicePrincipals"), seconds=30)
        instances.around.entra.trouble.add(Fault(match=EVERY_CALL, times=ENDLESS, seconds=size.graph_seconds))
        return _report([_story(instances) for _ in range(size.stories)], size.graph_seconds)
    finally:
        instances.stop()


def _story(instances: Instances) -> Told:
    # The link of the story before stands in its message until that is redrawn.
    until(lambda: not instances.links(), seconds=30)
    before, cards = len(_graph(instances)), len(instances.cards())
    instances.ask()
    began = time.perf_counter()
    until(lambda: len(instances.cards()) > cards, seconds=30)
    instances.approve()
    until(instances.links, seconds=30)
    answer = instances.press()
    whole = time.perf_counter() - began
    assert "secret" in answer.json(), answer.json()
    calls = _graph(instances)[before:]
    return Told(whole=whole, graph=sum(calls) / 1000, calls=len(calls))


def _graph(instances: Instances) -> list[float]:
    exchanges = tuple(instances.around.entra.journal.exchanges)
    return [exchange.milliseconds for exchange in exchanges if "/v1.0/" in exchange.call]


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
        note="The rest is mostly waiting: each round looks once a second, and three of them follow on one another.",
    )
