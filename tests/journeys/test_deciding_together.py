"""Several approvers: a quorum counts people, and of two who press at the same moment one outcome comes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from bot.lifecycle import RequestState
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.test_asking import requests_of
from tests.journeys.test_deciding import deny, events, press, said
from tests.journeys.world import World
from tests.sandbox.slack.outcomes import Outcome

pytestmark = BOTH_ENGINES


def at_once(*acts: Callable[[], Outcome]) -> list[Outcome]:
    """Let several acts begin at the same moment; return what became of each, in order."""
    barrier = Barrier(len(acts))

    def start(act: Callable[[], Outcome]) -> Outcome:
        barrier.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(start, acts))


def test_same_approver_twice(world: World) -> None:
    """With a quorum of two, one approver's second press is not a second approval."""
    world.use_policy(quorum=2)
    world.ask()
    first = press(world, "grace")
    second = press(world, "grace")
    world.settle()

    assert "Your approval counts. 1 more needed." in said(first)
    assert "You approved this already; another approver has to agree as well." in said(second)
    assert "1 of 2 approvals missing" in world.card().reads
    assert requests_of(world)[0].state is RequestState.PENDING


def test_quorum_names(world: World) -> None:
    """The card names who approved and how many are missing, then everybody who approved; so does the thread."""
    world.use_policy(quorum=2)
    world.ask()
    none_yet = world.card().reads
    world.approve("grace")
    one = world.card().reads
    waiting = world.around.person("ada").dm[0].reads
    world.approve("katherine")
    grace, katherine = (f"<@{world.around.ids[name]}>" for name in ("grace", "katherine"))

    left = f"They can come from <!subteam^{world.around.group}>."

    assert f"2 of 2 approvals missing. {left}" in none_yet
    assert f"Approved by {grace}; 1 of 2 approvals missing. {left}" in one
    assert f"Waiting for 1 more approval ({grace} agreed)" in waiting
    assert f"Approved by {grace} and {katherine}" in world.card().reads
    assert f"Approved by {grace} and {katherine}" in world.thread()[0]


def test_one_denial_ends_it(world: World) -> None:
    """With a quorum of two, one denial ends the request, though another approver had agreed."""
    world.use_policy(quorum=2)
    world.ask()
    world.approve("grace")
    deny(world, "katherine", "Not on this tenant.")

    assert requests_of(world)[0].state is RequestState.DENIED
    assert world.entra.applications == ()


def test_two_at_the_same_moment(world: World) -> None:
    """Of two approvers who press together one decides; the other is told who did, and one application is made."""
    for round_number in range(5):
        world.ask(display_name=f"Dashboard {round_number}")
        outcomes = at_once(*(partial(press, world, name) for name in ("grace", "katherine")))
        world.settle()

        told = sorted(said(outcome) for outcome in outcomes)
        assert told[0] == ""
        assert "was approved by" in told[1] or "is being made" in told[1]
    assert len(world.entra.applications) == 5
    assert events(world).count("request:approve") == 5


def test_quorum_at_the_same_moment(world: World) -> None:
    """Two approvers who press together make a quorum of two, whoever is first."""
    world.use_policy(quorum=2)
    for round_number in range(5):
        world.ask(display_name=f"Dashboard {round_number}")
        outcomes = at_once(*(partial(press, world, name) for name in ("grace", "katherine")))
        world.settle()

        assert sorted(said(outcome) for outcome in outcomes) == ["", "Your approval counts. 1 more needed."]
    assert len(world.entra.applications) == 5


def test_approve_and_withdraw_at_the_same_moment(world: World) -> None:
    """When approval and withdrawal race, one wins, the loser is told, and only an approval makes something."""
    for round_number in range(5):
        world.ask(display_name=f"Dashboard {round_number}")
        ada = world.around.person("ada")
        message = next(m for m in ada.dm if f"“Dashboard {round_number}”" in m.reads)
        outcomes = at_once(partial(press, world, "grace"), partial(ada.click, message, "withdraw", stale=True))
        world.settle()
        made = [found for found in world.entra.applications if f"Dashboard {round_number}" in str(found.body)]

        assert sorted(bool(said(outcome)) for outcome in outcomes) == [False, True]
        # By its name, because all were asked for at the same moment of the held clock.
        (request,) = (found for found in requests_of(world) if found.form.display_name == f"Dashboard {round_number}")
        assert len(made) == (request.state is RequestState.FULFILLED)


def test_deny_and_approve_at_the_same_moment(world: World) -> None:
    """When one of two approvers denies while the other agrees, nobody is told that a vain approval counts."""
    world.use_policy(quorum=2)
    for round_number in range(5):
        world.ask(display_name=f"Dashboard {round_number}")
        press(world, "katherine", "deny")
        katherine = world.around.person("katherine")
        katherine.type("reason", "Not on this tenant.")
        agreed, denied = at_once(partial(press, world, "grace"), katherine.submit)
        world.settle()
        told = said(agreed)

        assert denied.status == 200
        assert "Your approval counts." in told or "was denied by" in told
        assert requests_of(world)[0].state is RequestState.DENIED
