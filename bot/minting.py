"""A press of "Show the secret": claim the link, have Entra mint, record, hand the text to one browser.

Of any number of simultaneous presses exactly one claims the link. The claim has a lease, so that a process that
dies while minting leaves the link to whoever claims it next, and that one first removes what the dead one may have
made (bot.orphans). A claim that was lost is found out when the result is recorded, and what was minted under it is
removed again.
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
from bot.orphans import LEASE, LeaseLost, Orphans, marked
from bot.policy import Policy
from bot.records import Credential, Link, Note
from storage import Store

log = logging.getLogger(__name__)


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
        orphans: Orphans,
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
        self._orphans = orphans
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
                self._orphans.remove_of(link, lease)
            self._orphans.hold(link, lease)
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
                    self._orphans.search_later(link)
            return NotMinted(sentence=TRY_AGAIN, lasting=False)
        except EntraError as error:
            self._give_back(link, lease, error)
            return NotMinted(sentence=GONE if isinstance(error, EntraMissing) else REFUSED, lasting=True)

    def _give_back(self, link: Link, lease: str, refusal: EntraError | None = None) -> None:
        """Let the link be as good as before, and the approvers know what Entra refused."""
        with self._store.transaction():
            if self._orphans.open_again(link, lease) and refusal is not None:
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
                self._orphans.search_later(link)
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
        self._orphans.search_later(link)

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
