"""The end of a link and the next one: expired, replaced before the view, or not seen after it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.one_time_link import accepts, ended_message, link_messages, secrets, state
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import REMOVE_PASSWORD


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
    assert "newer link was sent to you" in " ".join(late.texts)
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
