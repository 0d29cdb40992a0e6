"""One-time links: one alive for each application, armed, claimed with a lease, ended once."""

from datetime import datetime, timedelta

import pytest

from bot.lifecycle import LINKS, LinkEvent, LinkStage
from bot.records import Link, Outgoing
from storage import Store
from tests.domain import nouns
from tests.domain.nouns import NOW

SOON = NOW + timedelta(minutes=2)
LATER = NOW + timedelta(minutes=10)
END = NOW + timedelta(hours=24)


def found(store: Store, link_id: str = "link-1") -> Link:
    """A link as it is kept."""
    link = store.links.get(link_id)
    assert link is not None
    return link


def claimed(store: Store) -> None:
    """Arm the link and claim it under the lease `first`."""
    store.links.arm("link-1", now=NOW, until=LATER)
    assert store.links.claim("link-1", "first", now=NOW, until=SOON)


def sending(store: Store, lease: str = "first", *, now: datetime = NOW) -> Outgoing:
    """Queue the message with the link, unless it was queued, and claim it for two minutes."""
    if lease == "first":
        store.outbox.put("entry-1", "link", "link-1", "UADA", now=now)
    entry = store.outbox.claim(lease, now=now, until=now + timedelta(minutes=2))
    assert entry is not None
    return entry


def drive(store: Store, stage: LinkStage) -> None:
    """Bring the link into a stage by the events that lead there."""
    if stage in {LinkStage.MINTING, LinkStage.VIEWED}:
        claimed(store)
    if stage is LinkStage.VIEWED:
        store.links.record("link-1", "first", key_id="key-1", viewed_from="x", now=NOW)
    if stage is LinkStage.EXPIRED:
        store.links.end("link-1", LinkEvent.EXPIRE)
    if stage is LinkStage.REPLACED:
        store.links.end("link-1", LinkEvent.REPLACE)


def test_a_link_is_kept_whole(peopled: Store) -> None:
    """What was added comes back as it was."""
    assert found(peopled) == nouns.link()
    assert peopled.links.get("link-2") is None
    assert peopled.links.alive("app-1") == nouns.link()


@pytest.mark.parametrize("stage", list(LinkStage))
def test_one_link_alive(peopled: Store, stage: LinkStage) -> None:
    """An application gets a new link only when its last one can mint no more."""
    drive(peopled, stage)
    ended = stage not in {LinkStage.OPEN, LinkStage.MINTING}

    assert (peopled.links.alive("app-1") is None) == ended
    assert peopled.links.add(nouns.link(2, application_id="app-1")) == ended


@pytest.mark.parametrize("stage", list(LinkStage))
@pytest.mark.parametrize("event", [LinkEvent.EXPIRE, LinkEvent.REPLACE])
def test_every_end(peopled: Store, stage: LinkStage, event: LinkEvent) -> None:
    """A link ends where the machine allows it, and otherwise stays as it is."""
    drive(peopled, stage)
    done = peopled.links.end("link-1", event)

    assert done == (LINKS.after(stage, event) is not None)
    assert found(peopled).stage is (LINKS.after(stage, event) or stage)


@pytest.mark.parametrize("stage", list(LinkStage))
def test_only_an_open_link_gets_a_token(peopled: Store, stage: LinkStage) -> None:
    """A new token opens an open link and shuts out the older one; any other link keeps the token that it had."""
    entry = sending(peopled)
    peopled.links.put_token_hash(entry, "old", expires_at=NOW)
    drive(peopled, stage)
    done = peopled.links.put_token_hash(entry, "new", expires_at=NOW)

    assert done == (stage is LinkStage.OPEN)
    assert peopled.links.by_token_hash("new" if done else "old") == found(peopled)
    assert peopled.links.by_token_hash("old" if done else "new") is None


def test_only_who_sends_it_makes_its_token(peopled: Store) -> None:
    """Who lost the claim on a link's message to another cannot replace the token that the other one made."""
    slow = sending(peopled)
    other = sending(peopled, "second", now=SOON)
    theirs = peopled.links.put_token_hash(other, "theirs", expires_at=NOW)
    late = peopled.links.put_token_hash(slow, "late", expires_at=NOW)
    peopled.outbox.sent(other, now=SOON, posted_ts="1.0")
    later = peopled.links.put_token_hash(slow, "late", expires_at=NOW)

    assert (theirs, late, later) == (True, False, False)
    assert peopled.links.by_token_hash("theirs") == found(peopled)
    assert peopled.links.by_token_hash("late") is None


def test_a_link_without_token_is_found_by_none(peopled: Store) -> None:
    """Before it is sent, a link is found by no token, not even an empty one."""
    assert [peopled.links.by_token_hash(typed) for typed in ("", "None", "NULL", "%")] == [None] * 4


@pytest.mark.parametrize("stage", list(LinkStage))
def test_arming(peopled: Store, stage: LinkStage) -> None:
    """A link that can still mint is armed by a press in Slack, and no other."""
    drive(peopled, stage)

    assert peopled.links.arm("link-1", now=NOW, until=LATER) == (stage in {LinkStage.OPEN, LinkStage.MINTING})


def test_arming_too_late(peopled: Store) -> None:
    """At the moment at which its time is over, a link is not armed any more."""
    assert peopled.links.arm("link-1", now=END - timedelta(microseconds=1), until=END)
    assert not peopled.links.arm("link-1", now=END, until=END + timedelta(minutes=10))


