"""A request as the approvers see it: what is risky first, then everything that will be made, then the buttons."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, DividerBlock, HeaderBlock, SectionBlock
from slack_sdk.models.blocks.basic_components import ConfirmObject, MarkdownTextObject, PlainTextObject
from slack_sdk.models.blocks.block_elements import ButtonElement

from bot.lifecycle import REQUESTS, RequestState
from bot.obstacles import UNFORESEEN
from bot.policy import AUDIENCES, Policy
from bot.records import AppRequest, Failure
from handlers import ids
from handlers.blocks.carried import version_of
from handlers.blocks.texts import (
    LONGEST_SECTION,
    Message,
    as_many_as_fit,
    cut,
    escape,
    exact,
    field,
    first_that_fits,
    markdown,
    mention,
    mentions,
    moment,
    paragraphs,
    plain,
    revealed,
    term_words,
)
from handlers.blocks.worth_a_look import IN_FULL, Brevity, scope_lines, worth_a_look

# Slack, "Header block": the longest text of a header.
LONGEST_HEADER = 150
# From all that there is to say to the least that an approver needs, for the card to fit into one message.
BREVITIES = (
    IN_FULL,
    Brevity(named=3),
    Brevity(named=1, lines=6),
    Brevity(named=1, lines=4, longest=200, room=1200),
)
# How much of Graph's own words is shown; what to do about them stands behind.
LONGEST_REFUSAL = 1500
MARKS = {
    RequestState.PENDING: ":hourglass_flowing_sand:",
    RequestState.APPROVED: ":white_check_mark:",
    RequestState.PROVISIONING: ":white_check_mark:",
    RequestState.FULFILLED: ":white_check_mark:",
    RequestState.DENIED: ":no_entry:",
    RequestState.WITHDRAWN: ":leftwards_arrow_with_hook:",
    RequestState.LAPSED: ":zzz:",
    RequestState.FAILED: ":x:",
}


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """What a card is drawn from."""

    request: AppRequest
    approvers: tuple[str, ...]
    policy: Policy
    eligible: tuple[str, ...] = ()
    """Who may decide, as configured: people and user groups, by id."""


def build(facts: CardFacts) -> Message:
    """Return the card; a decided one has no buttons but says who and when.

    It says as much as Slack takes in one message. Of a very large request it says how much it leaves out, and which
    command shows all of it.
    """
    return first_that_fits(_drawn(facts, brevity) for brevity in BREVITIES if _keeps_lines_whole(facts, brevity))


def _keeps_lines_whole(facts: CardFacts, brevity: Brevity) -> bool:
    """Say whether no line is too long for Slack, which would cut it without a count; the briefest never is."""
    lines = [
        *worth_a_look(facts.request, facts.policy, brevity),
        *scope_lines(facts.request.form.scopes, brevity),
    ]
    return all(len(f"• {line}") <= LONGEST_SECTION for line in lines)


def _drawn(facts: CardFacts, brevity: Brevity) -> Message:
    request = facts.request
    name = request.form.display_name
    title = cut(revealed(f"Register “{name}”"), LONGEST_HEADER)
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=title, emoji=False)),
        markdown(f"{mention(request.requester.person_id)} asks for this application · {exact(request.id)}"),
        markdown(standing(facts)),
        *_worth_a_look(facts, brevity),
        *([] if brevity == IN_FULL else [_elsewhere(request)]),
        DividerBlock(),
        *_asked_for(facts, brevity),
        *_buttons(facts),
    ]
    return Message(
        text=f"{escape(request.requester.name)} asks to register “{escape(name)}” ({request.id}): {request.state}",
        blocks=tuple(blocks),
    )


def _elsewhere(request: AppRequest) -> Block:
    """Say where all of a request stands that is too large for one message."""
    return markdown(f":scroll: *Not all of it fits here.* {exact(f'{ids.COMMAND} status {request.id}')} shows it all.")


def standing(facts: CardFacts) -> str:
    """Return where the request stands, in a line for the approvers."""
    request = facts.request
    mark = MARKS[request.state]
    by = f" by {mention(request.settled_by)}" if request.settled_by else ""
    if request.state is RequestState.PENDING:
        return f"{mark} *Waiting for a decision.* {_tally(facts)}".rstrip()
    if request.state is RequestState.DENIED:
        return f"{mark} *Denied*{by}, {moment(request.state_since)}: {escape(request.settled_reason or '')}"
    if request.state is RequestState.FAILED and request.failure is not None:
        return f"{mark} *{refusal_lead(request.failure.code)}* {graphs_words(request.failure)}"
    approved = f" Approved by {mentions(facts.approvers)}." if facts.approvers else ""
    word = {RequestState.WITHDRAWN: f"*Withdrawn*{by}", RequestState.LAPSED: "*Lapsed*: nobody decided in time"}
    sentence = word.get(request.state, f"*{REQUESTS.sentences[request.state]}*{approved}")
    return f"{mark} {sentence} ({moment(request.state_since)})"


def refusal_lead(code: str | None) -> str:
    """Say who failed: Entra, unless the fault was this bot's own."""
    return "I could not make it." if code == UNFORESEEN else "Entra refused."


