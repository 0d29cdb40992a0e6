"""Client secrets, without their texts, and the reminders that were given of them."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.lifecycle import CREDENTIALS, CredentialEvent, CredentialState
from bot.records import Credential
from storage import Store
from tests.domain import nouns
from tests.domain.nouns import NOW

SOON = NOW + timedelta(days=7)


def add(store: Store, number: int = 1, **changes: object) -> None:
    """Keep one more secret of the one application."""
    made = nouns.credential(number, application_id="app-1", link_id="link-1")
    store.credentials.add(replace(made, **changes))  # type: ignore[arg-type]  # fields by name


def found(store: Store, key_id: str = "key-1") -> Credential:
    """A secret as it is kept."""
    credential = store.credentials.get(key_id)
    assert credential is not None
    return credential


def drive(store: Store, state: CredentialState) -> None:
    """Bring the secret into a state by the events that lead there."""
    if state is not CredentialState.LIVE:
        store.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=SOON)
    if state is CredentialState.REMOVED:
        store.credentials.removed("key-1")


def test_a_credential_is_kept_whole(peopled: Store) -> None:
    """What was added comes back as it was."""
    add(peopled)

    assert found(peopled) == nouns.credential()
    assert peopled.credentials.get("key-2") is None


def test_the_one_that_ends_last_comes_first(peopled: Store) -> None:
    """An application's secrets come in the order in which they matter."""
    for number, days in ((1, 30), (2, 90), (3, 60)):
        add(peopled, number, ends_at=NOW + timedelta(days=days))

    assert [c.key_id for c in peopled.credentials.of_application("app-1")] == ["key-2", "key-3", "key-1"]


@pytest.mark.parametrize("state", list(CredentialState))
@pytest.mark.parametrize("event", [CredentialEvent.SUPERSEDE, CredentialEvent.DISOWN])
def test_every_retirement(peopled: Store, state: CredentialState, event: CredentialEvent) -> None:
    """A secret retires where the machine allows it, until the moment that is named, and otherwise stays."""
    add(peopled)
    drive(peopled, state)
    before = found(peopled)
    done = peopled.credentials.retire("key-1", event, remove_at=NOW)

    assert done == (CREDENTIALS.after(state, event) is not None)
    unseen = NOW if event is CredentialEvent.DISOWN else None
    retiring = replace(before, state=CredentialState.RETIRING, remove_at=NOW, disowned_at=unseen)
    assert found(peopled) == (retiring if done else before)


@pytest.mark.parametrize("state", list(CredentialState))
def test_every_removal(peopled: Store, state: CredentialState) -> None:
    """A removal is recorded of a retiring secret and of no other."""
    add(peopled)
    drive(peopled, state)

    assert peopled.credentials.removed("key-1") == (state is CredentialState.RETIRING)


def test_what_ends_soon(peopled: Store) -> None:
    """Live secrets of wanted applications that end by a moment are told, the soonest first."""
    for number, days in ((1, 3), (2, 1), (3, 2), (4, 9)):
        add(peopled, number, ends_at=NOW + timedelta(days=days))
    peopled.credentials.retire("key-3", CredentialEvent.SUPERSEDE, remove_at=SOON)
    ending = live_ending(peopled)
    peopled.applications.disown("app-1", now=NOW)

    assert ending == ["key-2", "key-1"]
    assert live_ending(peopled) == []


def live_ending(store: Store, after: tuple[datetime, str] = (NOW, ""), limit: int = 9) -> list[str]:
    """The secrets that end within three days."""
    found = store.credentials.live_ending(after=after, before=NOW + timedelta(days=3), limit=limit)
    return [credential.key_id for credential in found]


def test_live_ending_in_pages(peopled: Store) -> None:
    """Secrets that end at the same moment are on one page or the next, each once; what ended before is on none."""
    end = NOW + timedelta(days=1)
    for number in (1, 2, 3):
        add(peopled, number, ends_at=end)
    add(peopled, 4, ends_at=NOW - TICK)

    assert live_ending(peopled, limit=2) == ["key-1", "key-2"]
    assert live_ending(peopled, (end, "key-2"), limit=2) == ["key-3"]
    assert live_ending(peopled, (end, "key-3"), limit=2) == []


DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)


def claim(store: Store, now: datetime) -> str | None:
    """Claim one try of the next removal at a moment, for five minutes, if the warning is a day old; the secret."""
    due = store.credentials.claim_removal(now=now, until=now + timedelta(minutes=5), warned_by=now - DAY)
    return due.key_id if due else None


def test_what_is_to_be_removed(peopled: Store) -> None:
    """A retiring secret is due when its overlap is over, again at the time of the next try, and then no more."""
    add(peopled)
    peopled.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=SOON)
    peopled.credentials.warn("key-1", now=NOW, least=DAY)

    assert (claim(peopled, SOON - TICK), claim(peopled, SOON)) == (None, "key-1")
    again = SOON + timedelta(minutes=15)
    peopled.credentials.try_removal_at("key-1", again)
    assert (claim(peopled, again - TICK), claim(peopled, again)) == (None, "key-1")
    peopled.credentials.removed("key-1")
    assert claim(peopled, SOON + DAY) is None


def test_no_removal_without_a_warning(peopled: Store) -> None:
    """A removal can be claimed only when the warning is old enough."""
    add(peopled)
    peopled.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=SOON)
    unwarned = claim(peopled, SOON + DAY)
    peopled.credentials.warn("key-1", now=SOON + DAY, least=DAY)

    assert unwarned is None
    assert found(peopled).remove_at == SOON + 2 * DAY
    assert (claim(peopled, SOON + 2 * DAY - TICK), claim(peopled, SOON + 2 * DAY)) == (None, "key-1")


