"""What monitoring is told is what the tables hold, on either engine."""

from datetime import timedelta

from bot.lifecycle import RequestEvent
from storage import Store
from storage.figures import LastSecrets
from tests.domain import nouns
from tests.domain.nouns import NOW

MINUTE = timedelta(minutes=1)
CALL = ("graph", "GET /applications/{id}", "ok")


def approve(store: Store) -> None:
    """Approve the one request, ten minutes after it was made."""
    at = NOW + 10 * MINUTE
    store.requests.agree("REQ-00000001", 1, "UGRACE", now=at)
    store.requests.move("REQ-00000001", RequestEvent.APPROVE, now=at)


def test_nothing_yet(store: Store) -> None:
    """Of an empty database every figure is nothing."""
    figures = store.figures

    assert (figures.requests_by_state(), figures.waiting(), figures.calls(), figures.round_runs()) == (
        {},
        (0, None),
        {},
        {},
    )
    assert (list(figures.decided(NOW)), list(figures.delivered(NOW))) == ([], [])
    assert figures.last_secrets(NOW, [NOW, NOW]) == LastSecrets(applications=0, ended_before=[0, 0], next_end=None)


def test_requests_by_state(store: Store) -> None:
    """Requests are counted by state."""
    store.requests.add(nouns.request(1))
    store.requests.add(nouns.request(2))
    approve(store)

    assert store.figures.requests_by_state() == {"pending": 1, "approved": 1}


def test_time_to_a_decision(store: Store) -> None:
    """What was approved or denied since a moment tells how long it waited; what was withdrawn does not."""
    for number in range(1, 5):
        store.requests.add(nouns.request(number))
    approve(store)
    store.requests.move("REQ-00000002", RequestEvent.DENY, now=NOW + 20 * MINUTE)
    store.requests.move("REQ-00000003", RequestEvent.WITHDRAW, now=NOW + 30 * MINUTE)

    assert sorted(end - begin for begin, end in store.figures.decided(NOW)) == [10 * MINUTE, 20 * MINUTE]
    assert [end - begin for begin, end in store.figures.decided(NOW + 11 * MINUTE)] == [20 * MINUTE]
    assert list(store.figures.decided(NOW + 21 * MINUTE)) == []


def test_time_to_delivery(peopled: Store) -> None:
    """From approval to the moment when Slack took the first link; a later link of the same request does not count."""
    approve(peopled)
    for name, minutes in (("first", 12), ("second", 50)):
        at = NOW + minutes * MINUTE
        peopled.outbox.put(name, "link", nouns.link().id, "UADA", now=at)
        entry = peopled.outbox.claim(name, now=at, until=at + MINUTE)
        assert entry is not None
        peopled.outbox.sent(entry, now=at, posted_ts="1.0")

    assert [end - begin for begin, end in peopled.figures.delivered(NOW)] == [2 * MINUTE]


def test_messages_that_wait(store: Store) -> None:
    """Waiting messages are counted, with the moment of the oldest."""
    store.outbox.put("a", "card", "REQ-1", "C1", now=NOW + MINUTE)
    store.outbox.put("b", "card", "REQ-2", "C1", now=NOW)

    assert store.figures.waiting() == (2, NOW)


def test_applications_by_their_last_secret(peopled: Store) -> None:
    """An application counts by its last secret, so that one with a successor is not about to end."""
    for number, days in enumerate((2, 40), start=1):
        ends_at = NOW + timedelta(days=days)
        peopled.credentials.add(nouns.credential(number, application_id="app-1", link_id="link-1", ends_at=ends_at))
    moments = [NOW + timedelta(days=days) for days in (0, 3, 30, 90)]

    assert peopled.figures.last_secrets(NOW, moments) == LastSecrets(
        applications=1, ended_before=[0, 0, 0, 1], next_end=NOW + timedelta(days=40)
    )


def test_applications_without_a_secret(peopled: Store) -> None:
    """An application whose last secret has ended is no next one, and one whose secret was removed counts nowhere."""
    peopled.credentials.add(nouns.credential(ends_at=NOW - MINUTE))
    ended = peopled.figures.last_secrets(NOW, [NOW])
    peopled.database.run("UPDATE credentials SET state = 'removed'")

    assert ended == LastSecrets(applications=1, ended_before=[1], next_end=None)
    assert peopled.figures.last_secrets(NOW, [NOW]) == LastSecrets(applications=0, ended_before=[0], next_end=None)


def test_notes_of_several_instances(store: Store) -> None:
    """What instances count is added up; of when a round went well the latest stays, in whatever order they tell it."""
    store.figures.note({CALL: 2}, {"messages": NOW + MINUTE})
    store.figures.note({CALL: 3}, {"messages": NOW, "reminders": NOW})

    assert store.figures.calls() == {CALL: 5}
    assert store.figures.round_runs() == {"messages": NOW + MINUTE, "reminders": NOW}
