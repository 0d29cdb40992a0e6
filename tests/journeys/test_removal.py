"""The end of the overlap: never without a warning a day ahead, and nobody is left in the dark when Entra refuses."""

from datetime import timedelta

import pytest

from tests.journeys.one_time_link import ended_message, secrets
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import REMOVE_PASSWORD

OVERLAP = timedelta(days=7)


@pytest.fixture
def rotated(world: World) -> World:
    """A world in which the secret of Ada's and Alan's application was rotated a moment ago."""
    world.ask(co_owners=("alan",))
    world.approve()
    world.secret()
    world.advance(days=121)
    ada = world.around.person("ada")
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    return world


def refuse(world: World) -> None:
    """Let Entra refuse every removal for good."""
    fault = faults.refused(REMOVE_PASSWORD, 403, "Authorization_RequestDenied", "Insufficient privileges.", times=10**6)
    world.entra.trouble.add(fault)


def told(world: World, person: str, word: str) -> list[str]:
    """What a person reads in which `word` stands."""
    return [message.reads for message in world.around.person(person).dm if word in message.reads]


def test_after_a_long_silence(rotated: World) -> None:
    """When the bot was down over the end of the overlap, it warns first, and removes a whole day later."""
    rotated.end()
    rotated.clock.advance(timedelta(days=30))
    rotated.start()
    rotated.settle()
    warned = {person: told(rotated, person, "is removed from Entra on") for person in ("ada", "alan")}
    left = [len(secrets(rotated))]
    rotated.advance(hours=23, minutes=59)
    left.append(len(secrets(rotated)))
    rotated.advance(minutes=1)
    left.append(len(secrets(rotated)))

    assert left == [2, 2, 1]
    for texts in warned.values():
        assert len(texts) == 1
        assert "is removed from Entra on 24 April 2027" in texts[0]
    assert len(told(rotated, "ada", "was removed from Entra")) == 1


def test_a_warning_that_was_late(rotated: World) -> None:
    """A warning given less than a day ahead moves the removal, and the reminder tells the new day."""
    rotated.clock.advance(OVERLAP - timedelta(hours=2))
    rotated.settle()
    reminder = next(m for m in reversed(rotated.around.person("alan").dm) if "A new secret took its place" in m.reads)
    rotated.advance(hours=3)
    still = len(secrets(rotated))
    rotated.advance(hours=21)

    assert "31 March 2027" not in reminder.reads
    assert still == 2
    assert len(secrets(rotated)) == 1


def test_at_the_usual_time(rotated: World) -> None:
    """With a bot that is up, the warning comes in time and the overlap is as long as the policy says."""
    for _ in range(12 * 7 - 1):
        rotated.clock.advance(timedelta(hours=2))
        rotated.settle()
    before = len(secrets(rotated))
    rotated.advance(hours=2)

    assert before == 2
    assert len(secrets(rotated)) == 1
    assert len(told(rotated, "ada", "is removed from Entra on")) == 1


def test_entra_refuses(rotated: World) -> None:
    """A removal that Entra refuses is told once: its words to the approvers, plain ones to every owner."""
    refuse(rotated)
    rotated.advance(days=6)
    rotated.advance(days=1)
    for _ in range(8):
        rotated.advance(hours=6)
    notes = [text for text in rotated.thread() if "could not be removed" in text]

    assert len(notes) == 1
    for word in ("Authorization_RequestDenied", "Insufficient privileges.", "request-id", "production web server"):
        assert word in notes[0]
    for person in ("ada", "alan"):
        (text,) = told(rotated, person, "Entra does not remove")
        assert "still works" in text
        assert "Authorization_RequestDenied" not in text
    assert len(secrets(rotated)) == 2


def test_tried_at_a_slow_pace(rotated: World) -> None:
    """After a refusal Entra is asked again some times a day, not every quarter of an hour."""
    refuse(rotated)
    rotated.advance(days=6)
    rotated.advance(days=1)
    before = len(rotated.entra.journal.calls("removePassword"))
    for _ in range(24):
        rotated.advance(hours=1)
    tries = len(rotated.entra.journal.calls("removePassword")) - before

    assert 3 <= tries <= 5


def test_it_worked_after_all(rotated: World) -> None:
    """Once the removal goes through, approvers and owners read that it did."""
    refuse(rotated)
    rotated.advance(days=6)
    rotated.advance(days=1)
    rotated.entra.trouble.clear()
    rotated.advance(hours=7)

    assert len(secrets(rotated)) == 1
    assert "was removed from Entra after all" in rotated.thread()[-1]
    for person in ("ada", "alan"):
        assert len(told(rotated, person, "was removed from Entra after all")) == 1


def test_a_short_outage_is_not_told(rotated: World) -> None:
    """While Entra is merely down, nobody is bothered, and the removal follows soon after."""
    rotated.advance(days=6)
    rotated.entra.trouble.add(faults.unavailable(REMOVE_PASSWORD, times=10**6))
    rotated.advance(days=1)
    rotated.entra.trouble.clear()
    rotated.advance(minutes=16)

    assert len(secrets(rotated)) == 1
    assert [text for text in rotated.thread() if "removed" in text] == []
    assert len(told(rotated, "ada", "was removed from Entra")) == 1
    assert told(rotated, "ada", "after all") == []


def test_a_long_outage_is_told(rotated: World) -> None:
    """When Entra does not answer for more than a day, that is told like a refusal, once."""
    rotated.advance(days=6)
    rotated.entra.trouble.add(faults.unavailable(REMOVE_PASSWORD, times=10**6))
    rotated.advance(days=1)
    for _ in range(6):
        rotated.advance(hours=8)

    assert len([text for text in rotated.thread() if "could not be removed" in text]) == 1
    assert len(told(rotated, "alan", "still works")) == 1


def test_a_refused_removal_of_what_nobody_saw(world: World) -> None:
    """A secret that nobody saw needs no warning; when Entra refuses its removal, that is told in its own words."""
    world.ask()
    world.approve()
    world.secret()
    refuse(world)
    world.around.person("ada").click(ended_message(world, "I did not see it"), "not_seen")
    world.settle()
    world.entra.trouble.clear()
    refused = told(world, "ada", "Entra does not remove")
    world.advance(hours=7)

    assert len(refused) == 1
    assert "The unseen client secret" in refused[0]
    assert "could not be removed" in " ".join(world.thread())
    assert secrets(world) == ()
    assert told(world, "ada", "is removed from Entra on") == []
