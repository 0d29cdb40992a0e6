"""The daily round, which climbs down the ladder over a real store, and snoozing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import AlreadySettled, FormFaults, NotAllowed, NotFound, StorageUnavailable
from bot.lifecycle import CredentialEvent
from bot.policy import Policy
from bot.records import Credential, Note
from bot.reminders import Reminders
from storage import Store, open_store
from storage.credentials import Credentials
from storage.reminders import Reminders as ReminderRows
from tests.domain import nouns
from tests.domain.nouns import NOW
from tests.sandbox.timepiece import HeldClock

STEPS = Policy().reminder_days


@dataclass(kw_only=True)
class Listener:
    """Hears what people are told."""

    reminded: list[tuple[str, str]] = field(default_factory=list)
    redrawn: list[tuple[str, str]] = field(default_factory=list)

    def request_changed(self, request_id: str) -> None:
        """Nothing to do with reminders."""

    def approvers_told(self, request_id: str, note: Note) -> None:
        """Nothing to do with reminders."""

    def person_told(self, person_id: str, note: Note) -> None:
        """Nothing to do with reminders."""

    def link_issued(self, link_id: str, recipient_id: str) -> None:
        """Nothing to do with reminders."""

    def link_changed(self, link_id: str, recipient_id: str) -> None:
        """Nothing to do with reminders."""

    def reminder_due(self, reminder_id: str, person_id: str) -> None:
        """Keep who is reminded."""
        self.reminded.append((reminder_id, person_id))

    def reminder_changed(self, reminder_id: str, person_id: str) -> None:
        """Keep whose reminder is redrawn."""
        self.redrawn.append((reminder_id, person_id))


@dataclass(kw_only=True)
class Desk:
    """Reminders over a real store, with a clock that is moved by hand."""

    store: Store
    clock: HeldClock
    listener: Listener
    reminders: Reminders

    def live(self, days: int) -> list[int]:
        """Let so many days pass with a round on each; the days on which somebody was reminded, counted from now."""
        told = []
        for day in range(1, days + 1):
            self.clock.advance(timedelta(days=1))
            before = len(self.listener.reminded)
            self.reminders.remind_due()
            if len(self.listener.reminded) > before:
                told.append(day)
        return told


def companion(days: int) -> Credential:
    """Another secret of the same application, that lives so many days."""
    ends_at = NOW + timedelta(days=days)
    return nouns.credential(2, application_id="app-1", link_id="link-1", ends_at=ends_at)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A store with one application, whose one secret lives 180 days."""
    store = open_store(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    store.migrate(NOW)
    store.requests.add(nouns.request())
    store.applications.add(nouns.application())
    store.links.add(nouns.link())
    store.credentials.add(nouns.credential())
    clock, listener = HeldClock(NOW), Listener()
    yield Desk(store=store, clock=clock, listener=listener, reminders=Reminders(store, listener, Policy(), clock.now))
    store.close()


def test_a_whole_life(desk: Desk) -> None:
    """Over its whole life and beyond, a secret is spoken of once for each step and to each owner."""
    told = desk.live(220)

    assert [180 - day for day in told] == list(STEPS)
    assert len(set(desk.listener.reminded)) == len(desk.listener.reminded) == 2 * len(STEPS)
    assert {person_id for _, person_id in desk.listener.reminded} == {"UADA", "UCO0001"}


def test_two_rounds_a_day(desk: Desk) -> None:
    """A round walked twice says nothing twice, and each word is in the audit."""
    desk.clock.advance(timedelta(days=173))

    for _ in range(2):
        desk.reminders.remind_due()

    assert [person_id for _, person_id in desk.listener.reminded] == ["UADA", "UCO0001"]
    assert [row["event"] for row in desk.store.audit.rows()] == ["reminder:send"]


class BusyCredentials(Credentials):
    """The table of secrets, in which a trial ends whenever a page was just read."""

    def live_ending(self, *, after: tuple[datetime, str], before: datetime, limit: int) -> list[Credential]:
        """Return a page, and change a row of it before its reader has looked."""
        page = super().live_ending(after=after, before=before, limit=limit)
        for credential in page:
            self.record_proof(credential.key_id, accepted=True, now=NOW)
        return page


def test_a_secret_that_changes_meanwhile(desk: Desk) -> None:
    """A secret whose trial ends while the round walks is spoken of all the same."""
    object.__setattr__(desk.store, "credentials", BusyCredentials(desk.store.database))
    desk.clock.advance(timedelta(days=173))
    desk.reminders.remind_due()

    assert [person_id for _, person_id in desk.listener.reminded] == ["UADA", "UCO0001"]


class AwayOnce(ReminderRows):
    """The table of reminders of a database that is away at the first claim."""

    away = True

    def claim(self, reminder_id: str, key_id: str, step: int, *, now: datetime) -> bool:
        """Claim a step, but not the first time."""
        if self.away:
            self.away = False
            raise StorageUnavailable("Away.")
        return super().claim(reminder_id, key_id, step, now=now)


def test_a_round_that_failed(desk: Desk) -> None:
    """A round that met an error begins anew the next time, and leaves nobody out."""
    object.__setattr__(desk.store, "reminders", AwayOnce(desk.store.database))
    desk.clock.advance(timedelta(days=173))
    with pytest.raises(StorageUnavailable):
        desk.reminders.remind_due()
    desk.reminders.remind_due()

    assert [person_id for _, person_id in desk.listener.reminded] == ["UADA", "UCO0001"]


def test_a_secret_that_was_replaced(desk: Desk) -> None:
    """A secret that retires is not spoken of."""
    desk.store.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=NOW + timedelta(days=7))

    assert desk.live(200) == []


