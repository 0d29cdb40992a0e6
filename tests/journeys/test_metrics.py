"""What Prometheus reads at /metrics, and who may."""

import re
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults

TOKEN = "0123456789abcdef" * 2
Sample = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
def watched(world: World) -> World:
    """A world whose operator has set the token."""
    world.more["metrics_token"] = TOKEN
    world.restart()
    return world


def scrape(world: World, token: str = TOKEN) -> requests.Response:
    """Read the page as Prometheus does."""
    return requests.get(f"{world.server.url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def samples(world: World) -> dict[Sample, float]:
    """Every figure by its name and labels, as a client of Prometheus' own parses them."""
    families = text_string_to_metric_families(scrape(world).text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def named(found: dict[Sample, float], name: str, **labels: str) -> float:
    """One figure."""
    return found[name, frozenset(labels.items())]


def test_no_token_no_page(world: World) -> None:
    """Without the setting there is no such page."""
    assert scrape(world).status_code == 404


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}", f"Bearer {TOKEN[:-1]}é"]
)
def test_who_may(watched: World, header: str | None) -> None:
    """Whoever has not the token is told 401 and nothing else."""
    headers: Any = {} if header is None else {"Authorization": header.encode()}
    answer = requests.get(f"{watched.server.url}/metrics", headers=headers, timeout=10)

    assert (answer.status_code, "register_app" in answer.text) == (401, False)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@BOTH_ENGINES
def test_a_whole_story(watched: World) -> None:
    """After one request that was carried out and one that waits, the figures tell just that."""
    watched.ask()
    watched.advance(minutes=10)
    watched.approve()
    watched.secret()
    watched.ask(display_name="Another")
    watched.bot.pulse.beat()
    found = samples(watched)

    assert named(found, "register_app_requests", state="fulfilled") == 1
    assert named(found, "register_app_requests", state="pending") == 1
    assert named(found, "register_app_requests", state="denied") == 0
    assert named(found, "register_app_decision_seconds_bucket", le="300.0") == 0
    assert named(found, "register_app_decision_seconds_bucket", le="900.0") == 1
    assert named(found, "register_app_decision_seconds_sum") == 600
    assert named(found, "register_app_delivery_seconds_count") == 1
    assert named(found, "register_app_outbox_messages") == 0
    assert named(found, "register_app_applications_by_days_left", days="90+") == 1
    assert 179 < named(found, "register_app_next_end_days") <= 180
    assert named(found, "register_app_calls_total", service="graph", call="POST /applications", outcome="ok") == 1
    assert named(found, "register_app_calls_total", service="slack", call="views.open", outcome="ok") == 2


def test_days_left(watched: World) -> None:
    """An application moves from group to group as its last secret nears its end."""
    watched.ask()
    watched.approve()
    watched.secret()
    groups = []
    for days in (0, 100, 60, 15, 3, 5):
        watched.advance(days=days)
        found = samples(watched)
        groups += [
            dict(labels)["days"]
            for (name, labels), value in found.items()
            if name == "register_app_applications_by_days_left" and value
        ]

    assert groups == ["90+", "30-90", "7-30", "3-7", "0-3", "ended"]


def test_refusals_are_counted(watched: World) -> None:
    """A refusal of Entra's is counted by its call, without anybody's id."""
    watched.entra.trouble.add(faults.refused(faults.CREATE_APPLICATION, 403, "Authorization_RequestDenied", "No."))
    watched.ask()
    watched.approve()
    watched.bot.pulse.beat()

    assert (
        named(
            samples(watched), "register_app_calls_total", service="graph", call="POST /applications", outcome="refused"
        )
        == 1
    )
    assert named(samples(watched), "register_app_requests", state="failed") == 1


def test_no_names(watched: World) -> None:
    """No label holds a name, an id, an address or a secret."""
    watched.ask()
    watched.approve()
    secret = watched.secret()
    watched.bot.pulse.beat()
    text = scrape(watched).text
    known = [secret, "Ward", "ada", "Ada", "grace", watched.entra.tenant_id, *watched.around.ids.values()]
    known += [app.app_id for app in watched.entra.applications]

    assert [word for word in known if word in text] == []
    assert not re.search(r"REQ-|[0-9a-f]{8}-[0-9a-f]{4}", text)


def test_told_by_another_instance(watched: World) -> None:
    """What one instance counted is told by any other, so that a worker without an address is seen as well."""
    twin = Twin(watched)
    watched.ask()
    watched.bot.pulse.beat()
    with twin.in_front():
        counted = twin.bot.store.figures.calls()
    twin.stop()

    assert counted["slack", "views.open", "ok"] == 1


def test_rounds(watched: World) -> None:
    """A round that went well is told with its moment; one that failed is not."""

    def fail() -> bool:
        raise ValueError("broken")

    rounds = {entry.name: entry for entry in watched.bot.rounds}
    watched.bot.clock.walk(rounds["messages"])
    watched.bot.clock.walk(type(rounds["sweeps"])(name="sweeps", work=fail, seconds=1))
    watched.bot.pulse.beat()
    found = samples(watched)

    assert named(found, "register_app_round_last_success_seconds", round="messages") == watched.clock.now().timestamp()
    assert ("register_app_round_last_success_seconds", frozenset({("round", "sweeps")})) not in found


def test_the_last_minute(watched: World) -> None:
    """A process that ends in good order passes on what it counted last."""
    watched.ask()
    watched.restart()

    assert watched.bot.store.figures.calls()["slack", "views.open", "ok"] == 1


RULES = Path(__file__).parents[2] / "docs" / "alerts.yml"


def test_alert_rules(watched: World) -> None:
    """Every figure and every label value in the ready alert rules is one that the bot tells."""
    watched.ask()
    watched.approve()
    watched.secret()
    for entry in watched.bot.rounds:
        watched.bot.clock.walk(entry)
    watched.bot.pulse.beat()
    found = samples(watched)
    expressions = re.findall(r"expr: (.+)", RULES.read_text())
    names = {name for expr in expressions for name in re.findall(r"register_app_\w+", expr)}
    values: dict[str, set[str]] = {}
    for _, labels in found:
        for label, value in labels:
            values.setdefault(label, set()).add(value)
    wanted = {
        (label, value)
        for expr in expressions
        for label, given in re.findall(r'(\w+)[!=]~?"([^"]+)"', expr)
        for value in given.split("|")
        if label not in {"job", "outcome"}
    }

    assert len(expressions) > 8
    assert names <= {name for name, _ in found}
    assert {(label, value) for label, value in wanted if value not in values.get(label, set())} == set()
