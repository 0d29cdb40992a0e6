"""Which secrets are due a word: the ladder, and the daily round that claims a step and then tells.

A step is claimed by its row before anybody is told, so it is said once, whatever restarts. A missed day loses
nothing: the round says the latest step that was crossed and not yet said.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from bot.errors import AlreadySettled, FormFaults, NotAllowed, NotFound
from bot.events import AuditEvent
from bot.identifiers import row_name, short_name
from bot.lifecycle import CredentialState
from bot.notices import Notices
from bot.policy import Policy
from bot.records import Application, Credential
from storage import Store

# A secret that lives at least three times the highest step gets the whole ladder.
FULL_LADDER = 3
# After its end a secret is spoken of for so long, in case the bot was down on the day itself.
AFTERWARDS_DAYS = 7
# Nobody can snooze past this many days before the end.
LAST_QUIET_DAYS = 3
# So many secrets are read at once.
PAGE = 200


def ladder(steps: Sequence[int], life_days: int) -> tuple[int, ...]:
    """Return the days before the end at which to remind, highest first, shrunk in proportion for short secrets."""
    full = FULL_LADDER * max(steps)
    scale = min(1.0, life_days / full) if full else 1.0
    return tuple(sorted({round(step * scale) for step in steps}, reverse=True))


def due_step(steps: Sequence[int], days_left: int) -> int | None:
    """Return the lowest step that was crossed with so many whole days left; None when none is due."""
    if days_left < -AFTERWARDS_DAYS:
        return None
    return min((step for step in steps if days_left <= step), default=None)


def days_until(moment: datetime, now: datetime) -> int:
    """Return how many calendar days, UTC, lie between now and a moment; 0 on the day itself."""
    return (moment.date() - now.date()).days


def last_quiet_day(credential: Credential) -> date:
    """Return the last day until which reminders about a credential can be snoozed."""
    return credential.ends_at.date() - timedelta(days=LAST_QUIET_DAYS)


def last_good(credentials: Sequence[Credential]) -> Credential | None:
    """Return the live credential that ends last: the only one whose end matters."""
    live = [credential for credential in credentials if credential.state is CredentialState.LIVE]
    return max(live, key=lambda credential: credential.ends_at, default=None)


class Reminders:
    """The daily round, and snoozing."""

    def __init__(self, store: Store, notices: Notices, policy: Policy, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._notices = notices
        self._policy = policy
        self._now = clock
        self._pages: Iterator[Sequence[Credential]] | None = None

    def remind_due(self) -> bool:
        """Remind the owners of applications whose last good secret has crossed a step: of one page of all secrets.

        Return whether there may be more: the next call goes on where this one ended, or after an error begins anew.
        """
        pages, self._pages = self._pages or self._within_reach(), None
        page = next(pages, ())
        for found in page:
            self._remind(found)
        more = len(page) == PAGE
        self._pages = pages if more else None
        return more

    def _within_reach(self) -> Iterator[Sequence[Credential]]:
        """Return the secrets that any step of any ladder can be about, a page at a time: there may be very many."""
        now = self._now()
        horizon = now + timedelta(days=max(self._policy.reminder_days) + 1)
        last = (now - timedelta(days=AFTERWARDS_DAYS + 1), "")
        while page := self._store.credentials.live_ending(after=last, before=horizon, limit=PAGE):
            yield page
            last = (page[-1].ends_at, page[-1].key_id)

    def _remind(self, credential: Credential) -> None:
        now = self._now()
        step = due_step(self._steps(credential), days_until(credential.ends_at, now))
        # Most secrets within reach were spoken of already: a plain read says so, without queueing for the write lock.
        if step is None or self._store.reminders.is_claimed(credential.key_id, step):
            return
        last = last_good(self._store.credentials.of_application(credential.application_id))
        # Told by its id: what else is known of it may have changed since its page was read.
        if last is None or last.key_id != credential.key_id or (last.snoozed_until and now < last.snoozed_until):
            return
        application = self._store.applications.get(last.application_id)
        if application is not None:
            self._tell(last, application, step)

    def _steps(self, credential: Credential) -> tuple[int, ...]:
        """Return the ladder, with the day on which a snooze ended as a step of its own: that day was asked for."""
        if credential.snoozed_until is None:
            return self.ladder_of(credential)
        return (*self.ladder_of(credential), days_until(credential.ends_at, credential.snoozed_until))

    def ladder_of(self, credential: Credential) -> tuple[int, ...]:
        """Return the ladder of one credential, by its own length of life."""
        return ladder(self._policy.reminder_days, (credential.ends_at - credential.starts_at).days)

    def _tell(self, credential: Credential, application: Application, step: int) -> None:
        reminder_id = short_name("reminder")
        with self._store.transaction():
            if not self._store.reminders.claim(reminder_id, credential.key_id, step, now=self._now()):
                return
            self._record(AuditEvent.REMINDER_SEND, "bot", credential, step=step)
            for owner in application.owners:
                self._notices.reminder_due(reminder_id, owner.person_id)

    def snooze(self, key_id: str, person_id: str, until: date) -> None:
        """Keep quiet about a secret until a day. Raises NotAllowed, NotFound, AlreadySettled, FormFaults."""
        credential, application = owned(self._store, key_id, person_id)
        latest = last_quiet_day(credential)
        if not self._now().date() < until <= latest:
            raise FormFaults(
                {
                    "snooze": f"Choose a day after today and not after {latest:%d %B %Y},"
                    f" {LAST_QUIET_DAYS} days before the secret ends."
                }
            )
        moment = datetime.combine(until, datetime.min.time(), tzinfo=self._now().tzinfo)
        with self._store.transaction():
            if not self._store.credentials.snooze(key_id, moment):
                raise AlreadySettled("This secret was replaced already; there is nothing to snooze.")
            self._record(AuditEvent.REMINDER_SNOOZE, person_id, credential, until=until.isoformat())
            reminder = self._store.reminders.latest(key_id)
            for owner in application.owners if reminder else ():
                self._notices.reminder_changed(reminder or "", owner.person_id)

    def _record(self, event: AuditEvent, actor: str, credential: Credential, **details: str | int) -> None:
        self._store.audit.add(
            row_name(),
            event,
            actor,
            now=self._now(),
            application_id=credential.application_id,
            details={"key_id": credential.key_id, **details},
        )


def owned(store: Store, key_id: str, person_id: str) -> tuple[Credential, Application]:
    """Return a credential with its application if this person owns it. Raises NotFound, NotAllowed."""
    credential = store.credentials.get(key_id)
    application = store.applications.get(credential.application_id) if credential else None
    if credential is None or application is None:
        raise NotFound("This secret is not known any more. `/register-app list` shows your applications.")
    if all(owner.person_id != person_id for owner in application.owners):
        raise NotAllowed("Only an owner of the application can do this.")
    return credential, application
