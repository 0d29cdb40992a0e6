"""A press whose process died or was too slow: its secret is found and removed, and the link goes on."""

from datetime import timedelta

import pytest

from bot.lifecycle import LinkStage
from bot.orphans import LEASE
from bot.records import Link
from tests.journeys.one_time_link import events, newest_link, secrets, state
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import ADD_PASSWORD
from tests.sandbox.entra.probe import Probe
from tests.sandbox.trouble import Fault

AFTER_THE_LEASE = LEASE + timedelta(seconds=1)


def mint_as_a_dead_process_did(world: World, link: Link) -> str:
    """Make a secret under the link's mark that no row records; return its key id."""
    with Probe(world.entra) as probe:
        made = probe.add_password(world.entra.applications[0].id, displayName=f"production web server [{link.id}]")
    return str(made["keyId"])


@pytest.mark.parametrize("minted", [False, True])
@pytest.mark.parametrize("recovered", [False, True])
def test_process_died_while_minting(approved: World, *, minted: bool, recovered: bool) -> None:
    """A press left by a dead process keeps others out for its lease; the next one removes its orphan and mints."""
    token, link, now = approved.press(), newest_link(approved), approved.clock.now()
    approved.bot.store.links.claim(link.id, "lease-of-the-dead", now=now, until=now + LEASE)
    orphan = mint_as_a_dead_process_did(approved, link) if minted else ""
    meanwhile = [state(approved.post("look", token)), state(approved.reveal(token))]
    approved.clock.advance(AFTER_THE_LEASE)
    if recovered:
        approved.settle()
    shown = approved.reveal(token).json()["secret"]
    for _ in range(5):
        approved.advance(minutes=20)

    assert meanwhile == ["minting", "minting"]
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert orphan not in {password.key_id for password in secrets(approved)}
    assert ("secret:orphan_remove" in events(approved, link.id)) == minted


def test_death_of_which_nobody_hears(approved: World) -> None:
    """Without another press the dead process's orphan is removed, and the link is open again."""
    link, now = newest_link(approved), approved.clock.now()
    approved.press()
    approved.bot.store.links.claim(link.id, "lease-of-the-dead", now=now, until=now + LEASE)
    mint_as_a_dead_process_did(approved, link)
    approved.advance(seconds=AFTER_THE_LEASE.total_seconds())

    assert secrets(approved) == ()
    assert newest_link(approved).stage is LinkStage.OPEN


def test_secrets_of_others_are_left_alone(approved: World) -> None:
    """Looking for orphans removes no secret that was made by hand, or under another link's mark."""
    with Probe(approved.entra) as probe:
        for name in ("by hand", "production web server", "x [link-0000000000000000]"):
            probe.add_password(approved.entra.applications[0].id, displayName=name)
    approved.entra.trouble.add(faults.reset_after(ADD_PASSWORD))
    token = approved.press()
    approved.reveal(token)
    approved.reveal(token)
    for _ in range(5):
        approved.advance(minutes=20)

    assert [password.display_name for password in secrets(approved)][:3] == [
        "by hand",
        "production web server",
        "x [link-0000000000000000]",
    ]
    assert len(secrets(approved)) == 4


def test_minted_too_late(approved: World) -> None:
    """A process that was so slow that it lost its lease shows nothing, and removes what it minted."""
    recover = next(entry.work for entry in approved.bot.rounds if entry.name == "abandoned presses")

    def lose_the_lease() -> None:
        approved.clock.advance(AFTER_THE_LEASE)
        recover()

    approved.entra.trouble.add(Fault(match=ADD_PASSWORD, act=lose_the_lease))
    token = approved.press()
    answer = approved.reveal(token)

    assert state(answer) == "ready"
    assert "secret" not in answer.json()
    assert secrets(approved) == ()
    assert approved.reveal(token).json()["secret"]
    assert len(secrets(approved)) == 1