def test_nothing_mints_unarmed(peopled: Store) -> None:
    """A link that nobody armed, or whose arming is over, is not claimed."""
    assert not peopled.links.claim("link-1", "first", now=NOW, until=SOON)
    peopled.links.arm("link-1", now=NOW, until=LATER)
    assert not peopled.links.claim("link-1", "first", now=LATER, until=LATER + timedelta(minutes=2))


def test_nothing_mints_after_its_time(peopled: Store) -> None:
    """A link that was armed in its last minute is not claimed after its time."""
    peopled.links.arm("link-1", now=END - timedelta(minutes=1), until=END + timedelta(minutes=9))

    assert not peopled.links.claim("link-1", "first", now=END, until=END + timedelta(minutes=2))


def test_a_claim_is_a_lease(peopled: Store) -> None:
    """Until its lease runs out a claimed link is nobody else's; afterwards the first claimant's word is void."""
    claimed(peopled)

    assert not peopled.links.claim("link-1", "second", now=SOON - timedelta(microseconds=1), until=LATER)
    assert peopled.links.claim("link-1", "second", now=SOON, until=LATER)
    assert not peopled.links.record("link-1", "first", key_id="key-1", viewed_from="x", now=SOON)
    assert not peopled.links.give_back("link-1", "first", expires_at=LATER)
    assert peopled.links.record("link-1", "second", key_id="key-2", viewed_from="x", now=SOON)
    assert (found(peopled).key_id, found(peopled).attempts) == ("key-2", 2)


def test_giving_back(peopled: Store) -> None:
    """A link that is given back is as good as before, and at least until the moment that is named."""
    claimed(peopled)
    peopled.links.give_back("link-1", "first", expires_at=LATER)
    early = found(peopled)
    peopled.links.claim("link-1", "second", now=NOW, until=SOON)
    peopled.links.give_back("link-1", "second", expires_at=END + timedelta(minutes=10))
    late = found(peopled)

    assert (early.stage, early.expires_at, early.lease_until) == (LinkStage.OPEN, END, None)
    assert (late.stage, late.expires_at, late.attempts) == (LinkStage.OPEN, END + timedelta(minutes=10), 2)


def test_a_view_is_kept(peopled: Store) -> None:
    """A viewed link keeps when, from what, and which secret, and has no lease any more."""
    claimed(peopled)
    peopled.links.record("link-1", "first", key_id="key-1", viewed_from="Firefox, IPv4", now=SOON)
    link = found(peopled)

    assert (link.stage, link.viewed_at, link.viewed_from) == (LinkStage.VIEWED, SOON, "Firefox, IPv4")
    assert (link.key_id, link.lease_until) == ("key-1", None)


def test_links_past_their_time(peopled: Store) -> None:
    """At the end of its time an open link is due to expire; one that is being pressed is left alone."""
    before = peopled.links.next_past_its_time(now=END - timedelta(microseconds=1))
    at_the_end = peopled.links.next_past_its_time(now=END)
    claimed(peopled)

    assert (before, at_the_end) == (None, nouns.link())
    assert peopled.links.next_past_its_time(now=END) is None


def test_abandoned_links(peopled: Store) -> None:
    """A press whose lease ran out is abandoned, and is so no more once it was taken over."""
    claimed(peopled)

    assert peopled.links.take_over("early", now=SOON - timedelta(microseconds=1), until=LATER) is None
    assert peopled.links.take_over("second", now=SOON, until=LATER) == found(peopled)
    assert peopled.links.take_over("third", now=LATER - timedelta(microseconds=1), until=END) is None
    assert not peopled.links.record("link-1", "first", key_id="key-1", viewed_from="x", now=SOON)


def test_seen_only_after_a_view(peopled: Store) -> None:
    """The page's word that it rendered counts once, and only of a viewed link."""
    assert not peopled.links.mark_seen("link-1", now=NOW)
    drive(peopled, LinkStage.VIEWED)

    assert [peopled.links.mark_seen("link-1", now=NOW) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("stage", list(LinkStage))
def test_sweeping(peopled: Store, stage: LinkStage) -> None:
    """Only an ended link is searched for, by one at a time, and while searches are left."""
    drive(peopled, stage)
    peopled.links.sweep_later("link-1", at=SOON, times=2)
    ended = stage not in {LinkStage.OPEN, LinkStage.MINTING}
    due = peopled.links.claim_sweep(now=SOON, until=LATER)
    meanwhile = peopled.links.claim_sweep(now=LATER - timedelta(microseconds=1), until=END)
    again = peopled.links.claim_sweep(now=LATER, until=END)
    peopled.links.sweep_later("link-1", at=SOON, times=0)

    assert due == again == ((found(peopled), 2) if ended else None)
    assert meanwhile is None
    assert peopled.links.claim_sweep(now=END, until=END) is None


def test_sweeping_too_early(peopled: Store) -> None:
    """A search is not due before its time."""
    drive(peopled, LinkStage.VIEWED)
    peopled.links.sweep_later("link-1", at=SOON, times=2)

    assert peopled.links.claim_sweep(now=SOON - timedelta(microseconds=1), until=LATER) is None
