"""What Prometheus reads at /metrics, and who may."""

import re
from datetime import timedelta
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from bot.app import build
from bot.rounds import Part
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.twin import Twin
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.trouble import Fault

TOKEN = "0123456789abcdef" * 2
ROUNDS = "register_app_round_last_success_seconds"
Sample = tuple[str, frozenset[tuple[str, str]]]


@pytest.fixture
def watched(world: World) -> World:
    """A world whose operator has set the token."""
    world.more["metrics_token"] = TOKEN
    world.restart()
    return world


def scrape(url: str, token: str = TOKEN) -> requests.Response:
    """Read the page as Prometheus does."""
    return requests.get(f"{url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def samples(world: World, url: str = "") -> dict[Sample, float]:
    """Every figure by its name and labels, as a client of Prometheus' own parses them."""
    families = text_string_to_metric_families(scrape(url or world.server.url).text)
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


def named(found: dict[Sample, float], name: str, **labels: str) -> float:
    """One figure."""
    return found[name, frozenset(labels.items())]


def test_no_token_no_page(world: World) -> None:
    """Without the setting there is no such page."""
    assert scrape(world.server.url).status_code == 404


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
    assert named(found, "register_app_decision_seconds", quantile="0.5") == 600
    assert named(found, "register_app_recent_deliveries") == 1
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
    assert named(samples(watched), "register_app_requests_failed_total") == 1


@BOTH_ENGINES
def test_counters_never_go_down(watched: World) -> None:
    """What is counted stays counted when the rows that told of it are removed."""
    watched.entra.trouble.add(faults.refused(faults.CREATE_APPLICATION, 403, "Authorization_RequestDenied", "No."))
    watched.ask()
    watched.approve()
    before = {sample: value for sample, value in samples(watched).items() if sample[0].endswith("_total")}
    watched.clock.advance(timedelta(days=1200))
    removed = watched.bot.use_cases.retention.remove_all()
    found = samples(watched)

    assert removed.audit_rows > 0
    assert named(found, "register_app_requests_failed_total") == 1
    assert named(found, "register_app_requests", state="failed") == 0
    assert {sample: found[sample] for sample in before} == before


ENDED = {"error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys are expired."}


def test_the_bots_own_credential_ends(watched: World) -> None:
    """When Entra refuses the bot's own credential, the sign-in is counted so, and the catalogue has not gone well."""
    rounds = {entry.name: entry for entry in watched.bot.rounds}
    watched.bot.clock.walk(rounds["catalogue"])
    began = watched.clock.now().timestamp()
    watched.entra.trouble.add(Fault(match=faults.TOKEN, times=1000, status=401, body=ENDED))
    before = samples(watched)
    watched.clock.advance(timedelta(hours=3))
    for entry in watched.bot.rounds:
        watched.bot.clock.walk(entry)
    watched.bot.pulse.beat()
    found = samples(watched)

    assert named(before, "register_app_calls_total", service="graph", call="sign in", outcome="refused") == 0
    assert named(found, "register_app_calls_total", service="graph", call="sign in", outcome="refused") == 1
    assert (named(found, ROUNDS, round="catalogue"), named(found, ROUNDS, round="messages")) == (began, began + 10800)


def test_the_first_catalogue(watched: World) -> None:
    """A process that could not read the catalogue at its start tells of the reading that it made up for."""
    bot = build(watched.settings(), now=watched.clock.now)
    rounds = {entry.name: entry for entry in bot.rounds}
    watched.entra.trouble.add(faults.refused(faults.ANY_CALL, 403, "Authorization_RequestDenied", "No.", times=9))
    for name in ("catalogue", "first catalogue"):
        bot.clock.walk(rounds[name])
    bot.pulse.beat()
    before = named(samples(watched), ROUNDS, round="catalogue")
    watched.entra.trouble.clear()
    bot.clock.walk(rounds["first catalogue"])
    bot.close()

    assert before == 0
    assert named(samples(watched), ROUNDS, round="catalogue") == watched.clock.now().timestamp()


def test_no_names(watched: World) -> None:
    """No label holds a name, an id, an address or a secret."""
    watched.ask()
    watched.approve()
    secret = watched.secret()
    watched.bot.pulse.beat()
    text = scrape(watched.server.url).text
    known = [secret, "Ward", "ada", "Ada", "grace", watched.entra.tenant_id, *watched.around.ids.values()]
    known += [app.app_id for app in watched.entra.applications]

    assert [word for word in known if word in text] == []
    assert not re.search(r"REQ-|[0-9a-f]{8}-[0-9a-f]{4}", text)


def test_told_by_another_instance(watched: World) -> None:
    """What one instance counted is told by any other, so that a worker without an address is seen as well."""
    twin = Twin(watched)
    watched.ask()
    watched.bot.pulse.beat()
    found = samples(watched, twin.url)
    twin.stop()

    assert named(found, "register_app_calls_total", service="slack", call="views.open", outcome="ok") == 1
    assert named(found, "register_app_requests", state="pending") == 1


def test_rounds(watched: World) -> None:
    """Every round is told, and no other: with the moment when it last went well, or 0 for one that never did."""

    def fail() -> bool:
        raise ValueError("broken")

    rounds = {entry.name: entry for entry in watched.bot.rounds}
    watched.bot.clock.walk(rounds["messages"])
    watched.bot.clock.walk(type(rounds["sweeps"])(name="sweeps", work=fail, seconds=1))
    watched.bot.pulse.went_well("a round of an older version")
    watched.bot.pulse.beat()
    told = {dict(labels)["round"]: value for (name, labels), value in samples(watched).items() if name == ROUNDS}

    assert (told["messages"], told["sweeps"]) == (watched.clock.now().timestamp(), 0.0)
    assert set(told) == set(rounds) - {"first catalogue"}


def test_a_web_process_tells_every_round(watched: World) -> None:
    """A process that walks none of them tells the rounds of the whole."""
    web = build(watched.settings(), part=Part.WEB, now=watched.clock.now)
    answer = web.web.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    web.close()

    assert f'{ROUNDS}{{round="provisioning"}} 0.0' in answer.text


def test_the_last_minute(watched: World) -> None:
    """A process that ends in good order passes on what it counted last."""
    watched.ask()
    watched.restart()

    assert watched.bot.store.figures.calls()["slack", "views.open", "ok"] == 1
