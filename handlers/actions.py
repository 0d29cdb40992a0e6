"""Buttons and pickers in messages: read, call one use case, answer."""

import uuid
from typing import Any

from slack_bolt import Ack, App, Respond
from slack_sdk import WebClient

from bot.errors import NotAllowed
from bot.policy import may_ask
from handlers import ids
from handlers.blocks import reminder_dm, request_form, small_views
from handlers.blocks.carried import day_of, text_of
from handlers.blocks.request_card import decision_of
from handlers.blocks.request_form import FormContext
from handlers.use_cases import UseCases
from handlers.whispers import whisper

Body = dict[str, Any]


def register(app: App, use_cases: UseCases) -> None:
    """Listen to every button and picker."""
    _decisions(app, use_cases)
    _own_request(app, use_cases)
    _links(app, use_cases)
    _reminders(app, use_cases)


def _decisions(app: App, use_cases: UseCases) -> None:
    @app.action(ids.APPROVE)
    def approve(ack: Ack, body: Body, respond: Respond) -> None:
        request_id, version = decision_of(_value(body))
        person = use_cases.people.fresh(body["user"]["id"])
        is_approver = use_cases.people.is_approver_now(person.id)
        agreement = use_cases.approvals.approve(request_id, version, person, is_approver=is_approver)
        ack()
        if not agreement.complete:
            missing = agreement.quorum - len(agreement.approvers)
            whisper(respond, f"Your approval counts. {missing} more needed.")

    @app.action(ids.DENY)
    def ask_why(ack: Ack, body: Body, client: WebClient) -> None:
        request_id, version = decision_of(_value(body))
        # Who is late is told before they write a reason. Who acts is asked at submission: asking Slack takes time,
        # and the form must open within three seconds.
        use_cases.approvals.undecided(request_id, version)
        client.views_open(trigger_id=body["trigger_id"], view=small_views.deny_form(request_id, version).to_dict())
        ack()

    @app.action(ids.RETRY)
    def retry(ack: Ack, body: Body) -> None:
        request_id, _ = decision_of(_value(body))
        person = use_cases.people.fresh(body["user"]["id"])
        use_cases.approvals.retry(request_id, person, is_approver=use_cases.people.is_approver_now(person.id))
        ack()


def _own_request(app: App, use_cases: UseCases) -> None:
    @app.action(ids.WITHDRAW)
    def withdraw(ack: Ack, body: Body) -> None:
        request_id, _ = decision_of(_value(body))
        use_cases.approvals.withdraw(request_id, use_cases.people.person(body["user"]["id"]))
        ack()

    @app.action(ids.CHANGE)
    def change(ack: Ack, body: Body, client: WebClient) -> None:
        request_id, _ = decision_of(_value(body))
        person = use_cases.people.person(body["user"]["id"])
        request = use_cases.approvals.own_pending(request_id, person)
        context = FormContext(form_id=str(uuid.uuid4()), request_id=request.id, version=request.version)
        view = request_form.build(use_cases.policy, context, request.form).to_dict()
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()


def _links(app: App, use_cases: UseCases) -> None:
    @app.action(ids.OPEN_LINK)
    def arm(ack: Ack, body: Body) -> None:
        # The browser opens the page on the same press; nothing but this makes it able to mint.
        _must_be_member(body, use_cases)
        use_cases.links.arm(_value(body), body["user"]["id"])
        ack()

    @app.action(ids.RENEW_LINK)
    def renew(ack: Ack, body: Body) -> None:
        _must_be_member(body, use_cases)
        use_cases.links.renew(_value(body), body["user"]["id"])
        ack()

    @app.action(ids.TAKE_LINK)
    def take(ack: Ack, body: Body, respond: Respond) -> None:
        _must_be_member(body, use_cases)
        use_cases.links.take(_value(body), body["user"]["id"])
        ack()
        whisper(respond, "A link to the secret is on its way to you.")

    @app.action(ids.NOT_SEEN)
    def not_seen(ack: Ack, body: Body, respond: Respond) -> None:
        # Whoever they are by now: removing a secret that nobody is to have is never refused.
        sent = use_cases.rotation.not_seen(_value(body), body["user"]["id"])
        ack()
        if sent is None:
            whisper(respond, "That secret is removed from Entra. A newer one is in use, or is being opened now.")


def _reminders(app: App, use_cases: UseCases) -> None:
    @app.action(ids.ROTATE)
    def rotate(ack: Ack, body: Body, respond: Respond) -> None:
        _must_be_member(body, use_cases)
        use_cases.rotation.begin(_value(body), body["user"]["id"])
        ack()
        whisper(respond, "A link to the new secret is on its way to you.")

    @app.action(ids.ROTATE_APPLICATION)
    def rotate_application(ack: Ack, body: Body, respond: Respond) -> None:
        _must_be_member(body, use_cases)
        use_cases.rotation.begin_for_application(_value(body), body["user"]["id"])
        ack()
        whisper(respond, "A link to the new secret is on its way to you.")

    @app.action(ids.SNOOZE)
    def snooze(ack: Ack, body: Body) -> None:
        action = body["actions"][0]
        until = day_of(action.get("selected_date"))
        _must_be_member(body, use_cases)
        use_cases.reminders.snooze(reminder_dm.key_of(text_of(action["block_id"])), body["user"]["id"], until)
        ack()


def _must_be_member(body: Body, use_cases: UseCases) -> None:
    """Turn away an owner who has become a guest, or belongs elsewhere by now. Raises NotAllowed, SlackUnavailable."""
    verdict = may_ask(use_cases.people.person(body["user"]["id"]))
    if not verdict:
        raise NotAllowed(verdict.reason)


def _value(body: Body) -> str:
    return text_of(body["actions"][0].get("value"))
