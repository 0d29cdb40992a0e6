"""The ready alert rules: PromQL that Prometheus would take, about nothing but what the bot tells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import promql_parser
import pytest
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import AggregateExpr, Call, Expr, Matcher, MatchOp, MatrixSelector, VectorSelector

from bot import pulse
from bot.metrics import exposition
from bot.rounds import told_of
from tests.journeys.world import World

RULES = (Path(__file__).parents[2] / "docs" / "alerts.yml").read_text()
EXPRESSIONS = dict(re.findall(r"- alert: (\w+)\n +expr: (.+)", RULES))
# What Prometheus itself tells, and what it knows of each figure besides: from where it has it.
ITS_OWN = {"up": {"job": {"register-app"}, "instance": {""}}}
OUTCOMES = {pulse.OK, pulse.MISSING, pulse.THROTTLED, pulse.REFUSED, pulse.FAILED, pulse.UNANSWERED}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What an expression asks for: the names of figures, and of each the labels that it is chosen or grouped by."""

    selectors: tuple[VectorSelector, ...]
    grouped_by: frozenset[str]
    counted: frozenset[str]
    """Which of them are read by what makes sense of counters alone."""


def asked(expression: str) -> Asked:
    """Parse an expression as Prometheus does. Raises ValueError."""
    nodes: list[Expr] = []
    promql_parser.walk(promql_parser.parse(expression), nodes.append)
    increases = [node for node in nodes if isinstance(node, Call) and node.func.name in {"increase", "rate"}]
    groups = [node.modifier.labels for node in nodes if isinstance(node, AggregateExpr) and node.modifier]
    return Asked(
        selectors=tuple(node for node in nodes if isinstance(node, VectorSelector)),
        grouped_by=frozenset(label for labels in groups for label in labels),
        counted=frozenset(
            str(found.vector_selector.name)
            for call in increases
            for found in call.args
            if isinstance(found, MatrixSelector)
        ),
    )


@pytest.fixture
def told(world: World) -> dict[str, dict[str, set[str]]]:
    """What is told after a whole story: each figure with its labels and their values."""
    world.ask()
    world.approve()
    world.secret()
    world.bot.pulse.beat()
    found: dict[str, dict[str, set[str]]] = {}
    for family in families(world):
        for sample in family.samples:
            values = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                values.setdefault(label, set()).add(value)
    found["register_app_calls_total"]["outcome"] = OUTCOMES
    return {**found, **ITS_OWN}


def families(world: World) -> list[Metric]:
    """What the bot tells, as a client of Prometheus' own parses it."""
    text = exposition(world.bot.store, world.clock.now, told_of(world.bot.rounds)).decode()
    return list(text_string_to_metric_families(text))


def values_of(matcher: Matcher) -> set[str]:
    """The values that a condition names."""
    return set(matcher.value.split("|")) if matcher.op in (MatchOp.Re, MatchOp.NotRe) else {matcher.value}


def faults_of(selector: VectorSelector, told: dict[str, dict[str, set[str]]]) -> Iterator[str]:
    """What one part of an expression names that is not told."""
    name = str(selector.name)
    if name not in told:
        yield name
        return
    for matcher in selector.matchers.matchers:
        if matcher.name not in told[name]:
            yield matcher.name
        else:
            yield from (f"{matcher.name} {value}" for value in sorted(values_of(matcher) - told[name][matcher.name]))


def test_every_rule_is_read() -> None:
    """Every alert has an expression that this test reads."""
    assert list(EXPRESSIONS) == re.findall(r"- alert: (\w+)", RULES)
    assert len(EXPRESSIONS) > 8


@pytest.mark.parametrize("broken", ["max(register_app_requests", "increase(up) > 0", "sum by call (up)", "up{job=x}"])
def test_broken_rules_are_found(broken: str) -> None:
    """What Prometheus would not load is not parsed here either."""
    with pytest.raises(ValueError, match=r"\w"):
        asked(broken)


def test_only_what_is_told(told: dict[str, dict[str, set[str]]]) -> None:
    """Every figure, label and label value in the rules is one that the bot tells."""
    unknown = [
        f"{alert}: {fault}"
        for alert, expression in EXPRESSIONS.items()
        for selector in asked(expression).selectors
        for fault in (*faults_of(selector, told), *asked(expression).grouped_by - set(told.get(str(selector.name), {})))
    ]

    assert unknown == []


@pytest.mark.parametrize(
    ("selector", "fault"),
    [
        ("register_app_request", "register_app_request"),
        ('register_app_requests{status="failed"}', "status"),
        ('register_app_requests{state=~"failed|gone"}', "state gone"),
    ],
)
def test_what_is_not_told_is_found(told: dict[str, dict[str, set[str]]], selector: str, fault: str) -> None:
    """A figure, a label or a value of a label that the bot does not tell is named."""
    assert list(faults_of(asked(selector).selectors[0], told)) == [fault]


def test_increases_are_of_counters(world: World) -> None:
    """Only counters are asked how much they grew, and counters are asked nothing else."""
    counters = {f"{family.name}_total" for family in families(world) if family.type == "counter"}
    parsed = [asked(expression) for expression in EXPRESSIONS.values()]

    assert {str(found.name) for one in parsed for found in one.selectors} & counters == {
        name for one in parsed for name in one.counted
    }


def test_annotations_name_labels_that_are_left() -> None:
    """What a summary says of a label is a label that the expression keeps."""
    for alert, expression in EXPRESSIONS.items():
        block = RULES.partition(f"- alert: {alert}\n")[2].partition("- alert:")[0]
        named = set(re.findall(r"\$labels\.(\w+)", block))

        assert (alert, named - (asked(expression).grouped_by or {"instance"})) == (alert, set())


def chosen(world: World, alert: str) -> dict[str, float]:
    """The calls that an alert counts, and how often each was made."""
    (selector,) = asked(EXPRESSIONS[alert]).selectors
    samples = [found for family in families(world) for found in family.samples if found.name == selector.name]
    wanted = [found for found in samples if all(holds(one, found.labels) for one in selector.matchers.matchers)]
    return {found.labels["call"]: found.value for found in wanted if found.value}


def holds(matcher: Matcher, labels: dict[str, str]) -> bool:
    """Say whether a condition on a label holds."""
    return (labels.get(matcher.name, "") in values_of(matcher)) == (matcher.op in (MatchOp.Equal, MatchOp.Re))


REFUSALS = ("RegisterAppGraphRefuses", "RegisterAppSlackRefuses", "RegisterAppSignInRefused")


def test_a_healthy_bot_sets_none_off(world: World) -> None:
    """Many approvals, in a tenant that replicates, for somebody who has left Slack since, set no alert off."""
    world.entra.lag = 1
    for number in range(7):
        world.slack.change_person(world.around.ids["ada"], deactivated=False)
        world.ask(display_name=f"Application {number}")
        world.slack.change_person(world.around.ids["ada"], deactivated=True)
        world.approve()
    world.bot.pulse.beat()
    made = world.bot.store.figures.calls()

    assert made["graph", "GET /policies/defaultAppManagementPolicy", "refused"] == 7
    assert made["slack", "chat.postMessage", "missing"] == 7
    assert {alert: chosen(world, alert) for alert in REFUSALS} == {alert: {} for alert in REFUSALS}
