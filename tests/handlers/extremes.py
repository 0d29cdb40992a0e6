"""The smallest and the largest of everything that people can ask for, and every message that is made of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.lifecycle import CredentialState, LinkStage, RequestState
from bot.model import SecretTerm
from bot.policy import Policy
from bot.records import AppRequest, Failure, Note, RequestForm
from bot.submission import LONGEST_DESCRIPTION, LONGEST_JUSTIFICATION, LONGEST_NAME, MOST_CO_OWNERS, MOST_SCOPES
from handlers.blocks import link_dm, listing, notes, reminder_dm, request_card, request_dm, request_in_full
from handlers.blocks.link_dm import LinkPlace, LinkPromise
from handlers.blocks.request_card import CardFacts
from handlers.blocks.small_views import LONGEST_REASON
from handlers.blocks.texts import Message
from tests.domain import nouns
from tests.domain.nouns import NOW

Words = Callable[[int], str]
"""What somebody types into a field of so many characters."""

PLACE = LinkPlace(
    tenant_id="99999999-2222-3333-4444-555555555555",
    authority="https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555",
    token_endpoint="https://login.microsoftonline.com/99999999-2222-3333-4444-555555555555/oauth2/v2.0/token",
    public_url="https://apps.contoso.example",
)
TOKEN = "t" * 43
QUORUM = Policy(quorum=3)
# Microsoft Graph's longest delegated scopes have some 50 characters; those of a company's own APIs are seldom longer.
# Microsoft Graph, "permissionScope resource type": a value has 120 characters at most, of which `&` may be one.
LONGEST_SCOPE = "&" * 118
LONG_SCOPE = "PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup"


def repeated(letter: str) -> Words:
    """Somebody who fills each field with one letter."""
    return lambda longest: letter * longest


def smallest() -> RequestForm:
    """A form with as little as is allowed."""
    return nouns.form(
        display_name="x",
        reply_urls=("https://a.example",),
        scopes=(),
        secret_description="x",
        term=SecretTerm(days=30),
        co_owners=(),
        justification="x",
    )


def largest(letter: str = "x", scope: str = LONG_SCOPE) -> RequestForm:
    """A form with as much as is allowed, typed with one letter all over, for scopes whose names begin with `scope`."""
    addresses = [f"https://{number:03}.contoso.example/cb" for number in range(3000)]
    fitting = [url for number, url in enumerate(addresses) if (number + 1) * (len(url) + 1) <= 3001]
    scopes = tuple(
        nouns.scope(number, value=f"{scope}{number}", admin_consent=True, resource_name=f"{letter * 60} {number % 8}")
        for number in range(MOST_SCOPES)
    )
    return nouns.form(
        display_name=letter * LONGEST_NAME,
        reply_urls=tuple(fitting),
        scopes=scopes,
        secret_description=letter * LONGEST_DESCRIPTION,
        term=SecretTerm(last_day=(NOW + timedelta(days=365)).date()),
        co_owners=tuple(nouns.owner(number) for number in range(1, MOST_CO_OWNERS + 1)),
        justification=letter * LONGEST_JUSTIFICATION,
        audience="AzureADMultipleOrgs",
    )


def requests(form: RequestForm, words: Words) -> Iterator[AppRequest]:
    """A request in every state, with all that each state can carry."""
    failure = Failure(code="Authorization_RequestDenied", message=words(2500), request_id=nouns.API)
    for state in RequestState:
        yield nouns.request(
            form=form,
            state=state,
            settled_by="UGRACE00001",
            settled_reason=words(LONGEST_REASON),
            name_is_taken=True,
            assessed=True,
            failure=failure,
            requester=nouns.owner(name=words(80)),
        )


def facts(words: Words) -> dict[str, str]:
    """Facts for a note of any kind."""
    return {
        "person": "UGRACE00001",
        "people": "UGRACE00001 UKAY0000001 UANN0000001",
        "voided": "UGRACE00001 UKAY0000001",
        "reason": words(LONGEST_REASON),
        "requester": "UADA0000001",
        "hours": "144",
        "request": "REQ-7F3K2M9A",
        "app_id": nouns.API,
        "object_id": nouns.API,
        "code": "Authorization_RequestDenied",
        "message": words(2500),
        "request_id": nouns.API,
        "at": NOW.isoformat(),
        "ends_at": NOW.isoformat(),
        "look_for": "register-app-" + "f" * 32,
        "no_email": " ".join(f"UEMAIL{n:05}" for n in range(MOST_CO_OWNERS // 2)),
        "no_user": " ".join(f"UUSER{n:06}" for n in range(MOST_CO_OWNERS // 2)),
        "unseen": "yes",
        "application": words(LONGEST_NAME),
        "description": words(LONGEST_DESCRIPTION),
        "hint": "abc",
        "error": "user_disabled",
        "about": "the one-time link to the client secret.",
    }


def messages(form: RequestForm, words: Words) -> Iterator[tuple[str, Message]]:
    """Every message that can be made of a form, each with a name."""
    yield from _of_requests(form, words)
    yield from _of_secrets(form, words)
    for kind in notes.SENTENCES:
        yield f"note {kind}", notes.build(Note(kind=kind, facts=facts(words)))


def _of_requests(form: RequestForm, words: Words) -> Iterator[tuple[str, Message]]:
    approvers = ("UGRACE00001", "UKAY0000001")
    for request in requests(form, words):
        yield (
            f"card {request.state}",
            request_card.build(CardFacts(request=request, approvers=approvers, policy=QUORUM)),
        )
        yield f"direct message {request.state}", request_dm.build(request, approvers, QUORUM)
        for number, message in enumerate(request_in_full.build(request, approvers, QUORUM)):
            yield f"status {request.state} part {number}", message
    made = [replace(entry, id=f"REQ-{number:08}") for number, entry in enumerate([*requests(form, words)] * 4)]
    owned = [
        listing.Owned(
            application=nouns.application(n, display_name=form.display_name), credentials=(nouns.credential(n),)
        )
        for n in range(25)
    ]
    yield "list", listing.build(made, owned, NOW)
    yield "empty list", listing.build([], [], NOW)
    yield "help", listing.help_text(unknown=words(200))


def _of_secrets(form: RequestForm, words: Words) -> Iterator[tuple[str, Message]]:
    application = nouns.application(form=form, display_name=form.display_name)
    for before in (None, *(nouns.credential(state=state) for state in CredentialState)):
        promise = LinkPromise(link=nouns.link(), application=application, term=form.term, before=before)
        yield f"link after {before.state if before else 'none'}", link_dm.build(promise, PLACE, TOKEN)
    for stage in (LinkStage.VIEWED, LinkStage.EXPIRED, LinkStage.REPLACED):
        for state in CredentialState:
            for accepted in (None, True, False):
                yield f"link {stage} {state} {accepted}", _ended(form, words, stage, state, accepted=accepted)
    for state in CredentialState:
        changes: dict[str, Any] = {"snoozed_until": NOW, "remove_at": NOW, "description": form.secret_description}
        credential = nouns.credential(state=state, **changes)
        for days, quiet in ((60, "2027-01-01"), (1, None), (0, None), (-1, None), (-5, None)):
            message = reminder_dm.build(application, credential, days_left=days, quiet_until=quiet)
            yield f"reminder {state} {days}", message


def _ended(
    form: RequestForm, words: Words, stage: LinkStage, state: CredentialState, *, accepted: bool | None
) -> Message:
    application = nouns.application(form=form, display_name=form.display_name)
    viewed: dict[str, Any] = {"viewed_at": NOW, "viewed_from": words(40)} if stage is LinkStage.VIEWED else {}
    credential = nouns.credential(state=state, accepted=accepted, accepted_at=NOW if accepted is not None else None)
    return link_dm.ended(nouns.link(stage=stage, **viewed), application, PLACE, credential)
