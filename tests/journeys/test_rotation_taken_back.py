"""“I did not see it” about a successor: the old secret goes back into use, and the new link rotates it again."""

from datetime import timedelta

import pytest

from bot.lifecycle import CredentialState
from bot.records import Credential
from tests.journeys.one_time_link import accepts, ended_message, newest_link, secrets
from tests.journeys.world import World
from tests.sandbox.slack.records import Message


@pytest.fixture
def rotated(world: World) -> World:
    """A world in which Ada and Alan own an application whose secret Ada has just rotated, and has seen the new one."""
    world.ask(co_owners=("alan",))
    world.approve()
    world.secret()
    world.advance(days=121)
    ada = world.around.person("ada")
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    return world


def kept(world: World) -> list[Credential]:
    """The secrets in the bot's register, in the order in which they were made."""
    application = world.bot.store.applications.of_owner(world.around.ids["ada"])[0]
    return sorted(world.bot.store.credentials.of_application(application.id), key=lambda found: found.starts_at)


def states(world: World) -> list[str]:
    """How those secrets stand."""
    return [found.state.value for found in kept(world)]


def take_back(world: World) -> Message:
    """Press "I did not see it" in the message of the new secret; return that message."""
    message = ended_message(world, "I did not see it")
    world.around.person("ada").click(message, "not_seen")
    world.settle()
    return message


def told(world: World, person: str, word: str) -> list[str]:
    """What a person reads in which `word` stands."""
    return [message.reads for message in world.around.person(person).dm if word in message.reads]


def test_the_old_secret_is_back(rotated: World) -> None:
    """The old secret is in use again and on no way to removal; the one that nobody saw is gone from Entra."""
    before = states(rotated)
    take_back(rotated)
    rotated.advance(days=8)
    old = kept(rotated)[0]

    assert before == ["retiring", "live"]
    assert states(rotated) == ["live", "removed"]
    assert (old.remove_at, old.state) == (None, CredentialState.LIVE)
    assert [secret.key_id for secret in secrets(rotated)] == [old.key_id]


def test_the_new_link_rotates_again(rotated: World) -> None:
    """The press on the new link lets the old secret retire once more, and its removal is warned of once more."""
    take_back(rotated)
    old = kept(rotated)[0]
    link = newest_link(rotated)
    shown = rotated.secret()
    after = states(rotated)
    rotated.advance(days=6)
    rotated.advance(days=2)

    assert link.rotates_key_id == old.key_id
    assert after == ["retiring", "removed", "live"]
    assert len(told(rotated, "ada", "is removed from Entra on")) == 1
    assert states(rotated) == ["removed", "removed", "live"]
    assert accepts(rotated, shown)


def test_a_warning_given_before_counts_no_more(rotated: World) -> None:
    """A warning of the removal that was taken back is not taken for one of the removal that comes later."""
    store = rotated.bot.store
    assert store.credentials.warn(kept(rotated)[0].key_id, now=rotated.clock.now(), least=timedelta(days=1))
    take_back(rotated)
    rotated.secret()
    rotated.advance(days=6, hours=1)

    assert len(told(rotated, "ada", "is removed from Entra on")) == 1


def test_what_the_owners_read(rotated: World) -> None:
    """Every owner reads that the old secret stays in use, reminders stand as before, and none calls it gone."""
    shown = take_back(rotated)
    old, lost = kept(rotated)
    hint = f"`{old.hint}`"

    for person in ("ada", "alan"):
        (word,) = told(rotated, person, "stays in use until 22 May 2027")
        assert hint in word
        reminder = next(m for m in reversed(rotated.around.person(person).dm) if "ends in" in m.text)
        assert "Rotate now" in str(reminder.blocks)
        assert not [text for text in told(rotated, person, "was removed from Entra") if f"`{old.hint}`" in text]
        assert len([text for text in told(rotated, person, "was removed from Entra") if "unseen" in text]) == 1
    assert "You did not see it" in shown.reads
    assert f"`{lost.hint}`" not in rotated.link_message().reads
    assert f"begins with {hint} stays in use until then" in rotated.link_message().reads


