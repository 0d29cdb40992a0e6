"""The one-time link: issued, sent, armed, renewed, ended. What a press makes of it is bot.minting.

The link is `/secret#<token>`. The token is 32 random bytes that exist in the message and in the browser; here there
is only its hash. The link mints nothing until the person it was sent to pressed its button in Slack, which arms it for
some minutes: a link that leaked, was exported, or is pressed by a scanner is worth nothing.
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import AlreadySettled, NotAllowed, NotFound
from bot.events import AuditEvent
from bot.identifiers import row_name, short_name
from bot.life import Life, first_life, next_life
from bot.lifecycle import LinkEvent, LinkStage, RequestState
from bot.model import LinkFacts, LinkState, LinkStatus
from bot.notices import Notices
from bot.policy import Policy
from bot.records import Application, Credential, Link, Note, Outgoing
from bot.reminders import last_good
from storage import Store

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
UNKNOWN = LinkStatus(state="unknown")


def token_hash(token: str) -> str:
    """Return the hash that stands for a token. 256 random bits need no salt and no stretching."""
    return hashlib.sha256(token.encode()).hexdigest()


class Links:
    """Issues and ends links, and says how they stand."""

    def __init__(
        self,
        store: Store,
        notices: Notices,
        policy: Policy,
        clock: Callable[[], datetime],
        tenant_id: str,
    ) -> None:
        self._store = store
        self._notices = notices
        self._policy = policy
        self._now = clock
        self._tenant_id = tenant_id

    def issue(self, application: Application, recipient_id: str, *, actor: str, rotates: str | None = None) -> str:
        """Issue a link and have it sent; joins the running transaction. Raises AlreadySettled when one is alive."""
        now = self._now()
        link = Link(
            id=short_name("link"),
            application_id=application.id,
            recipient_id=recipient_id,
            stage=LinkStage.OPEN,
            issued_at=now,
            expires_at=now + timedelta(hours=self._policy.link_hours),
            rotates_key_id=rotates,
        )
        with self._store.transaction():
            if not self._store.links.add(link):
                raise AlreadySettled(
                    "A link for this application is on its way already: look for it in your messages"
                    " with me, or in those of its other owners."
                )
            self._record(AuditEvent.LINK_ISSUE, actor, link, recipient=recipient_id)
            self._notices.link_issued(link.id, recipient_id)
        return link.id

    def new_token(self, sending: Outgoing) -> str | None:
        """Make the token of an open link at the moment of sending; an older token of it opens nothing from now on.

        Returns None when there is nothing left to send: the link ended, is being pressed, or is sent by another.
        """
        token = secrets.token_urlsafe(32)
        # Its time runs from the sending: Slack may have taken no messages for long.
        until = self._now() + timedelta(hours=self._policy.link_hours)
        return token if self._store.links.put_token_hash(sending, token_hash(token), expires_at=until) else None

    def arm(self, link_id: str, person_id: str) -> bool:
        """Let the page mint for some minutes, because its recipient pressed the button in Slack.

        False when the link has ended: the page says so itself. Raises NotAllowed for anybody else's press.
        """
        link = self._get(link_id)
        if link.recipient_id != person_id:
            raise NotAllowed("This link was sent to somebody else.")
        now = self._now()
        with self._store.transaction():
            if not self._store.links.arm(link_id, now=now, until=now + timedelta(minutes=self._policy.arm_minutes)):
                return False
            self._record(AuditEvent.LINK_ARM, person_id, link)
        return True

    def find(self, token: str) -> Link | None:
        """Return the link of a token; a token that cannot be ours is not even looked up."""
        return self._store.links.by_token_hash(token_hash(token)) if _TOKEN.fullmatch(token) else None

    def look(self, token: str) -> LinkStatus:
        """Say how a link stands; nothing is used up."""
        link = self.find(token)
        return UNKNOWN if link is None else self.status(link)

    def status(self, link: Link) -> LinkStatus:
        """Say how a link stands to the holder of its token."""
        now = self._now()
        if link.stage is LinkStage.VIEWED:
            return LinkStatus(state="viewed", viewed_at=link.viewed_at)
        if link.stage is LinkStage.REPLACED:
            return LinkStatus(state="replaced")
        if link.stage is LinkStage.EXPIRED or link.expires_at <= now:
            return LinkStatus(state="expired")
        if link.armed_until is None or link.armed_until <= now:
            return LinkStatus(state="not_armed")
        if link.lease_until is not None and link.lease_until > now:
            return LinkStatus(state="minting")
        state: LinkState = "past_its_day" if self.life_of(link).is_over(now) else "ready"
        return LinkStatus(state=state, facts=self.facts(link))

    def facts(self, link: Link) -> LinkFacts:
        """Return what an armed link tells before anything is shown."""
        application = self.application_of(link)
        return LinkFacts(
            application_name=application.display_name,
            client_id=application.app_id,
            tenant_id=self._tenant_id,
            requester_name=application.owners[0].name,
            issued_at=link.issued_at,
            expires_at=link.expires_at,
            term=self.life_of(link).term,
        )

    def seen(self, token: str, person_id: str | None = None) -> None:
        """Record that the page rendered the secret, for whom if they are signed in; a second word changes nothing."""
        link = self.find(token)
        if link is None:
            return
        with self._store.transaction():
            if self._store.links.mark_seen(link.id, now=self._now()):
                self._record(AuditEvent.SECRET_SEEN, person_id or "browser", link)

    def renew(self, link_id: str, person_id: str) -> str:
        """Replace a link that was not viewed, open or expired, by a new one. Raises NotAllowed, AlreadySettled."""
        link = self.own(link_id, person_id)
        self.must_have_time_left(link)
        with self._store.transaction():
            self._replace(link, person_id)
            self._nobody_may_hold_another(link)
            return self.issue(self.application_of(link), person_id, actor=person_id, rotates=link.rotates_key_id)

    def take(self, application_id: str, person_id: str) -> str:
        """Send an owner the link to a secret that nobody holds; an earlier link, whosever it is, opens nothing more.

        A requester may leave before the first look, and any owner may rotate after it: so any owner may look first.
        Where earlier secrets were used and are gone, the new one lives as long as the last of them.
        Raises NotFound, NotAllowed, AlreadySettled.
        """
        application = self._owned(application_id, person_id)
        with self._store.transaction():
            self._nobody_may_hold_one(application_id)
            earlier = self._store.links.alive(application_id)
            rotates = earlier.rotates_key_id if earlier else self._last_used(application_id)
            self._must_have_time_left(application, rotates)
            if earlier is not None and not self.give_way(earlier, application, person_id):
                raise AlreadySettled(_why_not_renewed(self._get(earlier.id)))
            return self.issue(application, person_id, actor=person_id, rotates=rotates)

    def give_way(self, earlier: Link, application: Application, person_id: str) -> bool:
        """End a link for another that this person is sent, and tell whoever had it; False while it is being opened."""
        if not self._store.links.end(earlier.id, LinkEvent.REPLACE):
            return False
        self._record(AuditEvent.LINK_REPLACE, person_id, earlier)
        self._notices.link_changed(earlier.id, earlier.recipient_id)
        if earlier.recipient_id != person_id:
            facts = {"person": person_id, "application": application.display_name}
            self._notices.person_told(earlier.recipient_id, Note(kind="link_taken", facts=facts))
        return True

    def _last_used(self, application_id: str) -> str | None:
        """Return the last secret that somebody held; one that nobody saw is no measure for its successor."""
        credentials = self._store.credentials.of_application(application_id)
        return next((found.key_id for found in credentials if found.disowned_at is None), None)

    def _replace(self, link: Link, person_id: str) -> None:
        if not self._store.links.end(link.id, LinkEvent.REPLACE):
            raise AlreadySettled(_why_not_renewed(self._get(link.id)))
        self._record(AuditEvent.LINK_REPLACE, person_id, link)
        self._notices.link_changed(link.id, link.recipient_id)

    def _nobody_may_hold_another(self, link: Link) -> None:
        """Refuse a secret in the place of one that another took already: two would live side by side."""
        if link.rotates_key_id is None:
            self._nobody_may_hold_one(link.application_id)
            return
        good = last_good(self._store.credentials.of_application(link.application_id))
        if good is not None and good.key_id != link.rotates_key_id:
            raise AlreadySettled(
                "This secret was rotated already: a newer one was shown to you or to another owner."
                " Use `/register-app list` to rotate that one."
            )

    def _nobody_may_hold_one(self, application_id: str) -> None:
        """Refuse a first secret where there is a good one: asked under the write lock, as a press may come between."""
        if last_good(self._store.credentials.of_application(application_id)) is not None:
            raise AlreadySettled(
                "A secret of this application was shown already, to you or to another owner."
                " Use `/register-app list` to rotate it."
            )

    def _owned(self, application_id: str, person_id: str) -> Application:
        application = self._store.applications.get(application_id)
        if application is None or not application.wanted:
            raise NotFound("This application is not known any more. `/register-app list` shows yours.")
        if all(owner.person_id != person_id for owner in application.owners):
            raise NotAllowed("Only an owner of the application can do this.")
        request = self._store.requests.get(application.request_id)
        if request is None or request.state is not RequestState.FULFILLED:
            raise AlreadySettled("This application is still being made. Its requester is sent a link once it is done.")
        return application

    def expire_due(self) -> bool:
        """End one link that nobody opened in time; no secret was made. Return whether there may be more."""
        link = self._store.links.next_past_its_time(now=self._now())
        if link is not None:
            self._expire(link)
        return link is not None

    def _expire(self, link: Link) -> None:
        with self._store.transaction():
            if self._store.links.end(link.id, LinkEvent.EXPIRE):
                self._record(AuditEvent.LINK_EXPIRE, "bot", link)
                self._notices.link_changed(link.id, link.recipient_id)

    def application_of(self, link: Link) -> Application:
        """Return the application of a link."""
        application = self._store.applications.get(link.application_id)
        if application is None:
            raise NotFound("The application of this link is not known any more.")
        return application

    def redraw(self, link_id: str) -> None:
        """Have the message of a link redrawn, because something that it tells has changed."""
        link = self._store.links.get(link_id)
        if link is not None:
            self._notices.link_changed(link.id, link.recipient_id)

    def secret_before(self, link: Link) -> Credential | None:
        """Return the secret whose place that of this link takes; None for the first one of an application."""
        return self._store.credentials.get(link.rotates_key_id) if link.rotates_key_id else None

    def life_of(self, link: Link) -> Life:
        """Return how long the secret of this link lives."""
        return self._life(self.application_of(link), link.rotates_key_id)

    def _life(self, application: Application, rotates: str | None) -> Life:
        before = self._store.credentials.get(rotates) if rotates else None
        term = application.form.term
        return first_life(term) if before is None else next_life(term, before, self._policy)

    def must_have_time_left(self, link: Link) -> None:
        """Raise AlreadySettled when the day on which the secret was to end has passed: no link helps any more."""
        self._must_have_time_left(self.application_of(link), link.rotates_key_id)

    def _must_have_time_left(self, application: Application, rotates: str | None) -> None:
        life = self._life(application, rotates)
        if life.is_over(self._now()):
            raise AlreadySettled(
                f"This secret was approved until {life.ends_at(self._now()):%d %B %Y}, and that day has passed."
                " Use `/register-app` to ask for a new application with a later day."
            )

    def own(self, link_id: str, person_id: str) -> Link:
        """Return a link that was sent to this person. Raises NotAllowed, NotFound."""
        link = self._get(link_id)
        if link.recipient_id != person_id:
            raise NotAllowed("This link was sent to somebody else.")
        return link

    def _get(self, link_id: str) -> Link:
        link = self._store.links.get(link_id)
        if link is None:
            raise NotFound("This link is not known any more. `/register-app list` shows your applications.")
        return link

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


def _why_not_renewed(link: Link) -> str:
    if link.stage is LinkStage.VIEWED:
        return "The secret was shown already. If you did not see it, press “I did not see it”."
    if link.stage is LinkStage.MINTING:
        return "The link is being opened at this moment. Look at the page, or try again in a minute."
    return "A newer link was sent to you already: use the latest message."
