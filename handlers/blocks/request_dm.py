"""A request as its requester sees it: one message that is redrawn as the state changes."""

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, SectionBlock
from slack_sdk.models.blocks.basic_components import ConfirmObject, MarkdownTextObject, PlainTextObject
from slack_sdk.models.blocks.block_elements import ButtonElement

from bot.lifecycle import RequestState
from bot.policy import Policy
from bot.records import AppRequest
from handlers import ids
from handlers.blocks import unowned
from handlers.blocks.request_card import MARKS, decision_value
from handlers.blocks.texts import (
    Message,
    as_many_as_fit,
    escape,
    exact,
    field,
    markdown,
    mention,
    mentions,
    moment,
    paragraphs,
    plain,
    term_words,
)

# What people still read in a field; `/register-app status` shows the others too.
LONGEST_SCOPES = 700


def build(request: AppRequest, approvers: tuple[str, ...], policy: Policy) -> Message:
    """Return the requester's message."""
    name = escape(request.form.display_name)
    blocks: list[Block] = [
        markdown(f"*Your request for “{name}”* · {exact(request.id)}"),
        markdown(f"{MARKS[request.state]} {standing(request, approvers, policy)}"),
        SectionBlock(
            fields=[
                field("Client secret", escape(request.form.secret_description)),
                field("It will live", term_words(request.form.term)),
                field("Owners", mentions([owner.person_id for owner in request.owners])),
                field("Scopes", _scopes(request)),
            ]
        ),
        *(plain(text) for text in paragraphs(["Reply URLs", *request.form.reply_urls])),
        *_buttons(request),
        ContextBlock(elements=[MarkdownTextObject(text=f"Asked {moment(request.submitted_at)}")]),
    ]
    plain_standing = standing(request, approvers, policy)
    return Message(text=f"Your request for “{name}”: {plain_standing}", blocks=tuple(blocks))


def standing(request: AppRequest, approvers: tuple[str, ...], policy: Policy) -> str:
    """Say where the request stands, in plain words and with what happens next."""
    by = f" by {mention(request.settled_by)}" if request.settled_by else ""
    sentences = {
        RequestState.PENDING: f"Waiting for {_missing(approvers, policy)}. You are told here once it is decided.",
        RequestState.APPROVED: f"Approved by {mentions(approvers)}. It is about to be made in Entra.",
        RequestState.PROVISIONING: f"Approved by {mentions(approvers)}. It is being made in Entra.",
        RequestState.FULFILLED: "Done: the application exists, and a link to its secret was sent to you here."
        + unowned.sentences(request.owners_without_email, request.owners_without_user),
        RequestState.DENIED: f"Denied{by}: {escape(request.settled_reason or '')}",
        RequestState.WITHDRAWN: "You withdrew this request. Nothing was made.",
        RequestState.LAPSED: f"Nobody decided in time, so this request ended. Use {ids.COMMAND} to ask again.",
        RequestState.FAILED: "It was approved, but could not be made. Your approvers see why and can retry;"
        " you need to do nothing now.",
    }
    return sentences[request.state]


def _missing(approvers: tuple[str, ...], policy: Policy) -> str:
    missing = policy.quorum - len(approvers)
    if approvers:
        return f"{missing} more approval{'' if missing == 1 else 's'} ({mentions(approvers)} agreed)"
    return "an approver" if missing == 1 else f"{missing} approvers"


def _scopes(request: AppRequest) -> str:
    values = [exact(scope.value) for scope in request.form.scopes]
    return as_many_as_fit(values, LONGEST_SCOPES, "scopes", apart=", ") or "none"


def _buttons(request: AppRequest) -> list[Block]:
    if request.state is not RequestState.PENDING:
        return []
    sure = ConfirmObject(
        title="Withdraw this request?",
        text=PlainTextObject(text="It ends here. You can ask again at any time."),
        confirm="Withdraw",
        deny="Keep it",
    )
    value = decision_value(request)
    change = ButtonElement(text="Change…", action_id=ids.CHANGE, value=value)
    withdraw = ButtonElement(text="Withdraw", action_id=ids.WITHDRAW, value=value, confirm=sure)
    return [ActionsBlock(block_id=f"own:{value}", elements=[change, withdraw])]
