"""What the one-time page may do: look, reveal, and say that it rendered; for the link's recipient alone.

Where Slack's OpenID Connect is configured the page knows who is signed in. Whoever opens a link that was sent to
somebody else hears what every wrong token hears, uses nothing up, and the recipient is told: once for each person, so
that nobody can flood them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.events import AuditEvent
from bot.identifiers import row_name
from bot.links import UNKNOWN, Links
from bot.minting import Minting
from bot.model import LinkStatus, NotMinted, Revealed, Viewer
from bot.notices import Notices
from bot.records import Link, Note
from storage import Store


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The use case behind the page; with `must_sign_in` a viewer whom nobody knows is told nothing.

    `minted` is called when a secret was made, from which more work follows.
    """

    store: Store
    links: Links
    minting: Minting
    notices: Notices
    clock: Callable[[], datetime]
    must_sign_in: bool
    minted: Callable[[], None]

    def look(self, token: str, viewer: Viewer) -> LinkStatus:
        """Say how a link stands; nothing is used up."""
        return self.links.look(token) if self._lets_in(token, viewer) else UNKNOWN

    def reveal(self, token: str, viewer: Viewer) -> Revealed | LinkStatus | NotMinted:
        """Mint, or say how the link stands."""
        outcome = self.minting.reveal(token, viewer) if self._lets_in(token, viewer) else UNKNOWN
        if isinstance(outcome, Revealed):
            self.minted()
        return outcome

    def seen(self, token: str, viewer: Viewer) -> None:
        """Record that the page rendered the secret."""
        if self._lets_in(token, viewer):
            self.links.seen(token, viewer.person_id)

    def _lets_in(self, token: str, viewer: Viewer) -> bool:
        """Say whether this viewer may hear of the link; a link has one recipient for all its life."""
        if not self.must_sign_in:
            return True
        link = self.links.find(token) if viewer.person_id is not None else None
        if link is None or viewer.person_id is None:
            return False
        if link.recipient_id != viewer.person_id:
            self._turn_away(link, viewer.person_id)
        return link.recipient_id == viewer.person_id

    def _turn_away(self, link: Link, person_id: str) -> None:
        """Write down who it was and tell the recipient, the first time that this person opens this link."""
        if self.store.onlookers.is_known(link.id, person_id):
            return
        now = self.clock()
        with self.store.transaction():
            if not self.store.onlookers.add(link.id, person_id, now=now):
                return
            self.store.audit.add(
                row_name(),
                AuditEvent.LINK_TURN_AWAY,
                person_id,
                now=now,
                application_id=link.application_id,
                link_id=link.id,
                details={"recipient": link.recipient_id},
            )
            facts = {"application": self.links.application_of(link).display_name}
            self.notices.person_told(link.recipient_id, Note(kind="turned_away", facts=facts))
