"""Behind a press that was never finished: the secret that nobody saw is found by its link's mark, and removed.

A process may die after Entra has minted and before that is recorded. Nobody has the text of such a secret; it carries
its link's name and no row records it. It is removed by whoever claims the link next, and Entra's reads lag behind its
writes, so it is looked for again after its link has ended.
"""

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import EntraError, EntraMissing
from bot.events import AuditEvent
from bot.graph.applications import Applications
from bot.identifiers import row_name, short_name
from bot.links import Links
from bot.policy import Policy
from bot.records import Link
from storage import Store

log = logging.getLogger(__name__)

# Longer than one call with all its retries may take; it is renewed from call to call.
LEASE = timedelta(minutes=2)
SEARCHES = 3
FIRST_SEARCH = timedelta(minutes=1)
# Long enough for a search, too: one whose process died is made again when the next would be.
NEXT_SEARCH = timedelta(minutes=15)


class LeaseLost(Exception):
    """Somebody else has the link now: this one took too long."""


class Orphans:
    """Removes what carries a link's mark and is recorded nowhere, and opens abandoned links again."""

    def __init__(
        self, store: Store, applications: Applications, links: Links, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        """`applications` must not be more patient than a person before a page."""
        self._store = store
        self._applications = applications
        self._links = links
        self._policy = policy
        self._now = clock

    def recover(self) -> bool:
        """Clean up behind one press whose process died, and open its link again; return whether there may be more."""
        lease, now = short_name("lease"), self._now()
        link = self._store.links.take_over(lease, now=now, until=now + LEASE)
        if link is None:
            return False
        with contextlib.suppress(LeaseLost):
            self._recover(link, lease)
        return True

    def _recover(self, link: Link, lease: str) -> None:
        try:
            self.remove_of(link, lease)
        except EntraMissing:
            log.warning("The application of %s is gone from Entra.", link.id)
        except EntraError as error:
            log.warning("Recovery of %s waits for Entra: %s", link.id, error)
            return
        with self._store.transaction():
            self.open_again(link, lease)
            self.search_later(link)

    def sweep(self) -> bool:
        """Look again for secrets that one ended link may have left in Entra; return whether there may be more."""
        now = self._now()
        claimed = self._store.links.claim_sweep(now=now, until=now + NEXT_SEARCH)
        if claimed is None:
            return False
        link, left = claimed
        try:
            self.remove_of(link)
        except EntraMissing:
            left = 1
        except EntraError as error:
            log.warning("The sweep for %s waits for Entra: %s", link.id, error)
            left += 1
        self._store.links.sweep_later(link.id, at=self._now() + NEXT_SEARCH, times=left - 1)
        return True

    def remove_of(self, link: Link, lease: str | None = None) -> None:
        """Remove from Entra what carries this link's mark and is recorded nowhere. Raises EntraError.

        Under a lease it raises LeaseLost before it removes anything that was listed after the lease went to somebody
        else: that may be the secret which this one is about to show.
        """
        application = self._links.application_of(link)
        known = {credential.key_id for credential in self._store.credentials.of_application(application.id)}
        orphans = [
            found.key_id
            for found in self._applications.secrets(application.object_id)
            if found.display_name.endswith(mark(link.id)) and found.key_id not in known
        ]
        for key_id in orphans:
            if lease is not None:
                self.hold(link, lease)
            self._applications.remove_secret(application.object_id, key_id)
            self._record(AuditEvent.SECRET_ORPHAN_REMOVE, link, key_id=key_id)

    def hold(self, link: Link, lease: str) -> None:
        """Hold a link for one more call. Raises LeaseLost before that call when somebody else has it."""
        if not self._store.links.renew(link.id, lease, until=self._now() + LEASE):
            log.warning("The lease on %s was lost; somebody else has the link.", link.id)
            raise LeaseLost

    def open_again(self, link: Link, lease: str) -> bool:
        """Let a claimed link be as good as before, and good a while longer if its time ran out meanwhile."""
        until = self._now() + timedelta(minutes=self._policy.arm_minutes)
        with self._store.transaction():
            if not self._store.links.give_back(link.id, lease, expires_at=until):
                return False
            self._record(AuditEvent.LINK_GIVE_BACK, link)
        return True

    def search_later(self, link: Link) -> None:
        """Have the tenant searched for what this link may have left, once it has ended."""
        self._store.links.sweep_later(link.id, at=self._now() + FIRST_SEARCH, times=SEARCHES)

    def _record(self, event: AuditEvent, link: Link, **details: str) -> None:
        self._store.audit.add(
            row_name(),
            event,
            "bot",
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