def test_a_claimed_removal(peopled: Store) -> None:
    """One claim keeps others out until its time is over, whether or not its process lives."""
    add(peopled)
    peopled.credentials.retire("key-1", CredentialEvent.DISOWN, remove_at=NOW)
    claims = [claim(peopled, NOW + timedelta(minutes=minutes)) for minutes in (0, 4, 5)]

    assert claims == ["key-1", None, "key-1"]


def test_nobody_is_warned_of_what_nobody_holds(peopled: Store) -> None:
    """A secret that was disowned is due at once, without a warning."""
    add(peopled)
    peopled.credentials.retire("key-1", CredentialEvent.DISOWN, remove_at=NOW)

    assert peopled.credentials.next_unwarned_removal(SOON) is None
    assert not peopled.credentials.warn("key-1", now=NOW, least=DAY)
    assert claim(peopled, NOW) == "key-1"


@pytest.mark.parametrize("state", list(CredentialState))
def test_every_restoration(peopled: Store, state: CredentialState) -> None:
    """A secret goes back into use where the machine allows it, as if it had never retired."""
    add(peopled)
    drive(peopled, state)
    peopled.credentials.warn("key-1", now=NOW, least=DAY)
    before = found(peopled)
    done = peopled.credentials.restore("key-1")

    assert done == (CREDENTIALS.after(state, CredentialEvent.RESTORE) is not None)
    assert found(peopled) == (nouns.credential() if done else before)
    assert peopled.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=SOON) == (
        state is not CredentialState.REMOVED
    )
    assert (peopled.credentials.next_unwarned_removal(SOON) is None) == (state is CredentialState.REMOVED)


def test_no_way_back(peopled: Store) -> None:
    """What is being removed, and what nobody holds, does not go back into use."""
    add(peopled)
    add(peopled, 2)
    peopled.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=SOON)
    peopled.credentials.warn("key-1", now=NOW, least=DAY)
    assert claim(peopled, SOON) == "key-1"
    peopled.credentials.retire("key-2", CredentialEvent.DISOWN, remove_at=NOW)

    assert not peopled.credentials.restore("key-1")
    assert not peopled.credentials.restore("key-2")


def test_a_refusal_is_told_once(peopled: Store) -> None:
    """The word about a removal that does not succeed is claimed once, and of a retiring secret only."""
    add(peopled)
    assert not peopled.credentials.removal_refused("key-1", now=NOW)
    peopled.credentials.retire("key-1", CredentialEvent.DISOWN, remove_at=NOW)

    assert peopled.credentials.removal_refused("key-1", now=NOW)
    assert not peopled.credentials.removal_refused("key-1", now=SOON)
    assert found(peopled).removal_refused_at == NOW


def test_warnings(peopled: Store) -> None:
    """Of a removal its owners are warned once, and never of a secret in use; one in time moves nothing."""
    add(peopled)
    assert not peopled.credentials.warn("key-1", now=NOW, least=DAY)
    peopled.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=SOON)

    assert peopled.credentials.next_unwarned_removal(SOON - TICK) is None
    assert peopled.credentials.next_unwarned_removal(SOON) == found(peopled)
    assert peopled.credentials.warn("key-1", now=NOW, least=DAY)
    assert not peopled.credentials.warn("key-1", now=SOON, least=DAY)
    assert peopled.credentials.next_unwarned_removal(SOON) is None
    assert found(peopled).remove_at == SOON


def test_snoozing(peopled: Store) -> None:
    """A live secret can be snoozed, again too; a retiring one cannot."""
    add(peopled)

    assert peopled.credentials.snooze("key-1", SOON)
    assert peopled.credentials.snooze("key-1", SOON + timedelta(days=1))
    assert found(peopled).snoozed_until == SOON + timedelta(days=1)
    drive(peopled, CredentialState.RETIRING)
    assert not peopled.credentials.snooze("key-1", SOON)


@pytest.mark.parametrize("first", [True, False])
def test_a_proof_is_never_taken_back(peopled: Store, *, first: bool) -> None:
    """That Entra accepted a secret may be said after “not proven”, never the other way, and each only once."""
    add(peopled)
    words = [(first, NOW), (first, SOON), (not first, SOON)]
    said = [peopled.credentials.record_proof("key-1", accepted=accepted, now=now) for accepted, now in words]

    assert said == [True, False, not first]
    assert (found(peopled).accepted, found(peopled).accepted_at) == (True, NOW if first else SOON)


def test_what_was_not_proven(peopled: Store) -> None:
    """Of what was not said by a moment it is found that nothing was said."""
    add(peopled)

    assert peopled.credentials.unproven_since(NOW - timedelta(seconds=1)) == []
    assert [c.key_id for c in peopled.credentials.unproven_since(NOW)] == ["key-1"]
    assert peopled.credentials.record_proof("key-1", accepted=False, now=SOON)
    assert peopled.credentials.unproven_since(SOON) == []


def test_reminders(peopled: Store) -> None:
    """Each step of each secret is claimed once, and the newest reminder is the last that was claimed."""
    add(peopled)
    add(peopled, 2)
    reminders = peopled.reminders
    claims = [("a", "key-1", 7), ("b", "key-1", 7), ("c", "key-1", 3), ("d", "key-2", 7)]
    done = [reminders.claim(name, key, step, now=NOW + timedelta(days=n)) for n, (name, key, step) in enumerate(claims)]

    assert done == [True, False, True, True]
    assert [reminders.key_of(name) for name in "abcd"] == ["key-1", None, "key-1", "key-2"]
    assert (reminders.latest("key-1"), reminders.latest("key-2"), reminders.latest("key-3")) == ("c", "d", None)
