"""The slash command: the form at once, or an ephemeral answer."""

import logging
import uuid
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import NotAllowed, NotFound, Refusal, SlackUnavailable
from bot.policy import may_ask
from handlers import ids
from handlers.blocks import listing, request_form, request_in_full, small_views
from handlers.blocks.listing import LONGEST_WORD
from handlers.blocks.request_form import FormContext
from handlers.blocks.texts import Message, escape
from handlers.use_cases import UseCases
from handlers.whispers import UNHEARD

log = logging.getLogger(__name__)


def register(app: App, use_cases: UseCases) -> None:
    """Listen to the slash command."""

    @app.command(ids.COMMAND)
    def answer(ack: Ack, body: dict[str, Any], client: WebClient, respond: Respond) -> None:
        word, _, rest = body.get("text", "").strip().partition(" ")
        if not word:
            view_id = _open_form(body, client, use_cases)
            ack()
            _turn_away(view_id, body["user_id"], client, use_cases)
            return
        first, *more = _words(word.lower(), rest.strip(), body["user_id"], use_cases)
        ack(response_type="ephemeral", **first.content())
        for message in more:
            _follow(respond, message)


def _follow(respond: Respond, message: Message) -> None:
    """Say what did not fit into the answer; each part tells which of how many it is, so that a lost one is missed."""
    try:
        respond(response_type="ephemeral", replace_original=False, **message.content())
    except UNHEARD as error:
        log.warning("A part of an answer was lost: %s", type(error).__name__)


def _open_form(body: dict[str, Any], client: WebClient, use_cases: UseCases) -> str:
    """Open the form before anything is asked of anybody: the trigger lives three seconds."""
    context = FormContext(form_id=str(uuid.uuid4()))
    view = request_form.build(use_cases.policy, context).to_dict()
    opened = client.views_open(trigger_id=body["trigger_id"], view=view)
    return str(opened["view"]["id"])


def _turn_away(view_id: str, user_id: str, client: WebClient, use_cases: UseCases) -> None:
    """Let the form give way to a word that says why, if this person may not use it.

    The command is answered by now, so nothing here may fail: the same question is asked again at submission, where
    nobody gets past it.
    """
    try:
        verdict = may_ask(use_cases.people.person(user_id))
        if not verdict:
            client.views_update(
                view_id=view_id, view=small_views.word("Register application", verdict.reason).to_dict()
            )
    except (Refusal, SlackUnavailable, SlackApiError, OSError) as error:
        log.warning("Whether somebody may ask is left to the submission: %s", type(error).__name__)


def _words(word: str, rest: str, user_id: str, use_cases: UseCases) -> tuple[Message, ...]:
    if word == "help":
        return (listing.help_text(),)
    if word == "list":
        verdict = may_ask(use_cases.people.person(user_id))
        if not verdict:
            raise NotAllowed(verdict.reason)
        return (_list(user_id, use_cases),)
    if word == "status":
        return _status(rest.upper(), user_id, use_cases)
    return (listing.help_text(unknown=word),)


def _list(user_id: str, use_cases: UseCases) -> Message:
    store = use_cases.store
    owned = [
        listing.Owned(application=application, credentials=tuple(store.credentials.of_application(application.id)))
        for application in store.applications.of_owner(user_id)
    ]
    return listing.build(store.requests.of_person(user_id, limit=100), owned, use_cases.clock())


def _status(request_id: str, user_id: str, use_cases: UseCases) -> tuple[Message, ...]:
    request = use_cases.store.requests.get(request_id)
    may_see = request is not None and (
        any(owner.person_id == user_id for owner in request.owners) or use_cases.people.is_approver(user_id)
    )
    if request is None or not may_see:
        name = escape(request_id, LONGEST_WORD) or "of that name"
        raise NotFound(f"There is no request {name} of yours. `{ids.COMMAND} list` shows them.")
    approvers = use_cases.store.requests.approvers_of(request.id, request.version)
    return request_in_full.build(request, approvers, use_cases.policy)
