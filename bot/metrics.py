"""What Prometheus is told (Prometheus, "Exposition formats"): read from the tables at each scrape, the same everywhere.

No label holds a name, an id or anything that a person typed. The two waiting times are distributions over the last
four weeks and not counters: read `histogram_quantile(0.9, register_app_…_seconds_bucket)` without `rate`.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.events import AuditEvent
from bot.lifecycle import RequestState
from storage import Store
from storage.figures import Spans

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WINDOW = timedelta(days=28)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DECISION_BOUNDS = (5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, 2 * DAY, 5 * DAY, 10 * DAY)
DELIVERY_BOUNDS = (5.0, 10.0, 30.0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, DAY)
ENDING_DAYS = (0, 3, 7, 30, 90)


class _Scrape(Collector):
    """The figures of one moment."""

    def __init__(self, store: Store, now: datetime) -> None:
        self._store = store
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """Yield every figure. Raises StorageUnavailable."""
        yield from self._requests()
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
        since = self._now - WINDOW
        yield _distribution(
            "register_app_decision_seconds",
            "From request to decision, of the last four weeks.",
            self._store.figures.decided(since),
            DECISION_BOUNDS,
        )
        yield _distribution(
            "register_app_delivery_seconds",
            "From approval to the link in the requester's hands, of requests approved in the last four weeks.",
            self._store.figures.delivered(since),
            DELIVERY_BOUNDS,
        )

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
        ending = figures.applications_ending_before([self._now + timedelta(days=days) for days in ENDING_DAYS])
        family.add_metric(["ended"], ending[0])
        for (days, next_days), (before, until) in zip(pairwise(ENDING_DAYS), pairwise(ending), strict=True):
            family.add_metric([f"{days}-{next_days}"], until - before)
        family.add_metric([f"{ENDING_DAYS[-1]}+"], figures.applications_with_secrets() - ending[-1])
        yield family
        next_end = figures.next_end(self._now)
        family = GaugeMetricFamily(
            "register_app_next_end_days", "Days until the next application is left without a client secret."
        )
        if next_end is not None:
            family.add_metric([], (next_end - self._now) / timedelta(days=1))
        yield family

    def _calls(self) -> Metric:
        family = CounterMetricFamily(
            "register_app_calls", "Calls to Graph and Slack by how they ended.", labels=["service", "call", "outcome"]
        )
        for labels, times in self._store.figures.calls().items():
            family.add_metric(list(labels), times)
        return family

    def _rounds(self) -> Metric:
        family = GaugeMetricFamily(
            "register_app_round_last_success_seconds",
            "When each round last went well on any instance, in seconds since 1970.",
            labels=["round"],
        )
        for name, at in self._store.figures.round_runs().items():
            family.add_metric([name], at.timestamp())
        return family


def _distribution(name: str, meaning: str, spans: Spans, bounds: tuple[float, ...]) -> Metric:
    waited = [(ended - began).total_seconds() for began, ended in spans]
    found = Counter(next((bound for bound in bounds if seconds <= bound), float("inf")) for seconds in waited)
    buckets, total = [], 0
    for bound in (*bounds, float("inf")):
        total += found[bound]
        buckets.append(("+Inf" if bound == float("inf") else str(bound), total))
    return HistogramMetricFamily(name, meaning, buckets=buckets, sum_value=sum(waited))


def exposition(store: Store, clock: Callable[[], datetime]) -> bytes:
    """Return every figure as Prometheus reads it. Raises StorageUnavailable."""
    registry = CollectorRegistry(auto_describe=False)
    # Registered with nothing to describe: a description would ask the tables once more.
    registry.register(_Scrape(store, clock()))
    return generate_latest(registry)
