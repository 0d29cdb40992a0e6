"""What the audit keeps of a link and its secret."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.journeys.one_time_link import ended_message, events, let_proof_end, newest_link
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import ADD_PASSWORD


def test_audit_of_a_look(approved: World) -> None:
    """Every change and every look is one row, in order, with who did it, and without token or secret."""
    link, token = newest_link(approved), approved.press()
    shown = approved.reveal(token).json()["secret"]
    approved.post("seen", token)
    approved.post("seen", token)
    let_proof_end(approved)
    rows = [row for row in approved.bot.store.audit.rows() if row["link_id"] == link.id]

    assert sorted(row["event"] for row in rows) == [
        "link:arm",
        "link:claim",
        "link:issue",
        "secret:accepted",
        "secret:seen",
        "secret:view",
    ]
    actors = {row["event"]: row["actor"] for row in rows}
    assert (actors["link:arm"], actors["secret:view"]) == (approved.around.ids["ada"], "browser")
    assert not [word for word in (token, shown) if word in str(rows)]


def fail_once(world: World) -> None:
    """Press while Entra is down."""
    world.entra.trouble.add(faults.reset_before(ADD_PASSWORD))
    world.reveal(world.press())


def lose(world: World) -> None:
    """See the secret, and say that one did not."""
    world.secret()
    world.around.person("ada").click(ended_message(world, "I did not see it"), "not_seen")
    world.settle()


AUDITED: list[tuple[str, Callable[[World], Any]]] = [
    ("link:expire", lambda world: world.advance(hours=24)),
    ("link:replace", lambda world: world.around.person("ada").click(world.link_message(), "renew_link")),
    ("link:give_back", fail_once),
    ("secret:disown", lose),
    ("secret:remove", lose),
]


@pytest.mark.parametrize(("event", "act"), AUDITED)
def test_audit_of_changes(approved: World, event: str, act: Callable[[World], Any]) -> None:
    """Each change of a link or of its secret leaves exactly one row of its own."""
    link = newest_link(approved)
    act(approved)

    assert events(approved, link.id).count(event) == 1