def test_what_the_audit_keeps(rotated: World) -> None:
    """The way back is a row of its own, with who took it, beside that of the secret that nobody saw."""
    take_back(rotated)
    old, lost = kept(rotated)
    rows = [row for row in rotated.bot.store.audit.rows() if row["event"] in {"secret:disown", "secret:restore"}]

    assert [(row["event"], row["actor"]) for row in rows] == [
        ("secret:disown", rotated.around.ids["ada"]),
        ("secret:restore", rotated.around.ids["ada"]),
    ]
    assert lost.key_id in str(rows[0])
    assert old.key_id in str(rows[1])


def test_the_old_one_is_gone_already(world: World) -> None:
    """When the old secret was removed before, the new link is for a new secret, which its message says."""
    world.use_policy(overlap_days=1, link_hours=72)
    world.ask()
    world.approve()
    world.secret()
    world.advance(days=121)
    ada = world.around.person("ada")
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    world.advance(hours=1)
    world.advance(days=1, hours=1)
    before = states(world)
    take_back(world)
    message = world.link_message().reads
    world.secret()

    assert before == ["removed", "live"]
    assert "The one before it is out of use" in message
    assert told(world, "ada", "as before the rotation") == []
    assert states(world) == ["removed", "removed", "live"]
    assert secrets(world)[-1].ends_at == world.clock.now() + timedelta(days=180)


def test_a_first_secret_has_nothing_to_go_back_to(world: World) -> None:
    """“I did not see it” about a first secret restores nothing, and nobody is told of an old one."""
    world.ask()
    world.approve()
    world.secret()
    take_back(world)

    assert states(world) == ["removed"]
    assert told(world, "ada", "as before the rotation") == []
    assert "out of use" not in world.link_message().reads


def test_the_old_one_has_ended_meanwhile(world: World) -> None:
    """When the old secret has ended by itself, nobody is told that it stays in use: nothing works for now."""
    world.ask()
    world.approve()
    world.secret()
    world.advance(days=121)
    world.advance(days=60)
    ada = world.around.person("ada")
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    take_back(world)

    assert told(world, "ada", "as before the rotation") == []
    assert len(told(world, "ada", "nothing works until the next link is opened")) == 1
    assert "The one before it ended on 22 May 2027" in world.link_message().reads
    assert world.secret()


def test_while_a_co_owner_has_an_open_link(world: World) -> None:
    """The secret is removed at once also while a link to its successor is open: that one gives way, and is told so."""
    world.ask(co_owners=("alan",))
    world.approve()
    world.secret()
    alan = world.around.person("alan")
    alan.command("/register-app", "list")
    alan.click(alan.ephemerals()[-1], "rotate_application")
    world.settle()
    world.around.person("ada").click(ended_message(world, "I did not see it"), "not_seen")
    world.settle()

    assert secrets(world) == ()
    assert told(world, "alan", "A newer link took the place of this one")
    assert world.secret()
    assert len(secrets(world)) == 1


def test_when_its_successor_was_seen(rotated: World) -> None:
    """A secret whose successor is in use already is removed at once all the same, and nothing else changes."""
    ada = rotated.around.person("ada")
    ada.command("/register-app", "list")
    ada.click(ada.ephemerals()[-1], "rotate_application")
    rotated.settle()
    rotated.secret()
    newest = kept(rotated)[-1].key_id
    middle = [m for m in ada.dm if "I did not see it" in str(m.blocks) and "was replaced since" in m.reads][-1]
    outcome = ada.click(middle, "not_seen")
    rotated.settle()
    again = ada.click(middle, "not_seen", stale=True)

    assert "That secret is removed from Entra. A newer one is in use" in " ".join(outcome.texts)
    assert "You said so already" in " ".join(again.texts)
    assert newest in {found.key_id for found in secrets(rotated)}
    assert len(secrets(rotated)) == 2


def test_late_rotation(world: World) -> None:
    """A secret that ends before its overlap would is said to end on its own day, everywhere, and is not outlived."""
    world.ask()
    world.approve()
    world.secret()
    end = kept(world)[0].ends_at
    world.advance(days=179)
    ada = world.around.person("ada")
    reminder = next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks))
    ada.click(reminder, "rotate")
    world.settle()
    promised = world.link_message().reads
    world.secret()

    assert f"but no longer than {end:%d %B %Y}".replace(" 0", " ") in promised
    assert f"The old one ends on {end:%d %B %Y}".replace(" 0", " ") in reminder.reads
