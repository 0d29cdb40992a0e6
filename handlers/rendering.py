"""From a row of the outbox to what stands in Slack: always drawn from the state as it is now."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.lifecycle import LinkStage
from bot.links import Links
from bot.policy import Policy
from bot.records import AppRequest, Outgoing
from bot.reminders import days_until, last_quiet_day
from handlers import notices
from handlers.blocks import link_dm, notes, reminder_dm, request_card, request_dm
from handlers.blocks.link_dm import LinkPlace, LinkPromise
from handlers.blocks.request_card import CardFacts
from handlers.blocks.texts import Message
from storage import Store


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What to send. Where its message stands already that one is edited; `only_edit` never posts a new one."""

    message: Message
    only_edit: bool = False
    thread_slot: str | None = None


class Renderer:
    """Draws rows of the outbox; None means that there is nothing left to say."""

    def __init__(
        self,
        store: Store,
        links: Links,
        policy: Policy,
        place: LinkPlace,
        clock: Callable[[], datetime],
        approvers: tuple[str, ...] = (),
    ) -> None:
        self._approvers = approvers
        self._store = store
        self._links = links
        self._policy = policy
        self._place = place
        self._now = clock
        self._draw = {
            notices.CARD: self._card,
            notices.REQUEST_DM: self._request_dm,
            notices.THREAD: self._thread,
            notices.PERSON: self._person,
            notices.LINK: self._link,
            notices.LINK_REDRAWN: self._link_redrawn,
            notices.REMINDER: self._reminder,
            notices.REMINDER_REDRAWN: self._reminder_redrawn,
        }

    def draw(self, entry: Outgoing) -> Draft | None:
        """Return what an entry says now."""
        return self._draw[entry.kind](entry)

    def _card(self, entry: Outgoing) -> Draft | None:
        request = self._store.requests.get(entry.subject)
        if request is None:
            return None
        approvers = self._store.requests.approvers_of(request.id, request.version)
        message = request_card.build(self._card_facts(request, approvers))
        return Draft(message=message)

    def _card_facts(self, request: AppRequest, approvers: tuple[str, ...]) -> CardFacts:
        return CardFacts(request=request, approvers=approvers, policy=self._policy, eligible=self._approvers)

    def _request_dm(self, entry: Outgoing) -> Draft | None:
        request = self._store.requests.get(entry.subject)
        if request is None:
            return None
        approvers = self._store.requests.approvers_of(request.id, request.version)
        message = request_dm.build(request, approvers, self._policy)
        return Draft(message=message)

    def _thread(self, entry: Outgoing) -> Draft | None:
        if entry.note is None:
            return None
        return Draft(message=notes.build(entry.note), thread_slot=f"{notices.CARD}:{entry.subject}")

    def _person(self, entry: Outgoing) -> Draft | None:
        return None if entry.note is None else Draft(message=notes.build(entry.note))

    def _link(self, entry: Outgoing) -> Draft | None:
        token = self._links.new_token(entry)
        link = self._store.links.get(entry.subject)
        if link is None or token is None:
            return None
        promise = LinkPromise(
            link=link,
            application=self._links.application_of(link),
            term=self._links.life_of(link).term,
            before=self._links.secret_before(link),
        )
        message = link_dm.build(promise, self._place, token)
        return Draft(message=message)

    def _link_redrawn(self, entry: Outgoing) -> Draft | None:
        link = self._store.links.get(entry.subject)
        # The token of a link that is still good is known to nobody here, so its message is left alone.
        if link is None or link.stage in {LinkStage.OPEN, LinkStage.MINTING}:
            return None
        credential = self._store.credentials.get(link.key_id) if link.key_id else None
        message = link_dm.ended(link, self._links.application_of(link), self._place, credential)
        return Draft(message=message, only_edit=True)

    def _reminder(self, entry: Outgoing) -> Draft | None:
        key_id = self._store.reminders.key_of(entry.subject)
        credential = self._store.credentials.get(key_id) if key_id else None
        application = self._store.applications.get(credential.application_id) if credential else None
        if credential is None or application is None:
            return None
        quiet = last_quiet_day(credential)
        if credential.snoozed_until is not None and credential.snoozed_until <= self._now():
            credential = replace(credential, snoozed_until=None)
        message = reminder_dm.build(
            application,
            credential,
            days_left=days_until(credential.ends_at, self._now()),
            quiet_until=quiet.isoformat() if quiet > self._now().date() else None,
        )
        return Draft(message=message)

    def _reminder_redrawn(self, entry: Outgoing) -> Draft | None:
        draft = self._reminder(entry)
        return None if draft is None else Draft(message=draft.message, only_edit=True)