def graphs_words(failure: Failure) -> str:
    """Return Graph's own words for a refusal, and the number that Microsoft's support asks for."""
    said = f"{exact(failure.code or 'no code')}: {escape(failure.message, LONGEST_REFUSAL)}"
    return f"{said} (request-id {exact(failure.request_id or 'none')})"


def _tally(facts: CardFacts) -> str:
    missing = facts.policy.quorum - len(facts.approvers)
    if facts.policy.quorum == 1:
        return ""
    so_far = f"Approved by {mentions(facts.approvers)}; " if facts.approvers else ""
    return f"{so_far}{missing} of {facts.policy.quorum} approvals missing. {_who_is_left(facts)}"


def _who_is_left(facts: CardFacts) -> str:
    """Say who can still agree: nobody twice, and nobody who is to own the application, but for those in groups."""
    done = {*facts.approvers, *(owner.person_id for owner in facts.request.owners)}
    people = [mention(name) for name in facts.eligible if not name.startswith("S") and name not in done]
    groups = [f"<!subteam^{name}>" for name in facts.eligible if name.startswith("S")]
    return f"They can come from {', '.join([*people, *groups])}." if people or groups else ""


def _worth_a_look(facts: CardFacts, brevity: Brevity) -> list[Block]:
    lines = worth_a_look(facts.request, facts.policy, brevity)
    if not lines:
        return [markdown("*Worth a look*\nNothing stands out.")]
    return [markdown(text) for text in paragraphs(["*Worth a look*", *(f"• {line}" for line in lines)])]


def _asked_for(facts: CardFacts, brevity: Brevity) -> list[Block]:
    request, form = facts.request, facts.request.form
    urls = as_many_as_fit(form.reply_urls, brevity.room, "reply URLs").splitlines()
    scopes = as_many_as_fit(scope_lines(form.scopes, brevity), brevity.room, "lines of scopes").splitlines()
    return [
        markdown("*Why*"),
        plain(form.justification),
        markdown("*Reply URLs*"),
        *(plain(text) for text in paragraphs(urls)),
        *(markdown(text) for text in paragraphs(scopes)),
        terms(request),
        ContextBlock(elements=[MarkdownTextObject(text=what_is_made(request), verbatim=True)]),
    ]


def terms(request: AppRequest) -> Block:
    """Return the secret, its life, who can sign in and who answers for the application."""
    form = request.form
    return SectionBlock(
        fields=[
            field("Client secret", escape(form.secret_description)),
            field("It lives", term_words(form.term)),
            field("Who can sign in", AUDIENCES.get(form.audience, form.audience)),
            field("Owners", mentions([owner.person_id for owner in request.owners])),
        ]
    )


def what_is_made(request: AppRequest) -> str:
    """Say exactly what an approval creates."""
    urls, scopes = len(request.form.reply_urls), len(request.form.scopes)
    return (
        f"Approving creates one application with {urls} reply URL{_s(urls)} and {scopes} requested"
        f" scope{_s(scopes)}, and its service principal. No consent is granted. The client secret is made when"
        " the requester opens the one-time link. Version"
        f" {request.version} of {request.id}."
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def decision_value(request: AppRequest) -> str:
    """Return what a button carries: which request, and which version of it was read."""
    return f"{request.id}:{request.version}"


def decision_of(value: str) -> tuple[str, int]:
    """Read what a button carried. Raises NotFound."""
    request_id, _, version = value.rpartition(":")
    return request_id, version_of(version)


def _buttons(facts: CardFacts) -> Sequence[Block]:
    request, value = facts.request, decision_value(facts.request)
    if request.state is RequestState.FAILED:
        retry = ButtonElement(text="Retry", action_id=ids.RETRY, value=value, style="primary")
        return [ActionsBlock(block_id=f"decision:{value}:failed", elements=[retry])]
    if request.state is not RequestState.PENDING:
        return []
    sure = ConfirmObject(
        title="Approve this application?",
        text=PlainTextObject(text="It is made in Entra at once, exactly as asked for here."),
        confirm="Approve",
        deny="Not yet",
    )
    approve = ButtonElement(text="Approve", action_id=ids.APPROVE, value=value, style="primary", confirm=sure)
    deny = ButtonElement(text="Deny…", action_id=ids.DENY, value=value)
    return [ActionsBlock(block_id=f"decision:{value}", elements=[approve, deny])]
