"""A request as the approvers see it: what is risky first, then everything that will be made, then the buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, DividerBlock, HeaderBlock, SectionBlock
from slack_sdk.models.blocks.basic_components import ConfirmObject, MarkdownTextObject, PlainTextObject
from slack_sdk.models.blocks.block_elements import ButtonElement

from bot import risk
from bot.lifecycle import REQUESTS, RequestState
from bot.obstacles import UNFORESEEN
from bot.policy import AUDIENCES, LONG_SECRET_DAYS, Policy, days_of
from bot.records import AppRequest
from bot.reply_urls import warnings
from handlers import ids
from handlers.blocks.texts import (
    Message,
    cut,
    escape,
    exact,
    markdown,
    mention,
    mentions,
    moment,
    paragraphs,
    plain,
    term_words,
)

# Slack, "Header block": the longest text of a header.
LONGEST_HEADER = 150
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


def build(facts: CardFacts) -> Message:
    """Return the card; a decided one has no buttons but says who and when."""
    request = facts.request
    name = request.form.display_name
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=cut(f"Register “{name}”", LONGEST_HEADER), emoji=False)),
        markdown(f"{mention(request.requester.person_id)} asks for this application · {exact(request.id)}"),
        markdown(standing(facts)),
        *_worth_a_look(facts),
        DividerBlock(),
        *_asked_for(facts),
        *_buttons(facts),
    ]
    return Message(
        text=f"{escape(request.requester.name)} asks to register “{escape(name)}” ({request.id}): {request.state}",
        blocks=tuple(blocks),
    )


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
        words = f"{escape(request.failure.message)} (request-id {exact(request.failure.request_id or 'none')})"
        lead = "I could not make it." if request.failure.code == UNFORESEEN else "Entra refused."
        return f"{mark} *{lead}* {exact(request.failure.code or 'no code')}: {words}"
    approved = f" Approved by {mentions(facts.approvers)}." if facts.approvers else ""
    word = {RequestState.WITHDRAWN: f"*Withdrawn*{by}", RequestState.LAPSED: "*Lapsed*: nobody decided in time"}
    sentence = word.get(request.state, f"*{REQUESTS.sentences[request.state]}*{approved}")
    return f"{mark} {sentence} ({moment(request.state_since)})"


def _tally(facts: CardFacts) -> str:
    missing = facts.policy.quorum - len(facts.approvers)
    if facts.policy.quorum == 1:
        return ""
    so_far = f"Approved by {mentions(facts.approvers)}; " if facts.approvers else ""
    return f"{so_far}{missing} of {facts.policy.quorum} approvals missing."


def worth_a_look(facts: CardFacts) -> list[str]:
    """Return what an approver should look at before anything else, the gravest first."""
    request, form = facts.request, facts.request.form
    rated = sorted(
        ((risk.rate(scope), scope) for scope in form.scopes),
        key=lambda pair: risk.LEVELS.index(pair[0].level),
        reverse=True,
    )
    lines = [
        f"{found.mark}: {exact(scope.value)}. {escape(found.reason)}"
        for found, scope in rated
        if found.level in {"unknown", "high", "critical"}
    ]
    consents = [scope.value for scope in form.scopes if scope.admin_consent]
    if consents:
        names = ", ".join(exact(value) for value in consents)
        lines.append(f":key: An administrator must consent to {names}; this bot does not grant it.")
    lines += [
        f":link: {exact(warning.url)}: {escape(warning.reason)}"
        for warning in warnings(form.reply_urls, own_domains=facts.policy.own_domains)
    ]
    if request.name_is_taken:
        lines.append(":busts_in_silhouette: Another application in the tenant has this display name.")
    if request.assessed and request.name_is_taken is None:
        lines.append(":grey_question: Entra could not be asked whether the display name exists already.")
    if days_of(form.term, request.submitted_at) > LONG_SECRET_DAYS:
        lines.append(f":calendar: The secret lives longer than {LONG_SECRET_DAYS} days.")
    if form.audience != "AzureADMyOrg":
        lines.append(":globe_with_meridians: People of other organisations can sign in.")
    return list(dict.fromkeys(lines))


def _worth_a_look(facts: CardFacts) -> list[Block]:
    lines = worth_a_look(facts)
    if not lines:
        return [markdown("*Worth a look*\nNothing stands out.")]
    return [markdown(text) for text in paragraphs(["*Worth a look*", *(f"• {line}" for line in lines)])]


def _asked_for(facts: CardFacts) -> list[Block]:
    request, form = facts.request, facts.request.form
    return [
        markdown("*Why*"),
        plain(form.justification),
        markdown("*Reply URLs*"),
        *(plain(text) for text in paragraphs(form.reply_urls)),
        *(markdown(text) for text in paragraphs(scope_lines(facts))),
        SectionBlock(
            fields=[
                MarkdownTextObject(text=f"*Client secret*\n{escape(form.secret_description)}", verbatim=True),
                MarkdownTextObject(text=f"*It lives*\n{term_words(form.term)}"),
                MarkdownTextObject(text=f"*Who can sign in*\n{AUDIENCES.get(form.audience, form.audience)}"),
                MarkdownTextObject(text=f"*Owners*\n{mentions([owner.person_id for owner in request.owners])}"),
            ]
        ),
        ContextBlock(elements=[MarkdownTextObject(text=what_is_made(request))]),
    ]


def scope_lines(facts: CardFacts) -> list[str]:
    """Return the scopes grouped by API, each with its risk and the reason for it."""
    scopes = sorted(facts.request.form.scopes, key=lambda scope: (scope.resource_name, scope.value))
    if not scopes:
        return ["*Delegated scopes*\nNone."]
    lines = []
    for resource, group in groupby(scopes, key=lambda scope: scope.resource_name):
        lines.append(f"*{escape(resource)}*")
        for scope in group:
            rating = risk.rate(scope)
            lines.append(f"{rating.mark} {exact(scope.value)}: {escape(rating.reason)}")
    return lines


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
    """Read what a button carried."""
    request_id, _, version = value.rpartition(":")
    return request_id, int(version)


def _buttons(facts: CardFacts) -> Sequence[Block]:
    request, value = facts.request, decision_value(facts.request)
    if request.state is RequestState.FAILED:
        retry = ButtonElement(text="Retry", action_id=ids.RETRY, value=value, style="primary")
        return [ActionsBlock(block_id=f"decision:{value}:failed", elements=[retry])]
    if request.state is not RequestState.PENDING:
        return []
    sure = ConfirmObject(
        title="Approve this application?",
        text=PlainTextObject(text="It is made in Entra at once, exactly as shown here."),
        confirm="Approve",
        deny="Not yet",
    )
    approve = ButtonElement(text="Approve", action_id=ids.APPROVE, value=value, style="primary", confirm=sure)
    deny = ButtonElement(text="Deny…", action_id=ids.DENY, value=value)
    return [ActionsBlock(block_id=f"decision:{value}", elements=[approve, deny])]
