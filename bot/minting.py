"""A press of "Show the secret": claim the link, have Entra mint, record, hand the text to one browser.

Of any number of simultaneous presses exactly one claims the link. The claim has a lease, so that a process that
dies while minting leaves the link to whoever claims it next, and that one first removes what the dead one may have
made: a credential that carries the link's name and that no row records. A claim that was lost is found out when the
result is recorded, and what was minted under it is removed again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import EntraError, EntraMissing, EntraUnavailable
from bot.events import AuditEvent
from bot.graph import Entra
from bot.graph.applications import Applications
from bot.identifiers import row_name, short_name
from bot.lifecycle import CredentialEvent, CredentialState
from bot.links import UNKNOWN, Links
from bot.model import LinkStatus, NewSecret, NotMinted, Revealed, SecretText, Viewer
from bot.notices import Notices
from bot.policy import Policy
from bot.records import Application, Credential, Link, Note
from storage import Store

log = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Somebody else has the link now: this one took too long."""


# Longer than one addPassword with all its retries may take.
LEASE = timedelta(minutes=2)
# Entra's reads lag behind its writes, so a possible orphan is looked for again after its link has ended.
SWEEPS = 3
FIRST_SWEEP = timedelta(minutes=1)
NEXT_SWEEP = timedelta(minutes=15)

TRY_AGAIN = "Entra did not answer just now. Nothing was used up: your link is as good as before. Try again in a minute."
REFUSED = (
    "Entra refused to make the secret. Your approvers were told why. Your link stays good:"
    " press its button in Slack again when they say so."
)
GONE = "The application does not exist in Entra any more, so it can have no secret. Ask your approvers about it."


