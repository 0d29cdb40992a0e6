"""From approval to a refusal that will not pass: who reads what, what is removed again, and Retry."""

import json
from collections.abc import Callable

import pytest

from tests.journeys.making import (
    DENIED,
    PLAIN_SENTENCE,
    REFUSALS,
    applications,
    approved,
    assert_made_once,
    events,
    full_tenant,
    last_refusal,
    links,
    no_service_principals,
)
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import DELETE_APPLICATION


@pytest.mark.parametrize(("cause", "code"), REFUSALS)
def test_final_refusal(world: World, cause: Callable[[World], None], code: str) -> None:
    """The approvers read Graph's code, message and request-id and get Retry; the requester a plain sentence."""
    world.ask()
    cause(world)
    world.approve()
    said = last_refusal(world)
    in_thread = next(text for text in world.thread() if "Entra refused" in text)

    for word in (code, said["message"], said["innerError"]["request-id"]):
        assert word in world.card().reads
        assert word in in_thread
    assert "Retry" in world.card().reads
    assert "Approve" not in world.card().reads.splitlines()
    assert PLAIN_SENTENCE in world.around.person("ada").dm[-1].reads
    assert code not in world.around.person("ada").dm[-1].reads
    assert links(world) == []


@pytest.mark.parametrize(("cause", "code"), REFUSALS)
def test_nothing_is_left_of_a_failure(world: World, cause: Callable[[World], None], code: str) -> None:
    """What a failed request had made is gone for good, from the deleted items too."""
    world.ask()
    cause(world)
    world.approve()

    assert code in world.card().reads
    assert (world.entra.applications, world.entra.deleted, world.entra.service_principals) == ((), (), ())


def test_removal_is_told_and_kept(world: World) -> None:
    """The removal of a half-made application is said in the thread, with its object ID, and audited."""
    no_service_principals(world)
    approved(world)
    removed = [row for row in world.bot.store.audit.rows() if row["event"] == "application:remove"]
    object_id = json.loads(removed[0]["details"])["object_id"]

    assert len(removed) == 1
    assert any(object_id in text and "was removed for good" in text for text in world.thread())


def test_only_its_own_is_removed(world: World) -> None:
    """A failure removes no other application, not even one of the same name made for an earlier request."""
    approved(world)
    no_service_principals(world)
    approved(world)

    assert len(applications(world)) == 1
    assert world.entra.deleted == ()
    assert "Entra refused" in world.card().reads


@pytest.mark.parametrize("step", [DELETE_APPLICATION, "DELETE /v1.0/directory/deletedItems"])
def test_removal_that_fails(world: World, step: str) -> None:
    """A removal that fails is told to the approvers, tried again some hours later, and then told as done."""
    no_service_principals(world)
    world.entra.trouble.add(faults.refused(step, 403, DENIED, "Not now."))
    approved(world)
    left = len(world.entra.applications) + len(world.entra.deleted)
    told = [text for text in world.thread() if "could not be removed" in text]
    world.advance(hours=6)

    assert left == 1
    assert len(told) == 1
    assert "Not now." in told[0]
    assert (world.entra.applications, world.entra.deleted) == ((), ())
    assert "was removed for good" in world.thread()[-1]


@pytest.mark.parametrize("step", [DELETE_APPLICATION, "DELETE /v1.0/directory/deletedItems"])
def test_retry_before_the_removal(world: World, step: str) -> None:
    """A Retry while something is still to be removed removes it first, and what it makes then stays."""
    no_service_principals(world)
    world.entra.trouble.add(faults.refused(step, 403, DENIED, "Not now."))
    approved(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()
    world.advance(hours=2)
    world.advance(hours=2)

    assert_made_once(world)


def test_removal_lags(world: World) -> None:
    """An application that is deleted but not yet among the deleted items is waited for, and gone for good."""
    no_service_principals(world)
    world.ask()
    world.entra.lag = 2
    world.approve()

    assert 404 in [e.status for e in world.entra.journal.exchanges if "deletedItems" in e.call]
    assert (world.entra.applications, world.entra.deleted) == ((), ())


def test_retry(world: World) -> None:
    """Once the cause is mended, an approver's Retry makes exactly what was approved, and the card says so."""
    full_tenant(world)
    approved(world)
    failed = world.card().now
    world.entra.quota = None
    world.around.person("grace").click(world.card(), "retry")
    world.settle()
    late = world.around.person("katherine").click(failed, "retry", stale=True)

    assert_made_once(world)
    assert "Retry" not in world.card().reads
    assert any(f"<@{world.around.ids['grace']}> has it made again" in text for text in world.thread())
    assert "the application was made" in " ".join(late.texts)
    assert events(world).count("request:retry") == 1


def test_retry_after_a_removal(world: World) -> None:
    """A Retry after what was made had been removed makes a new one under the same uniqueName."""
    no_service_principals(world)
    request_id = approved(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()

    assert applications(world)[0]["uniqueName"] == f"register-app-{request_id.lower()}"
    assert_made_once(world)


def test_retry_that_fails_again(world: World) -> None:
    """A Retry before the cause is mended fails again, tells again, and can be retried again."""
    full_tenant(world)
    approved(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()

    assert len([text for text in world.thread() if "Entra refused" in text]) == 2
    assert "Retry" in world.card().reads


def test_retry_by_somebody_else(world: World) -> None:
    """Somebody in the channel who is no approver is told so, and nothing happens."""
    full_tenant(world)
    approved(world)
    world.slack.set_group(world.around.group, members=[world.around.ids["grace"]])
    world.restart()
    outcome = world.around.person("katherine").click(world.card(), "retry")
    world.settle()

    assert outcome.texts == ("Only the configured approvers may retry this.",)
    assert "request:retry" not in events(world)
    assert "Retry" in world.card().reads
