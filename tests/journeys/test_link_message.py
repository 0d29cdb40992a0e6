"""What the message with the one-time link says: before the press, after it, and of the proof."""

import json

import pytest

from tests.journeys.one_time_link import (
    ended_message,
    leaked,
    let_proof_end,
    link_messages,
    reveal_in_firefox,
    secrets,
    state,
    token_in,
)
from tests.journeys.world import World
from tests.sandbox.slack.faults import posted_then_lost


def test_message(approved: World) -> None:
    """The message has all that a client needs but the secret, and the link with its end."""
    application = approved.entra.applications[0]
    authority = f"{approved.entra.authority}/{approved.entra.tenant_id}"
    reads = approved.link_message().reads

    for fact in (
        "“Ward dashboard”",
        f"`{application.app_id}`",
        f"`{approved.entra.tenant_id}`",
        f"`{authority}`",
        f"`{authority}/oauth2/v2.0/token`",
        "`https://graph.microsoft.com/User.Read`",
        "lives 180 days from the moment it is shown",
        "24 Nov 2026, 09:00 UTC",
        "for you only",
    ):
        assert fact in reads


def test_link_address(approved: World) -> None:
    """The link is a button's address with the token in its fragment, which stands nowhere in the message's text."""
    token = leaked(approved)
    outcome = approved.around.person("ada").click(approved.link_message(), "open_link")

    assert outcome.url == f"{approved.server.url}/secret#{token}"
    assert token not in approved.link_message().reads
    assert b"secret#" not in b"".join(path.read_bytes() for path in approved.folder.glob("bot.sqlite3*"))


def test_slack_is_told_not_to_unfurl(approved: World) -> None:
    """The message is posted with both unfurl flags off, so that Slack fetches nothing."""
    posts = [e.request_body.decode() for e in approved.slack.journal.exchanges if e.call.endswith("chat.postMessage")]
    post = json.loads(next(body for body in posts if "secret#" in body))

    assert (post["unfurl_links"], post["unfurl_media"]) == (False, False)


@pytest.mark.parametrize("lag", [0, 3])
def test_message_after_the_view(approved: World, lag: int) -> None:
    """The message loses its link and says when and from which browser and address family, and that Entra accepts it."""
    approved.entra.secret_lag = lag
    approved.advance(hours=2)
    shown = reveal_in_firefox(approved)
    let_proof_end(approved)
    reads = ended_message(approved, "Shown").reads
    line = next(line for line in reads.splitlines() if "Shown" in line)

    assert link_messages(approved) == []
    assert "23 Nov 2026, 11:00 UTC" in line
    assert "Firefox on Linux, IPv4" in line
    assert "127.0.0.1" not in line
    assert f"begins with `{shown[:3]}` and ends on *22 May 2027*" in line
    assert "Entra accepted it" in line


def test_not_proven(approved: World) -> None:
    """A secret that Entra does not accept within a minute is said to be not proven, and what to do then."""
    approved.entra.secret_lag = 1000
    reveal_in_firefox(approved)
    let_proof_end(approved)

    assert "That Entra accepts it was not proven" in ended_message(approved, "Shown").reads


def test_proof_that_died(approved: World) -> None:
    """When the process that was trying the secret out dies, it is said to be not proven some minutes later."""
    approved.entra.secret_lag = 1000
    approved.bot.ending.set()
    reveal_in_firefox(approved)
    approved.restart()
    approved.advance(minutes=4)

    assert "That Entra accepts it was not proven" in ended_message(approved, "Shown").reads


@pytest.mark.parametrize("may_read_history", [True, False])
def test_posted_and_the_answer_lost(world: World, *, may_read_history: bool) -> None:
    """Of a link message posted twice because Slack's answer was lost, only one link works; better, it is found."""
    if not may_read_history:
        world.slack.scopes.discard("im:history")
    world.ask()
    fault = posted_then_lost()
    # The first post after the approval is that into the thread, the second is the link's message.
    fault.skip = 1
    world.slack.trouble.add(fault)
    world.approve()
    world.advance(minutes=1)
    messages = link_messages(world)
    *older, newest = [token_in(message) for message in messages]
    world.press(message=messages[-1])

    assert len(older) == (0 if may_read_history else 1)
    assert [state(world.reveal(token)) for token in older] == ["unknown"] * len(older)
    assert world.reveal(newest).json()["secret"]
    assert len(secrets(world)) == 1