class Minting:
    """Makes of one press at most one secret."""

    def __init__(  # noqa: PLR0913 - a use case lists what it needs, once, in the composition root
        self,
        *,
        store: Store,
        entra: Entra,
        applications: Applications,
        links: Links,
        notices: Notices,
        policy: Policy,
        clock: Callable[[], datetime],
        prove: Callable[[str, str, SecretText], None],
    ) -> None:
        """`applications` must not be more patient than a person before a page."""
        self._store = store
        self._tokens = entra.tokens
        self._applications = applications
        self._links = links
        self._notices = notices
        self._policy = policy
        self._now = clock
        self._prove = prove

    def reveal(self, token: str, viewer: Viewer) -> Revealed | LinkStatus | NotMinted:
        """Mint if this press wins the link, or say how the link stands."""
        link = self._links.find(token)
        if link is None:
            return UNKNOWN
        status = self._links.status(link)
        # The losers of a race are turned away by this plain read, without ever queueing for the write lock.
        if status.state != "ready":
            return status
        lease = short_name("lease")
        if not self._claim(link, lease, viewer):
            return self._links.look(token)
        try:
            return self._reveal_claimed(self._store.links.get(link.id) or link, lease, viewer)
        except LeaseLost:
            return self._links.look(token)

    def _reveal_claimed(self, link: Link, lease: str, viewer: Viewer) -> Revealed | NotMinted:
        """Mint and record under a lease. Raises LeaseLost when somebody else has the link, and nothing is left."""
        minted = self._mint(link, lease)
        if isinstance(minted, NotMinted):
            return minted
        if not self._recorded(link, lease, minted, viewer):
            self._take_back(link, minted.credential.key_id)
            raise LeaseLost
        self._prove(minted.credential.key_id, self._links.application_of(link).app_id, minted.text)
        return self._revealed(link, minted)

    def _claim(self, link: Link, lease: str, viewer: Viewer) -> bool:
        now = self._now()
        with self._store.transaction():
            if not self._store.links.claim(link.id, lease, now=now, until=now + LEASE, viewer_id=viewer.person_id):
                return False
            self._record(AuditEvent.LINK_CLAIM, viewer.person_id or "browser", link)
        return True

    def _mint(self, link: Link, lease: str) -> NewSecret | NotMinted:
        application = self._links.application_of(link)
        try:
            if link.attempts > 1:
                self._remove_orphans(link, application, lease)
            self._must_hold(link, lease)
            return self._applications.add_secret(
                application.object_id,
                display_name=marked(application.form.secret_description, link.id),
                ends_at=self._links.life_of(link).ends_at(self._now()),
            )
        except EntraUnavailable as error:
            log.warning("Minting for %s did not succeed: %s", link.id, error)
            with self._store.transaction():
                self._give_back(link, lease)
                if error.effect == "unclear":
                    # Should nobody press again, the secret that nobody saw is looked for once the link has ended.
                    self._store.links.sweep_later(link.id, at=self._now() + FIRST_SWEEP, times=SWEEPS)
            return NotMinted(sentence=TRY_AGAIN, lasting=False)
        except EntraError as error:
            self._give_back(link, lease, error)
            return NotMinted(sentence=GONE if isinstance(error, EntraMissing) else REFUSED, lasting=True)

    def _give_back(self, link: Link, lease: str, refusal: EntraError | None = None) -> None:
        """Let the link be as good as before, and good a while longer if its time ran out meanwhile."""
        until = self._now() + timedelta(minutes=self._policy.arm_minutes)
        with self._store.transaction():
            if not self._store.links.give_back(link.id, lease, expires_at=until):
                return
            self._record(AuditEvent.LINK_GIVE_BACK, "bot", link)
            if refusal is not None:
                application = self._links.application_of(link)
                facts = {"code": refusal.code, "message": refusal.message, "request_id": refusal.request_id}
                self._notices.approvers_told(application.request_id, Note(kind="not_minted", facts=facts))

    def _recorded(self, link: Link, lease: str, minted: NewSecret, viewer: Viewer) -> bool:
        """Record the view with everything that follows from it; False when the lease went to somebody else."""
        now, made = self._now(), minted.credential
        seen_from = f"{viewer.browser}, {viewer.address_family}"
        with self._store.transaction():
            if not self._store.links.record(link.id, lease, key_id=made.key_id, viewed_from=seen_from, now=now):
                return False
            self._store.credentials.add(
                Credential(
                    key_id=made.key_id,
                    application_id=link.application_id,
                    link_id=link.id,
                    state=CredentialState.LIVE,
                    description=self._links.application_of(link).form.secret_description,
                    hint=made.hint,
                    starts_at=now,
                    ends_at=made.ends_at,
                )
            )
            actor = viewer.person_id or "browser"
            self._record(AuditEvent.SECRET_VIEW, actor, link, key_id=made.key_id, seen_from=seen_from)
            if link.attempts > 1:
                self._store.links.sweep_later(link.id, at=now + FIRST_SWEEP, times=SWEEPS)
            self._supersede(link, now)
            self._notices.link_changed(link.id, link.recipient_id)
        return True

    def _supersede(self, link: Link, now: datetime) -> None:
        """Let the secret that this link rotates retire after its overlap, or with its own end if that comes first."""
        before = self._links.secret_before(link)
        if link.rotates_key_id is None or before is None:
            return
        remove_at = max(now, min(now + timedelta(days=self._policy.overlap_days), before.ends_at))
        if self._store.credentials.retire(link.rotates_key_id, CredentialEvent.SUPERSEDE, remove_at=remove_at):
            self._record(AuditEvent.SECRET_SUPERSEDE, "bot", link, key_id=link.rotates_key_id)
            self._links.redraw(before.link_id)
            reminder = self._store.reminders.latest(link.rotates_key_id)
            if reminder is not None:
                for owner in self._links.application_of(link).owners:
                    self._notices.reminder_changed(reminder, owner.person_id)

    def _take_back(self, link: Link, key_id: str) -> None:
        """Remove what was minted under a lease that had been lost: somebody else minted, or will."""
        log.warning("The lease on %s was lost while minting; what was minted is removed again.", link.id)
        try:
            self._applications.remove_secret(self._links.application_of(link).object_id, key_id)
        except EntraError as error:
            log.warning("A secret minted too late for %s is left to the sweep: %s", link.id, error)
        self._store.links.sweep_later(link.id, at=self._now() + FIRST_SWEEP, times=SWEEPS)

    def _must_hold(self, link: Link, lease: str) -> None:
        if not self._store.links.is_held(link.id, lease):
            log.warning("The lease on %s was lost; somebody else has the link.", link.id)
            raise LeaseLost

    def _remove_orphans(self, link: Link, application: Application, lease: str | None = None) -> int:
        """Remove from Entra what carries this link's name and is recorded nowhere; return how many.

        Under a lease it raises LeaseLost before it removes anything that was listed after the lease went to somebody
        else: that may be the secret which this one is about to show.
        """
        known = {credential.key_id for credential in self._store.credentials.of_application(application.id)}
        orphans = [
            found.key_id
            for found in self._applications.secrets(application.object_id)
            if found.display_name.endswith(mark(link.id)) and found.key_id not in known
        ]
        for key_id in orphans:
            if lease is not None:
                self._must_hold(link, lease)
            self._applications.remove_secret(application.object_id, key_id)
            self._record(AuditEvent.SECRET_ORPHAN_REMOVE, "bot", link, key_id=key_id)
        return len(orphans)

    def recover_abandoned(self) -> int:
        """Clean up behind presses whose process died, and open their links again; return how many."""
        return sum(self._recover(link) for link in self._store.links.abandoned(now=self._now()))

    def _recover(self, link: Link) -> bool:
        lease, now = short_name("lease"), self._now()
        if not self._store.links.take_over(link.id, lease, now=now, until=now + LEASE):
            return False
        try:
            self._remove_orphans(link, self._links.application_of(link), lease)
        except LeaseLost:
            return False
        except EntraMissing:
            log.warning("The application of %s is gone from Entra.", link.id)
        except EntraError as error:
            log.warning("Recovery of %s waits for Entra: %s", link.id, error)
            return False
        with self._store.transaction():
            self._give_back(link, lease)
            self._store.links.sweep_later(link.id, at=now + FIRST_SWEEP, times=SWEEPS)
        return True

    def sweep(self) -> int:
        """Look again for secrets that an ended link may have left in Entra; return how many links were searched."""
        due = self._store.links.to_sweep(now=self._now())
        return sum(self._sweep(link, left) for link, left in due)

    def _sweep(self, link: Link, left: int) -> bool:
        now = self._now()
        if not self._store.links.claim_sweep(link.id, now=now, until=now + LEASE):
            return False
        try:
            self._remove_orphans(link, self._links.application_of(link))
        except EntraMissing:
            left = 1
        except EntraError as error:
            log.warning("The sweep for %s waits for Entra: %s", link.id, error)
            left += 1
        self._store.links.sweep_later(link.id, at=self._now() + NEXT_SWEEP, times=left - 1)
        return True

    def _revealed(self, link: Link, minted: NewSecret) -> Revealed:
        application = self._links.application_of(link)
        return Revealed(
            facts=self._links.facts(link),
            text=minted.text,
            ends_at=minted.credential.ends_at,
            authority=self._tokens.authority,
            token_endpoint=self._tokens.token_endpoint,
            scopes=tuple(scope.request_string for scope in application.form.scopes),
        )

    def _record(self, event: AuditEvent, actor: str, link: Link, **details: str) -> None:
        self._store.audit.add(
            row_name(),
            event,
            actor,
            now=self._now(),
            application_id=link.application_id,
            link_id=link.id,
            details=details,
        )


def mark(link_id: str) -> str:
    """Return what a secret's description in Entra ends with, so that an orphan can be told."""
    return f" [{link_id}]"


def marked(description: str, link_id: str) -> str:
    """Return the description under which a link's secret stands in Entra."""
    return f"{description}{mark(link_id)}"
