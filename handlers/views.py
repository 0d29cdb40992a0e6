"""Submitted modals: checked, decided, and answered with the outcome in one breath."""

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App

from bot.errors import AlreadySettled, FormFaults, NotAllowed, NotFound, Refusal
from bot.model import Person
from bot.records import RequestForm
from bot.submission import RawForm, Surroundings, check
from handlers import ids
from handlers.blocks import request_form, small_views
from handlers.use_cases import UseCases

# Slack waits three seconds for the answer to a submission; this much of it may go into asking who people are.
PEOPLE_SECONDS = 1.5


def register(app: App, use_cases: UseCases) -> None:
    """Listen to the modals."""

    @app.view(ids.REQUEST_FORM)
    def submit(ack: Ack, body: dict[str, Any]) -> None:
        context = request_form.context_of(body["view"])
        requester = use_cases.people.person(body["user"]["id"])
        form = _checked(request_form.parse(body["view"]), requester, use_cases)
        use_cases.approvals.submit(context.form_id, requester, form)
        ack()

    @app.view(ids.CHANGE_FORM)
    def change(ack: Ack, body: dict[str, Any]) -> None:
        context = request_form.context_of(body["view"])
        requester = use_cases.people.person(body["user"]["id"])
        form = _checked(request_form.parse(body["view"]), requester, use_cases)
        use_cases.approvals.change(context.request_id, context.version, requester, form)
        ack()

    @app.view(ids.DENY_FORM)
    def deny(ack: Ack, body: dict[str, Any]) -> None:
        request_id, version, reason = small_views.deny_parse(body["view"])
        if not reason:
            raise FormFaults({ids.REASON: "Say why; the requester reads it."})
        person = use_cases.people.fresh(body["user"]["id"])
        is_approver = use_cases.people.is_approver_now(person.id)
        use_cases.approvals.deny(request_id, version, person, is_approver=is_approver, reason=reason)
        ack()


def _checked(raw: RawForm, requester: Person, use_cases: UseCases) -> RequestForm:
    people = use_cases.people.several(raw.co_owner_ids, PEOPLE_SECONDS)
    around = Surroundings(
        policy=use_cases.policy,
        find_scope=use_cases.catalogue.find,
        requester=requester,
        people=people,
        now=use_cases.clock(),
    )
    return check(raw, around)


def refused(error: Refusal, view: object) -> dict[str, Any]:
    """Return the answer to a submission that is refused: beside the fields, or in the modal's place.

    What may go well at the next try leaves the modal standing, so that nothing that was typed is lost. `view` is the
    modal as it came back, which may be no modal at all.
    """
    if isinstance(error, FormFaults):
        return {"response_action": "errors", "errors": error.faults}
    settled = isinstance(error, NotAllowed | AlreadySettled | NotFound)
    shown = view if isinstance(view, Mapping) else {}
    field = _last_field(shown)
    # A change that comes too late was written with care: it stays where it can be copied.
    if field is None or (settled and shown.get("callback_id") != ids.CHANGE_FORM):
        return instead(str(error))
    return {"response_action": "errors", "errors": {field: str(error)}}


def instead(sentence: str) -> dict[str, Any]:
    """Return the answer to a submission that puts a sentence in the modal's place."""
    return {"response_action": "update", "view": small_views.word("Not done", sentence).to_dict()}


def _last_field(view: Mapping[str, Any]) -> str | None:
    """Return the id of the last field beside which a sentence can stand: Slack takes one at an input block only."""
    blocks = view.get("blocks")
    for block in reversed(blocks if isinstance(blocks, list) else []):
        name = block.get("block_id") if isinstance(block, Mapping) and block.get("type") == "input" else None
        if isinstance(name, str) and name:
            return name
    return None
