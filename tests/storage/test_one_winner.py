"""Every conditional transition: of eight threads that try it at the same moment exactly one is told that it won."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.lifecycle import CredentialEvent, LinkEvent, RequestEvent
from bot.records import Outgoing
from storage import Store
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.storage.races import RACERS, race

SOON = NOW + timedelta(minutes=2)
LATER = NOW + timedelta(minutes=5)


def nothing(_: Store) -> None:
    """Change nothing beforehand."""


def armed(store: Store) -> None:
    """Arm the link."""
    assert store.links.arm("link-1", now=NOW, until=LATER)


def claimed(store: Store) -> None:
    """Claim the armed link under the lease `first`."""
    armed(store)
    assert store.links.claim("link-1", "first", now=NOW, until=SOON)


def viewed(store: Store) -> None:
    """Let the claimed link be viewed."""
    claimed(store)
    assert store.links.record("link-1", "first", key_id="key-1", viewed_from="x", now=NOW)
    store.credentials.add(nouns.credential())


def to_search(store: Store) -> None:
    """Have the tenant searched for what the viewed link may have left."""
    viewed(store)
    store.links.sweep_later("link-1", at=NOW, times=3)


def retiring(store: Store) -> None:
    """Let the viewed link's secret retire."""
    viewed(store)
    assert store.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=NOW)


def warned(store: Store) -> None:
    """Let the secret's overlap be over, and its warning be old enough."""
    retiring(store)
    assert store.credentials.warn("key-1", now=NOW, least=timedelta(0))


def approved(store: Store) -> None:
    """Approve the request."""
    assert store.requests.move("REQ-00000001", RequestEvent.APPROVE, now=NOW)


def provisioning(store: Store) -> None:
    """Claim the approved request under the lease `first`."""
    approved(store)
    assert store.provisioning.claim("first", now=NOW, until=SOON) is not None


def failed(store: Store) -> None:
    """Let the claimed request fail."""
    provisioning(store)
    assert store.provisioning.settle("REQ-00000001", "first", RequestEvent.FAIL, now=NOW)


def expired(store: Store) -> None:
    """Let the link's time be over."""
    assert store.links.end("link-1", LinkEvent.EXPIRE)


def disowned(store: Store) -> None:
    """Want the application no more."""
    assert store.applications.disown("app-1", now=NOW)


def queued(store: Store) -> None:
    """Queue one message."""
    store.outbox.put("entry-1", "card", "REQ-00000001", "C1", now=NOW)


def taken(store: Store) -> None:
    """Claim the queued message."""
    queued(store)
    assert store.outbox.claim("first", now=NOW, until=SOON) is not None


def entry() -> Outgoing:
    """The message as its claimant holds it."""
    return Outgoing(
        id="entry-1",
        kind="card",
        subject="REQ-00000001",
        recipient="C1",
        note=None,
        attempts=1,
        first_tried_at=NOW,
        created_at=NOW,
        lease="first",
    )


@dataclass(frozen=True, kw_only=True)
class Race:
    """What stands before, and what each of the eight tries."""

    name: str
    act: Callable[[Store, int], object]
    before: Callable[[Store], None] = nothing


