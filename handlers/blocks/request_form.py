"""The modal that asks for an application: `build` and `parse` side by side, so that what is sent is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import InputBlock
from slack_sdk.models.blocks.basic_components import Option, OptionGroup, PlainTextObject
from slack_sdk.models.blocks.block_elements import (
    DatePickerElement,
    ExternalDataMultiSelectElement,
    PlainTextInputElement,
    StaticSelectElement,
    UserMultiSelectElement,
)
from slack_sdk.models.views import View

from bot.model import Resource, Scope
from bot.policy import AUDIENCES, Policy
from bot.records import RequestForm
from bot.submission import (
    CUSTOM,
    LONGEST_DESCRIPTION,
    LONGEST_JUSTIFICATION,
    LONGEST_NAME,
    MOST_CO_OWNERS,
    MOST_SCOPES,
    RawForm,
)
from handlers import ids
from handlers.blocks.carried import object_of, text_of, version_of
from handlers.blocks.texts import cut

# Slack, "Option object": the longest text and description of an option.
LONGEST_OPTION = 75
# Slack, "Plain-text input": the longest value.
LONGEST_INPUT = 3000


@dataclass(frozen=True, kw_only=True)
class FormContext:
    """What travels through the modal and back: which form this is, and which request it changes."""

    form_id: str
    request_id: str = ""
    version: int = 0


def build(policy: Policy, context: FormContext, filled: RequestForm | None = None) -> View:
    """Return the modal, empty or filled with what a request asks for now."""
    changing = filled is not None
    return View(
        type="modal",
        callback_id=ids.CHANGE_FORM if changing else ids.REQUEST_FORM,
        title="Change request" if changing else "Register application",
        submit="Send changes" if changing else "Send to approvers",
        close="Cancel",
        private_metadata=json.dumps(vars(context)),
        blocks=_blocks(policy, filled),
    )


def _blocks(policy: Policy, filled: RequestForm | None) -> list[InputBlock]:
    audience = [_audience(policy, filled)] if len(policy.audiences) > 1 else []
    return [
        _text("display_name", "Display name", filled.display_name if filled else None, LONGEST_NAME),
        _reply_urls(filled),
        *audience,
        _scopes(filled),
        _text(
            "secret_description",
            "What is the client secret for?",
            filled.secret_description if filled else None,
            LONGEST_DESCRIPTION,
            hint="Becomes the secret's description in Entra, such as “production web server”.",
        ),
        _duration(policy, filled),
        _last_day(policy, filled),
        _co_owners(policy, filled),
        _justification(filled),
    ]


def _text(block_id: str, label: str, value: str | None, longest: int, hint: str | None = None) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.FORM_VALUE, initial_value=value, max_length=longest)
    return InputBlock(block_id=block_id, label=label, element=element, hint=hint)


def _reply_urls(filled: RequestForm | None) -> InputBlock:
    return InputBlock(
        block_id="reply_urls",
        label="Reply URLs",
        hint="One per line, exactly as your application sends it. https, or http for localhost only.",
        element=PlainTextInputElement(
            action_id=ids.FORM_VALUE,
            multiline=True,
            max_length=LONGEST_INPUT,
            placeholder="https://app.example.com/auth/callback",
            initial_value="\n".join(filled.reply_urls) if filled else None,
        ),
    )


def _audience(policy: Policy, filled: RequestForm | None) -> InputBlock:
    options = {name: Option(value=name, text=AUDIENCES[name]) for name in policy.audiences}
    chosen = options.get(filled.audience) if filled else None
    return InputBlock(
        block_id="audience",
        label="Who can sign in?",
        element=StaticSelectElement(
            action_id=ids.FORM_VALUE,
            options=list(options.values()),
            initial_option=chosen or options[policy.audiences[0]],
        ),
    )


def _scopes(filled: RequestForm | None) -> InputBlock:
    return InputBlock(
        block_id=ids.SCOPES,
        label="APIs and delegated scopes",
        hint="What the application may do on behalf of a signed-in user. Ask for as little as you can.",
        optional=True,
        element=ExternalDataMultiSelectElement(
            action_id=ids.SCOPES,
            placeholder="Type an API or a scope, such as user.read",
            min_query_length=0,
            max_selected_items=MOST_SCOPES,
            initial_options=[scope_option(scope) for scope in filled.scopes] or None if filled else None,
        ),
    )


def _duration(policy: Policy, filled: RequestForm | None) -> InputBlock:
    options = {str(days): Option(value=str(days), text=f"{days} days") for days in policy.secret_days}
    options[CUSTOM] = Option(value=CUSTOM, text="Until a day of my choice")
    chosen = str(policy.default_secret_days)
    if filled is not None:
        chosen = CUSTOM if filled.term.last_day else str(filled.term.days)
    return InputBlock(
        block_id="duration",
        label="How long shall the secret live?",
        element=StaticSelectElement(
            action_id=ids.FORM_VALUE,
            options=list(options.values()),
            initial_option=options.get(chosen) or options[str(policy.default_secret_days)],
        ),
    )


def _last_day(policy: Policy, filled: RequestForm | None) -> InputBlock:
    last_day = filled.term.last_day if filled else None
    return InputBlock(
        block_id="last_day",
        label="Last day of the secret",
        hint=f"Only for “Until a day of my choice”; at most {policy.longest_secret_days} days from now.",
        optional=True,
        element=DatePickerElement(action_id=ids.FORM_VALUE, initial_date=last_day.isoformat() if last_day else None),
    )


def _co_owners(policy: Policy, filled: RequestForm | None) -> InputBlock:
    return InputBlock(
        block_id="co_owners",
        label="Co-owners",
        hint="Colleagues who are reminded and can rotate the secret too. You are an owner anyway.",
        optional=policy.fewest_co_owners == 0,
        element=UserMultiSelectElement(
            action_id=ids.FORM_VALUE,
            placeholder="Choose people",
            max_selected_items=MOST_CO_OWNERS,
            initial_users=[owner.person_id for owner in filled.co_owners] or None if filled else None,
        ),
    )


def _justification(filled: RequestForm | None) -> InputBlock:
    return InputBlock(
        block_id="justification",
        label="Why is it needed?",
        element=PlainTextInputElement(
            action_id=ids.FORM_VALUE,
            multiline=True,
            max_length=LONGEST_JUSTIFICATION,
            initial_value=filled.justification if filled else None,
        ),
    )


def scope_option(scope: Scope) -> Option:
    """Return a scope as it is offered and as it is shown once chosen; both must be equal to the letter."""
    consent = "Admin consent" if scope.admin_consent else "Users may consent"
    return Option(
        value=scope.key,
        text=PlainTextObject(text=cut(f"{scope.value} · {scope.resource_name}", LONGEST_OPTION), emoji=False),
        description=PlainTextObject(text=cut(f"{consent} · {scope.title}", LONGEST_OPTION), emoji=False),
    )


def scope_options(found: Sequence[tuple[Resource, Sequence[Scope]]]) -> list[dict[str, Any]]:
    """Return search results as option groups, one an API (Slack, "block_suggestion": at most 100 of them)."""
    return [
        OptionGroup(
            label=PlainTextObject(
                text=cut(f"{resource.name}{' (my APIs)' if resource.own else ''}", LONGEST_OPTION), emoji=False
            ),
            options=[scope_option(scope) for scope in scopes],
        ).to_dict()
        for resource, scopes in found
        if scopes
    ]


def parse(view: Mapping[str, Any]) -> RawForm:
    """Read what a person typed out of a view_submission; nothing of it is believed yet."""
    values = {block: next(iter(state.values())) for block, state in view["state"]["values"].items()}

    def text(block: str) -> str:
        return str(values.get(block, {}).get("value") or "")

    def option(block: str) -> str:
        return str((values.get(block, {}).get("selected_option") or {}).get("value") or "")

    return RawForm(
        display_name=text("display_name"),
        reply_urls=text("reply_urls"),
        audience=option("audience"),
        scope_keys=tuple(entry["value"] for entry in values.get(ids.SCOPES, {}).get("selected_options") or ()),
        secret_description=text("secret_description"),
        duration=option("duration"),
        last_day=str(values.get("last_day", {}).get("selected_date") or ""),
        co_owner_ids=tuple(values.get("co_owners", {}).get("selected_users") or ()),
        justification=text("justification"),
    )


def context_of(view: Mapping[str, Any]) -> FormContext:
    """Read which form a view is. Raises NotFound."""
    carried = object_of(view.get("private_metadata"))
    return FormContext(
        form_id=text_of(carried.get("form_id")),
        request_id=text_of(carried.get("request_id", "")),
        version=version_of(carried.get("version", 0)),
    )
