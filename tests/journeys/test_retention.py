"""Years later: what is old goes by itself, the audit still proves what is left, and what lives is untouched."""

import json
from datetime import timedelta

import pytest

from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.world import World

pytestmark = BOTH_ENGINES


@pytest.fixture
def old(world: World) -> World:
    """A world in which one request was denied, and one application made, four years ago; its secret is rotated on."""
    world.use_policy(keep_requests_days=400, keep_audit_days=500)
    world.ask(display_name="Denied one")
    world.around.person("grace").click(world.card(), "deny")
    world.around.person("grace").type("reason", "Not needed.")
    world.around.person("grace").submit()
    world.settle()
    world.ask(display_name="Living one")
    world.approve()
    world.secret()
    return world


def sweep(world: World, **distance: float) -> None:
    """Let time pass, and walk the daily round."""
    world.clock.advance(timedelta(**distance))
    while world.bot.use_cases.retention.remove_due():
        pass


def names(world: World) -> list[str]:
    """The requests of Ada that are kept."""
    kept = world.bot.store.requests.of_person(world.around.ids["ada"], 10)
    return sorted(request.form.display_name for request in kept)


def test_what_lives_stays(old: World) -> None:
    """After the time for requests the denied one is gone, and the one with a living secret is kept."""
    sweep(old, days=401)
    denied_gone = names(old)
    old.bot.store.database.run("UPDATE credentials SET ends_at = '2099-01-01T00:00:00.000000Z'")
    sweep(old, days=2000)

    assert denied_gone == ["Living one"]
    assert names(old) == ["Living one"]
    assert old.around.person("ada").dm != []


def test_everything_goes_in_the_end(old: World) -> None:
    """When the last secret has ended for as long, nothing of the request is kept, and Entra is not touched."""
    sweep(old, days=181 + 401)

    assert names(old) == []
    assert [found["displayName"] for found in old.entra.snapshot()["applications"]].count("Living one") == 1


def test_the_audit_proves_what_is_left(old: World) -> None:
    """Old audit rows go, a row tells of it with the hash of the last one, and the chain still verifies."""
    kept = old.bot.store.audit.head().hash
    count = old.bot.store.audit.count()
    sweep(old, days=501)
    rows = list(old.bot.store.audit.rows())
    told = json.loads(next(row["details"] for row in rows if row["event"] == "audit:cut"))

    assert told == {"up_to": count, "hash": kept, "rows": count}
    assert old.bot.store.audit.verify(kept).fault is None
    assert old.bot.store.audit.verify(kept).expected_found
    assert {row["event"] for row in rows} == {"retention:remove", "audit:cut"}


def test_nothing_to_do_is_not_recorded(old: World) -> None:
    """A day on which nothing is old writes nothing."""
    before = old.bot.store.audit.count()
    sweep(old, days=1)

    assert old.bot.store.audit.count() == before


def test_for_ever(old: World) -> None:
    """With 0 days everything is kept."""
    old.use_policy(keep_messages_days=0, keep_requests_days=0, keep_audit_days=0)
    before = old.bot.store.audit.count()
    sweep(old, days=5000)

    assert names(old) == ["Denied one", "Living one"]
    assert old.bot.store.audit.count() == before
    assert old.bot.use_cases.retention.due().messages == 0