REQUEST = "REQ-00000001"
ENDS = [RequestEvent.APPROVE, RequestEvent.DENY, RequestEvent.WITHDRAW, RequestEvent.LAPSE]
RACES = [
    Race(name="submit one form", act=lambda s, n: s.requests.add(nouns.request(10 + n, form_id="same"))),
    Race(name="approve", act=lambda s, n: s.requests.move(REQUEST, RequestEvent.APPROVE, now=NOW, by=f"U{n}")),
    Race(name="deny", act=lambda s, n: s.requests.move(REQUEST, RequestEvent.DENY, now=NOW, by=f"U{n}")),
    Race(name="settle any way", act=lambda s, n: s.requests.move(REQUEST, ENDS[n % 4], now=NOW, by=f"U{n}")),
    Race(name="change", act=lambda s, n: s.requests.change(REQUEST, 1, nouns.form(display_name=f"{n}"), now=NOW)),
    Race(name="agree twice", act=lambda s, _: s.requests.agree(REQUEST, 1, "UGRACE", now=NOW)),
    Race(name="claim an assessment", act=lambda s, n: s.requests.claim_assessment(f"l{n}", now=NOW, until=SOON)),
    Race(name="assess", act=lambda s, n: s.requests.assess(REQUEST, 1, name_is_taken=bool(n % 2))),
    Race(name="remind the approvers", act=lambda s, _: s.requests.mark_reminded(REQUEST, now=NOW)),
    Race(
        name="retry",
        before=failed,
        act=lambda s, n: s.requests.move(REQUEST, RequestEvent.RETRY, now=NOW, by=f"U{n}"),
    ),
    Race(name="tell of slowness", before=provisioning, act=lambda s, _: s.provisioning.tell_slow(REQUEST)),
    Race(
        name="claim an approved request",
        before=approved,
        act=lambda s, n: s.provisioning.claim(f"lease-{n}", now=NOW, until=SOON),
    ),
    Race(
        name="claim from a dead process",
        before=provisioning,
        act=lambda s, n: s.provisioning.claim(f"lease-{n}", now=SOON, until=LATER),
    ),
    Race(
        name="put a request back",
        before=provisioning,
        act=lambda s, _: s.provisioning.put_back(REQUEST, "first", try_at=SOON),
    ),
    Race(
        name="fulfil or fail",
        before=provisioning,
        act=lambda s, n: s.provisioning.settle(
            REQUEST, "first", RequestEvent.FULFIL if n % 2 else RequestEvent.FAIL, now=NOW
        ),
    ),
    Race(
        name="register one application",
        act=lambda s, n: s.applications.add(nouns.application(10 + n, request_id=REQUEST, object_id="same")),
    ),
    Race(name="disown an application", act=lambda s, _: s.applications.disown("app-1", now=NOW)),
    Race(
        name="claim the removal of an application",
        before=disowned,
        act=lambda s, _: s.applications.claim_removal(now=NOW, until=SOON),
    ),
    Race(
        name="say that the removal of an application was refused",
        before=disowned,
        act=lambda s, _: s.applications.removal_refused("app-1", now=NOW),
    ),
    Race(name="remove an application", before=disowned, act=lambda s, _: s.applications.removed("app-1", now=NOW)),
    Race(
        name="issue a link where none is alive",
        before=expired,
        act=lambda s, n: s.links.add(nouns.link(10 + n, application_id="app-1")),
    ),
    Race(
        name="claim a link",
        before=armed,
        act=lambda s, n: s.links.claim("link-1", f"lease-{n}", now=NOW, until=SOON),
    ),
    Race(
        name="claim a link from a dead process",
        before=claimed,
        act=lambda s, n: s.links.claim("link-1", f"lease-{n}", now=SOON, until=LATER),
    ),
    Race(
        name="claim an abandoned link",
        before=claimed,
        act=lambda s, n: s.links.take_over(f"lease-{n}", now=SOON, until=LATER),
    ),
    Race(
        name="take an abandoned link over, or press it",
        before=claimed,
        act=lambda s, n: (
            s.links.take_over(f"l{n}", now=SOON, until=LATER)
            if n % 2
            else s.links.claim("link-1", f"l{n}", now=SOON, until=LATER)
        ),
    ),
    Race(
        name="give a link back, or record",
        before=claimed,
        act=lambda s, n: (
            s.links.give_back("link-1", "first", expires_at=LATER)
            if n % 2
            else s.links.record("link-1", "first", key_id=f"key-{n}", viewed_from="x", now=NOW)
        ),
    ),
    Race(name="expire a link", act=lambda s, _: s.links.end("link-1", LinkEvent.EXPIRE)),
    Race(name="replace a link", act=lambda s, _: s.links.end("link-1", LinkEvent.REPLACE)),
    Race(
        name="claim a search",
        before=to_search,
        act=lambda s, _: s.links.claim_sweep(now=NOW, until=SOON),
    ),
    Race(name="say that it was seen", before=viewed, act=lambda s, _: s.links.mark_seen("link-1", now=NOW)),
    Race(
        name="supersede a secret",
        before=viewed,
        act=lambda s, _: s.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=NOW),
    ),
    Race(
        name="warn before a removal",
        before=retiring,
        act=lambda s, _: s.credentials.warn("key-1", now=NOW, least=timedelta(days=1)),
    ),
    Race(
        name="put a secret back into use, or begin its removal",
        before=warned,
        act=lambda s, n: (
            s.credentials.claim_removal(now=NOW, until=SOON, warned_by=NOW) if n % 2 else s.credentials.restore("key-1")
        ),
    ),
    Race(
        name="claim a removal",
        before=warned,
        act=lambda s, _: s.credentials.claim_removal(now=NOW, until=SOON, warned_by=NOW),
    ),
    Race(
        name="say that a removal was refused",
        before=retiring,
        act=lambda s, _: s.credentials.removal_refused("key-1", now=NOW),
    ),
    Race(name="remove a secret", before=retiring, act=lambda s, _: s.credentials.removed("key-1")),
    Race(
        name="say whether a secret works",
        before=viewed,
        act=lambda s, _: s.credentials.record_proof("key-1", accepted=True, now=NOW),
    ),
    Race(
        name="claim a reminder",
        before=viewed,
        act=lambda s, n: s.reminders.claim(f"reminder-{n}", "key-1", 7, now=NOW),
    ),
    Race(name="claim a message", before=queued, act=lambda s, n: s.outbox.claim(f"lease-{n}", now=NOW, until=SOON)),
    Race(
        name="claim a message from a dead process",
        before=taken,
        act=lambda s, n: s.outbox.claim(f"lease-{n}", now=SOON, until=LATER),
    ),
    Race(name="record a message as sent", before=taken, act=lambda s, _: s.outbox.sent(entry(), now=NOW)),
    Race(
        name="give a message up",
        before=taken,
        act=lambda s, _: s.outbox.undeliverable(entry(), "user_disabled", now=NOW),
    ),
    Race(
        name="put a message back, or record it",
        before=taken,
        act=lambda s, n: (
            s.outbox.put_back(entry(), "ratelimited", available_at=SOON) if n % 2 else s.outbox.sent(entry(), now=NOW)
        ),
    ),
]


@pytest.mark.parametrize("run", [pytest.param(run, id=run.name) for run in RACES])
def test_one_winner(peopled: Store, run: Race) -> None:
    """Of eight at the same moment one wins, and asking once more afterwards wins nothing."""
    run.before(peopled)
    won = race(lambda number: bool(run.act(peopled, number)))

    assert sorted(won) == [False] * (RACERS - 1) + [True]
    assert not run.act(peopled, 0)