def test_a_secret_with_a_longer_lived_companion(desk: Desk) -> None:
    """While another secret of the application lives longer, the end of this one needs no word."""
    desk.store.credentials.add(companion(days=300))
    told = desk.live(200)

    assert told == []


def test_an_application_that_is_not_wanted(desk: Desk) -> None:
    """Secrets of an application that is to be removed are not spoken of."""
    desk.store.applications.disown("app-1", now=NOW)

    assert desk.live(200) == []


def test_snoozing(desk: Desk) -> None:
    """A snoozed secret is not spoken of until that day, then at the step that was crossed meanwhile."""
    desk.clock.advance(timedelta(days=121))
    desk.reminders.remind_due()
    desk.reminders.snooze("key-1", "UADA", (NOW + timedelta(days=170)).date())
    told = desk.live(59)

    assert [180 - 121 - day for day in told] == [10, 7, 3, 1, 0]
    assert [person_id for _, person_id in desk.listener.redrawn] == ["UADA", "UCO0001"]
    assert desk.listener.redrawn == desk.listener.reminded[:2]


@pytest.mark.parametrize("days", [-5, 0, 178, 180, 500])
def test_no_snoozing_past_the_end(desk: Desk, days: int) -> None:
    """Nobody can snooze to today or before, nor to less than three days before the end."""
    with pytest.raises(FormFaults, match="not after 19 May 2027, 3 days before the secret ends"):
        desk.reminders.snooze("key-1", "UADA", (NOW + timedelta(days=days)).date())


@pytest.mark.parametrize("days", [1, 177])
def test_the_first_and_the_last_day_of_quiet(desk: Desk, days: int) -> None:
    """Tomorrow and the third day before the end are both days until which one can snooze."""
    desk.reminders.snooze("key-1", "UCO0001", (NOW + timedelta(days=days)).date())
    found = desk.store.credentials.get("key-1")

    assert found is not None
    assert found.snoozed_until == datetime(2026, 11, 23, tzinfo=NOW.tzinfo) + timedelta(days=days)


def test_who_may_not_snooze(desk: Desk) -> None:
    """Only an owner can snooze, and only a secret that is known and in use."""
    day = date(2026, 12, 24)
    with pytest.raises(NotAllowed):
        desk.reminders.snooze("key-1", "UEVE", day)
    with pytest.raises(NotFound):
        desk.reminders.snooze("key-x", "UADA", day)
    desk.store.credentials.retire("key-1", CredentialEvent.SUPERSEDE, remove_at=NOW)
    with pytest.raises(AlreadySettled):
        desk.reminders.snooze("key-1", "UADA", day)

    assert list(desk.store.audit.rows()) == []


def test_a_short_secret(desk: Desk) -> None:
    """A secret of 30 days is spoken of first on its twentieth, and on its last."""
    desk.store.credentials.retire("key-1", CredentialEvent.DISOWN, remove_at=NOW)
    desk.store.credentials.add(companion(days=30))

    assert [30 - day for day in desk.live(60)] == [10, 5, 2, 1, 0]
