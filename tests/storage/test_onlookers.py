"""Who was turned away from a link is kept once; and the claim itself looks at who presses."""

from datetime import timedelta

import pytest

from storage import Store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.races import race

LINK = nouns.link().id


@pytest.fixture
def peopled(store: Store) -> Store:
    """A store with one link, armed for its recipient."""
    store.requests.add(nouns.request())
    store.applications.add(nouns.application())
    store.links.add(nouns.link())
    store.links.arm(LINK, now=NOW, until=NOW + timedelta(minutes=10))
    return store


def test_once_for_each_person(peopled: Store) -> None:
    """The first time that a person opens a link is told from all later ones, and from other people's."""
    known = [peopled.onlookers.is_known(LINK, "UGRACE")]
    added = [peopled.onlookers.add(LINK, person, now=NOW) for person in ("UGRACE", "UGRACE", "UALAN")]
    known.append(peopled.onlookers.is_known(LINK, "UGRACE"))

    assert (known, added) == ([False, True], [True, False, True])


def test_one_of_many(peopled: Store) -> None:
    """Of many tries at the same moment one is the first."""
    assert sorted(race(lambda _: peopled.onlookers.add(LINK, "UGRACE", now=NOW))) == [False] * 7 + [True]


def test_claim_is_the_recipients(peopled: Store) -> None:
    """With somebody signed in, the claim succeeds for the link's recipient alone."""
    until = NOW + timedelta(minutes=2)
    other = peopled.links.claim(LINK, "first", now=NOW, until=until, viewer_id="UGRACE")
    nobody = peopled.links.claim(LINK, "second", now=NOW, until=until, viewer_id="")
    theirs = peopled.links.claim(LINK, "third", now=NOW, until=until, viewer_id=nouns.link().recipient_id)

    assert (other, nobody, theirs) == (False, False, True)


def test_goes_with_its_request(peopled: Store) -> None:
    """When a request is removed, so is who was turned away from its links."""
    peopled.onlookers.add(LINK, "UGRACE", now=NOW)
    peopled.database.run("UPDATE app_requests SET state = 'fulfilled'")
    peopled.database.run("UPDATE links SET stage = 'expired'")
    removed = peopled.retention.remove_requests([nouns.request().id], NOW + timedelta(minutes=1))

    assert removed == 1
    assert not peopled.onlookers.is_known(LINK, "UGRACE")
