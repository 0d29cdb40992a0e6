"""How long a slash command waits for its answer, beside a bare Bolt app in the same server that only calls ack()."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.benchmarks.figures import Report, Size, middle, milliseconds, p99, times
from tests.benchmarks.short_poll import BARE
from tests.journeys.instances import Instances
from tests.sandbox.stage import START_SECONDS, free_port, until

NAME = "acknowledgement"
WARM = 5
# So many requests of hers Ada is shown by `list`.
REQUESTS = 20
LAUNCHER = ("-m", "tests.benchmarks.short_poll")


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One way to be answered."""

    name: str
    events_url: str
    text: str
    says: bytes = b""
    """What the answer holds, if it is the true one."""


def measure(size: Size, folder: Path) -> Report:
    """Let the contenders take turns, so that whatever else the machine does befalls all of them."""
    instances = Instances(folder=folder)
    try:
        contenders = _contenders(instances)
        for _ in range(REQUESTS):
            instances.ask()
        found: dict[str, list[float]] = {contender.name: [] for contender in contenders}
        for number in range(size.commands + WARM):
            for contender in contenders:
                taken = _ask(instances, contender)
                if number >= WARM:
                    found[contender.name].append(taken)
        opening = [e.milliseconds for e in instances.around.slack.journal.exchanges if e.call.endswith("/views.open")]
        return _report(found, opening)
    finally:
        instances.stop()


def _contenders(instances: Instances) -> tuple[Contender, ...]:
    port = free_port()
    bare = f"http://127.0.0.1:{port}"
    instances.start(*LAUNCHER, BARE, BARE_PORT=str(port))
    instances.start(*LAUNCHER, "web")
    for url in (bare, instances.url):
        until(_answering(url), seconds=START_SECONDS)
    own = f"{instances.url}/slack/events"
    return (
        Contender(name="bare Bolt, ack() alone", events_url=f"{bare}/slack/events", text="help"),
        Contender(name="/register-app help", events_url=own, text="help"),
        Contender(name=f"/register-app list, of {REQUESTS} requests", events_url=own, text="list", says=b"REQ-"),
        Contender(name="/register-app, its form opened first", events_url=own, text=""),
    )


def _answering(url: str) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            return requests.get(f"{url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    return answers


def _ask(instances: Instances, contender: Contender) -> float:
    """Type the command; return the milliseconds until it was acknowledged."""
    instances.around.slack.events_url = contender.events_url
    instances.around.person("ada").command("/register-app", contender.text)
    delivery = instances.around.slack.deliveries[-1]
    assert delivery.status == requests.codes.ok, delivery.problem
    assert contender.says in delivery.answer, delivery.answer
    return delivery.milliseconds


def _report(found: Mapping[str, list[float]], opening: list[float]) -> Report:
    base = next(iter(found.values()))
    return Report(
        title="From slash command to acknowledgement, over signed HTTP, in turns",
        columns=("who answers", "median", "p99", "median to bare", "p99 to bare"),
        rows=[
            (
                name,
                milliseconds(middle(taken)),
                milliseconds(p99(taken)),
                times(middle(taken), middle(base)),
                times(p99(taken), p99(base)),
            )
            for name, taken in found.items()
        ],
        note=f"Of the form's time the emulated views.open takes {milliseconds(middle(opening))} (median)."
        " Both processes look every 0.2 ms whether the listener has acknowledged; Bolt's own pause is 10 ms, which"
        " would make all of them alike.",
    )
