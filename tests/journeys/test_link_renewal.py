"""The end of a link and the next one: expired, replaced before the view, or not seen after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.journeys.one_time_link import accepts, ended_message, link_messages, secrets, state
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import REMOVE_PASSWORD
from tests.sandbox.slack import faults as slack_faults
from tests.sandbox.slack.records import Message


def test_expiry(approved: World) -> None:
    """After a day the link is dead, its message says so without it, and offers a new one, which works."""
    old = approved.press()
    approved.advance(hours=24)
    message = ended_message(approved, "Nobody opened this link")
    reads = message.reads
    told = state(approved.reveal(old))
    links = link_messages(approved)
    approved.around.person("ada").click(message, "renew_link")
    approved.settle()

    assert told == "expired"
    assert links == []
    assert "before <!date^1795510800^" in reads
    assert "No secret was made" in reads
    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_just_before_the_expiry(approved: World) -> None:
    """A minute before its end the link is as good as at first."""
    approved.advance(hours=23, minutes=59)

    assert approved.secret()


def test_new_link_before_viewing(approved: World) -> None:
    """A new link kills the older one, armed or not, and makes no second secret."""
    old = approved.press()
    approved.around.person("ada").click(approved.link_message(), "renew_link")
    approved.settle()
    told = state(approved.reveal(old))
    links = link_messages(approved)

    assert told == "replaced"
    assert len(links) == 1
    assert ended_message(approved, "A newer link took the place of this one")
    assert approved.secret()
    assert len(secrets(approved)) == 1


@pytest.mark.parametrize("button", ["renew_link", "not_seen"])
def test_two_clicks_are_one(approved: World, button: str) -> None:
    """Two clicks at once, and one on an old screen later, send one new link; the others are told what happened."""
    ada = approved.around.person("ada")
    if button == "not_seen":
        approved.secret()
    message = ended_message(approved, "I did not see it" if button == "not_seen" else "Show the secret")
    with ThreadPoolExecutor(2) as hands:
        clicks = [hands.submit(ada.click, message.now, button, stale=True) for _ in range(2)]
        outcomes = [click.result() for click in clicks]
    approved.settle()
    late = ada.click(message, button, stale=True)
    approved.settle()

    assert len(link_messages(approved)) == 1
    assert {outcome.status for outcome in outcomes} == {200}
    assert "newer link was sent to you" in " ".join(late.texts).lower()
    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_new_link_after_viewing(approved: World) -> None:
    """On an old screen "Send me a new link" after the view does nothing, and says what to press instead."""
    message = approved.link_message()
    shown = approved.secret()
    outcome = approved.around.person("ada").click(message, "renew_link", stale=True)
    approved.settle()

    assert "press “I did not see it”" in " ".join(outcome.texts)
    assert link_messages(approved) == []
    assert accepts(approved, shown)


@pytest.mark.parametrize("lag", [0, 2])
def test_not_seen(approved: World, lag: int) -> None:
    """The button "I did not see it" removes that secret from Entra, also a young one, and sends a new link."""
    approved.entra.removal_lag = lag
    lost = approved.secret()
    approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()
    after = secrets(approved)
    shown = approved.secret()

    assert after == ()
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert (accepts(approved, lost), accepts(approved, shown)) == (False, True)


def test_not_seen_while_entra_is_down(approved: World) -> None:
    """When Entra is down the lost secret is removed as soon as it is up again."""
    lost = approved.secret()
    approved.entra.trouble.add(faults.unavailable(REMOVE_PASSWORD, times=100_000))
    approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()
    still_there = accepts(approved, lost)
    approved.entra.trouble.clear()
    approved.advance(minutes=16)

    assert still_there
    assert secrets(approved) == ()


def test_not_seen_too_late(approved: World) -> None:
    """After a day the secret may be in use: the click removes nothing and says what to do instead."""
    shown = approved.secret()
    approved.advance(hours=25)
    outcome = approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()

    assert "the secret may be in use" in " ".join(outcome.texts)
    assert link_messages(approved) == []
    assert accepts(approved, shown)


def test_answer_lost(approved: World) -> None:
    """Who lost the answer reads on a second look that it was shown, and what to press in Slack, which helps."""
    token = approved.press()
    approved.reveal(token)
    looked = approved.post("look", token)
    approved.settle()
    approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()

    assert state(looked) == "viewed"
    assert "I did not see it" in looked.text
    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_sent_late(world: World) -> None:
    """A link that Slack did not take for longer than a link lives is sent in the end, and its time runs from then."""
    fault = slack_faults.rate_limited("chat.postMessage", 30, 10**9)
    world.ask()
    world.slack.trouble.add(fault)
    world.approve()
    world.advance(hours=25)
    world.slack.trouble.end(fault)
    world.advance(hours=1)
    world.clock.advance(timedelta(hours=23))

    assert len(link_messages(world)) == 1
    assert world.secret()


def test_an_expired_link_to_what_was_rotated_meanwhile(rotating: World) -> None:
    """An old link cannot make a second secret beside the one that a co-owner made since; both are told apart."""
    ada, alan = rotating.around.person("ada"), rotating.around.person("alan")
    ada.click(reminder_of(rotating, "ada"), "rotate")
    rotating.settle()
    old = rotating.link_message()
    rotating.advance(days=2)
    alan.click(reminder_of(rotating, "alan"), "rotate")
    rotating.settle()
    rotating.secret("alan")
    outcome = ada.click(old, "renew_link")
    rotating.advance(days=7)
    rotating.advance(days=2)

    assert "This secret was rotated already" in " ".join(outcome.texts)
    assert link_messages(rotating) == []
    assert len(secrets(rotating)) == 1


def test_an_expired_link_to_what_was_not_rotated(rotating: World) -> None:
    """While nobody rotated since, an expired rotation link is renewed as before."""
    ada = rotating.around.person("ada")
    ada.click(reminder_of(rotating, "ada"), "rotate")
    rotating.settle()
    rotating.advance(days=2)
    ada.click(ended_message(rotating, "Nobody opened this link"), "renew_link")
    rotating.settle()

    assert rotating.secret()
    assert len(secrets(rotating)) == 2


@pytest.fixture
def rotating(world: World) -> World:
    """A world in which Ada and Alan were just reminded of the secret that both own."""
    world.ask(co_owners=("alan",))
    world.approve()
    world.secret()
    world.advance(days=121)
    return world


def reminder_of(world: World, person: str) -> Message:
    """The newest reminder that a person has."""
    return next(m for m in reversed(world.around.person(person).dm) if "Rotate now" in str(m.blocks))


def test_a_guest_gets_no_secret(rotating: World) -> None:
    """An owner who has become a guest is told why, and can neither rotate nor open a link that was sent before."""
    ada = rotating.around.person("ada")
    ada.click(reminder_of(rotating, "ada"), "rotate")
    rotating.settle()
    rotating.slack.change_person(rotating.around.ids["ada"], guest=True)
    rotating.restart()
    opened = ada.click(rotating.link_message(), "open_link")
    answer = rotating.reveal((opened.url or "").rpartition("#")[2])
    outcomes = [
        opened,
        ada.click(rotating.link_message(), "renew_link"),
        ada.click(reminder_of(rotating, "ada"), "rotate"),
        ada.command("/register-app", "list"),
    ]

    assert state(answer) == "not_armed"
    assert ["You are a guest in this workspace" in " ".join(outcome.texts) for outcome in outcomes] == [True] * 4
    assert len(secrets(rotating)) == 1
