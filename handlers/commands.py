"""The slash command: the form at once, or an ephemeral answer."""

import uuid
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.errors import NotFound, SlackUnavailable
from bot.policy import may_ask
from handlers import ids
from handlers.blocks import listing, request_form, small_views
from handlers.blocks.request_form import FormContext
from handlers.blocks.texts import Message
from handlers.use_cases import UseCases


def register(app: App, use_cases: UseCases) -> None:
    """Listen to the slash command."""

    @app.command(ids.COMMAND)
    def answer(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        word, _, rest = body.get("text", "").strip().partition(" ")
        if not word:
            ack()
            _open_form(body, client, use_cases)
            return
        message = _words(word.lower(), rest.strip(), body["user_id"], use_cases)
        ack(response_type="ephemeral", **message.content())


def _open_form(body: dict[str, Any], client: WebClient, use_cases: UseCases) -> None:
    """Open the form before anything is asked of anybody: the trigger lives three seconds.

    Who may not use it is found out right after, and the form gives way to a word that says why.
    """
    context = FormContext(form_id=str(uuid.uuid4()))
    opened = client.views_open(
        trigger_id=body["trigger_id"], view=request_form.build(use_cases.policy, context).to_dict()
    )
    try:
        verdict = may_ask(use_cases.people.person(body["user_id"]))
    except SlackUnavailable:
        # The same question is asked again at submission, where nobody gets past it.
        return
    if not verdict:
        view = small_views.word("Register application", verdict.reason).to_dict()
        client.views_update(view_id=opened["view"]["id"], view=view)


def _words(word: str, rest: str, user_id: str, use_cases: UseCases) -> Message:
    if word == "help":
        return listing.help_text()
    if word == "list":
        return _list(user_id, use_cases)
    if word == "status":
        return _status(rest.upper(), user_id, use_cases)
    return listing.help_text(unknown=word)


def _list(user_id: str, use_cases: UseCases) -> Message:
    store = use_cases.store
    owned = [
        listing.Owned(application=application, credentials=tuple(store.credentials.of_application(application.id)))
        for application in store.applications.of_owner(user_id)
    ]
    return listing.build(store.requests.of_person(user_id, limit=100), owned, use_cases.clock())


def _status(request_id: str, user_id: str, use_cases: UseCases) -> Message:
    request = use_cases.store.requests.get(request_id)
    may_see = request is not None and (
        any(owner.person_id == user_id for owner in request.owners) or use_cases.people.is_approver(user_id)
    )
    if request is None or not may_see:
        raise NotFound(f"There is no request {request_id or 'of that name'} of yours. `{ids.COMMAND} list` shows them.")
    return listing.status(request, use_cases.store.requests.approvers_of(request.id, request.version))
