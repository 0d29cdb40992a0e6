"""What is asked of Entra for a request: exactly what was approved, and under which names it is found again."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.graph import Entra
from bot.model import ApplicationDraft
from bot.policy import Policy
from bot.records import AppRequest, Owner

MANAGED_TAG = "register-app"


def unique_name(request_id: str) -> str:
    """Return the uniqueName under which a request's application is made and found again."""
    return f"{MANAGED_TAG}-{request_id.lower()}"


def request_tag(request_id: str) -> str:
    """Return the tag that names the request on its application."""
    return f"{MANAGED_TAG}:{request_id.lower()}"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What will be asked of Entra, and the owners (ids in Slack) for whom Entra has no user to bind."""

    application: ApplicationDraft
    not_owners: tuple[str, ...]


class Drafting:
    """Draws up what a request asks of Entra."""

    def __init__(self, entra: Entra, policy: Policy) -> None:
        self._directory = entra.directory
        self._client_id = entra.client_id
        self._policy = policy

    def draft(self, request: AppRequest, before_each: Callable[[], None]) -> Draft:
        """Return what will be asked of Entra for a request. Raises EntraError when its owners cannot be looked up.

        `before_each` is called before each look: there may be many, and Entra may be slow.
        """
        form = request.form
        before_each()
        bot = self._directory.own_service_principal(self._client_id)
        users = {owner.person_id: self._user(owner, before_each) for owner in request.owners}
        application = ApplicationDraft(
            display_name=form.display_name,
            audience=form.audience,
            reply_urls=form.reply_urls,
            scopes=form.scopes,
            owner_ids=tuple(dict.fromkeys((bot, *(user for user in users.values() if user is not None)))),
            tags=(MANAGED_TAG, request_tag(request.id)),
            notes=f"Made by Register App for request {request.id}. {form.justification}"[:1024],
            unique_name=unique_name(request.id),
            service_management_reference=self._policy.service_management_reference or None,
        )
        missing = tuple(person_id for person_id, user in users.items() if user is None)
        return Draft(application=application, not_owners=missing)

    def _user(self, owner: Owner, before_each: Callable[[], None]) -> str | None:
        """The object id of an owner's user in Entra; None where there is none."""
        if not owner.email:
            return None
        before_each()
        user = self._directory.find_person(owner.email)
        return user.object_id if user else None
