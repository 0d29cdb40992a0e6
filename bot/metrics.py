"""What Prometheus is told (Prometheus, "Exposition formats"): read from the tables at each scrape, the same everywhere.

No label holds a name, an id or anything that a person typed. The two waiting times look back over four weeks, so that
they come and go with what falls into these: they are gauges, each the time within which so many were done. What is
told as a counter never goes down.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.events import AuditEvent
from bot.graph.sign_in import SIGN_IN
from bot.lifecycle import RequestState
from bot.pulse import OK, REFUSED
from storage import Store
from storage.figures import Called, Spans

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WINDOW = timedelta(days=28)
# Within which time half of them, nine of ten, and all were done.
QUANTILES = (0.5, 0.9, 1.0)
ENDING_DAYS = (0, 3, 7, 30, 90)
# Told from the beginning: Prometheus sees no increase where a series begins above nothing.
BEGINNING: dict[Called, int] = {("graph", SIGN_IN, outcome): 0 for outcome in (OK, REFUSED)}


class _Scrape(Collector):
    """The figures of one moment."""

    def __init__(self, store: Store, now: datetime, rounds: Sequence[str]) -> None:
        self._store = store
        self._now = now
        self._names = rounds

    def collect(self) -> Iterator[Metric]:
        """Yield every figure. Raises StorageUnavailable."""
        yield from self._requests()
        yield from self._waits()
        yield from self._messages()
        yield from self._secrets()
        yield self._calls()
        yield self._rounds()

    def _requests(self) -> Iterator[Metric]:
        states = self._store.figures.requests_by_state()
        family = GaugeMetricFamily("register_app_requests", "Requests by state.", labels=["state"])
        for state in RequestState:
            family.add_metric([state.value], states.get(state.value, 0))
        yield family
        failed = self._store.audit.times(AuditEvent.REQUEST_FAIL)
        yield CounterMetricFamily("register_app_requests_failed", "How often Entra refused a request.", value=failed)

    def _waits(self) -> Iterator[Metric]:
        since = self._now - WINDOW
        decided, delivered = self._store.figures.decided(since), self._store.figures.delivered(since)
        yield _times(
            "register_app_decision_seconds",
            "From request to decision: within which time so many of the last four weeks' decisions were taken.",
            decided,
        )
        yield GaugeMetricFamily("register_app_recent_decisions", "How many these are.", value=len(decided))
        yield _times(
            "register_app_delivery_seconds",
            "From approval to the link in the requester's hands: within which time so many had it, of the last four"
            " weeks' approvals whose message is still kept (keep_messages_days).",
            delivered,
        )
        yield GaugeMetricFamily("register_app_recent_deliveries", "How many these are.", value=len(delivered))

    def _messages(self) -> Iterator[Metric]:
        waiting, oldest = self._store.figures.waiting()
        age = (self._now - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("register_app_outbox_messages", "Messages that wait to be sent.", value=waiting)
        yield GaugeMetricFamily("register_app_outbox_age_seconds", "Age of the oldest of them.", value=max(0.0, age))
        for name, meaning, event in (
            ("undelivered", "Messages that Slack would not take, given up.", AuditEvent.MESSAGE_UNDELIVERED),
            ("maybe_twice", "Messages that may stand twice.", AuditEvent.MESSAGE_MAYBE_TWICE),
        ):
            yield CounterMetricFamily(f"register_app_messages_{name}", meaning, value=self._store.audit.times(event))

    def _secrets(self) -> Iterator[Metric]:
        figures = self._store.figures
        family = GaugeMetricFamily(
            "register_app_applications_by_days_left",
            "Applications by how many days their last client secret is still good.",
            labels=["days"],
        )
        last = figures.last_secrets(self._now, [self._now + timedelta(days=days) for days in ENDING_DAYS])
        ending = last.ended_before
        family.add_metric(["ended"], ending[0])
        for (days, next_days), (before, until) in zip(pairwise(ENDING_DAYS), pairwise(ending), strict=True):
            family.add_metric([f"{days}-{next_days}"], until - before)
        family.add_metric([f"{ENDING_DAYS[-1]}+"], last.applications - ending[-1])
        yield family
        family = GaugeMetricFamily(
            "register_app_next_end_days", "Days until the next application is left without a client secret."
        )
        if last.next_end is not None:
            family.add_metric([], (last.next_end - self._now) / timedelta(days=1))
        yield family

    def _calls(self) -> Metric:
        family = CounterMetricFamily(
            "register_app_calls",
            "Calls to Graph and Slack, and sign-ins to Entra, by how they ended.",
            labels=["service", "call", "outcome"],
        )
        for labels, times in {**BEGINNING, **self._store.figures.calls()}.items():
            family.add_metric(list(labels), times)
        return family

    def _rounds(self) -> Metric:
        family = GaugeMetricFamily(
            "register_app_round_last_success_seconds",
            "When each round last went well on any instance, in seconds since 1970; 0 for one that never did.",
            labels=["round"],
        )
        runs = self._store.figures.round_runs()
        for name in self._names:
            family.add_metric([name], runs[name].timestamp() if name in runs else 0.0)
        return family


def _times(name: str, meaning: str, spans: Spans) -> Metric:
    waited = sorted(max(0.0, (ended - began).total_seconds()) for began, ended in spans)
    family = GaugeMetricFamily(name, meaning, labels=["quantile"])
    for quantile in QUANTILES if waited else ():
        family.add_metric([f"{quantile:g}"], waited[math.ceil(quantile * len(waited)) - 1])
    return family


def exposition(store: Store, clock: Callable[[], datetime], rounds: Sequence[str]) -> bytes:
    """Return every figure as Prometheus reads it; `rounds` are the names of those that there are.

    Raises StorageUnavailable.
    """
    registry = CollectorRegistry(auto_describe=False)
    # Registered with nothing to describe: a description would ask the tables once more.
    registry.register(_Scrape(store, clock(), rounds))
    return generate_latest(registry)
