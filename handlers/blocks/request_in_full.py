"""Where one request stands and all that it asks for, in as many messages as it takes: what a card may leave out."""

from slack_sdk.models.blocks import Block

from bot.lifecycle import REQUESTS
from bot.policy import Policy
from bot.records import AppRequest
from bot.reply_urls import warnings
from handlers.blocks.request_card import MARKS, terms
from handlers.blocks.texts import (
    Message,
    escape,
    exact,
    markdown,
    mentions,
    moment,
    pages,
    paragraphs,
    plain,
)
from handlers.blocks.worth_a_look import circumstances, scope_lines


def build(request: AppRequest, approvers: tuple[str, ...], policy: Policy) -> tuple[Message, ...]:
    """Return the messages, of which only a very large request needs more than one."""
    agreed = f"\nApproved by {mentions(approvers)}." if approvers else ""
    text = f"{line(request)}{agreed}\nSince {moment(request.state_since)}."
    return pages(text, [markdown(text), *_asked_for(request, policy)])


def line(request: AppRequest) -> str:
    """Return where a request stands, in one line."""
    name = escape(request.form.display_name)
    return f"{MARKS[request.state]} {exact(request.id)} {name}: {REQUESTS.sentences[request.state]}"


def _asked_for(request: AppRequest, policy: Policy) -> list[Block]:
    form = request.form
    numbered = [f"{number}. {url}" for number, url in enumerate(form.reply_urls, start=1)]
    remarks = [*_about_reply_urls(request, policy), *(f"• {remark}" for remark in circumstances(request))]
    return [
        markdown("*Why*"),
        plain(form.justification),
        markdown("*Reply URLs*"),
        *(plain(text) for text in paragraphs(numbered)),
        *(markdown(text) for text in paragraphs(remarks)),
        *(markdown(text) for text in paragraphs(scope_lines(form.scopes))),
        terms(request),
    ]


def _about_reply_urls(request: AppRequest, policy: Policy) -> list[str]:
    """Say what is worth a look in which reply URLs, by their numbers in the list."""
    numbers: dict[str, list[str]] = {}
    for number, url in enumerate(request.form.reply_urls, start=1):
        for found in warnings([url], own_domains=policy.own_domains):
            numbers.setdefault(found.reason, []).append(str(number))
    return [f"• :link: {', '.join(of)}: {escape(reason)}" for reason, of in numbers.items()]
