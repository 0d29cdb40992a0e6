"""Whatever does not fit into a card is counted there, and stands in full in what the status command answers."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import Policy
from bot.records import RequestForm
from handlers.blocks import request_card, request_in_full
from handlers.blocks.request_card import CardFacts
from handlers.blocks.texts import Message, as_many_as_fit, escape, exact
from handlers.blocks.worth_a_look import worth_a_look
from tests.domain import nouns
from tests.handlers import extremes
from tests.sandbox.slack.texts import reading

# Slack, "Handling user interaction": the answer to a command, and five more through its response_url.
MOST_ANSWERS = 6
GRAPH = "00000003-0000-0000-c000-000000000000"
ELSEWHERE = "*Not all of it fits here.* `/register-app status REQ-00000001` shows it all."


def reads(*messages: Message) -> str:
    """What a person reads in messages, one text a line."""
    return "\n".join(reading(message.text, message.content()["blocks"]) for message in messages)


def card(form: RequestForm, policy: Policy | None = None) -> Message:
    """The card of a pending request."""
    facts = CardFacts(request=nouns.request(form=form), approvers=(), policy=policy or Policy())
    return request_card.build(facts)


def in_full(form: RequestForm) -> tuple[Message, ...]:
    """What the status command answers."""
    return request_in_full.build(nouns.request(form=form), (), Policy())


def sized(scopes: int, urls: int, letters: int) -> RequestForm:
    """A form with so many scopes of so many letters, and so many reply URLs."""
    return nouns.form(
        scopes=tuple(
            nouns.scope(number, value=f"{number:02}{'s' * letters}", admin_consent=number % 2 == 0)
            for number in range(scopes)
        ),
        reply_urls=tuple(f"https://{number:02}.contoso.example/cb" for number in range(urls)),
    )


SIZES = st.builds(sized, st.integers(0, 40), st.integers(1, 80), st.integers(1, 118))


@settings(max_examples=50, deadline=None)
@given(SIZES)
def test_all_or_a_word(form: RequestForm) -> None:
    """A card has every scope and every reply URL, or it says where the rest of them stand."""
    shown = card(form)
    names = [*(exact(scope.value) for scope in form.scopes), *form.reply_urls]

    assert shown.fits
    assert ELSEWHERE in reads(shown) or all(name in reads(shown) for name in names)


@settings(max_examples=50, deadline=None)
@given(SIZES)
def test_all_of_it(form: RequestForm) -> None:
    """The status command answers with every scope, its risk and every reply URL, whatever the size."""
    messages = in_full(form)
    words = reads(*messages)

    assert all(message.fits for message in messages)
    assert all(f"{exact(scope.value)}: " in words for scope in form.scopes)
    assert all(f"{number}. {url}" in words.splitlines() for number, url in enumerate(form.reply_urls, start=1))
    assert form.justification in words


@pytest.mark.parametrize("form", [extremes.largest(), extremes.largest("&", extremes.LONGEST_SCOPE)])
def test_answers_are_few_enough(form: RequestForm) -> None:
    """Even the largest request is told in as many answers as Slack allows to one command, each numbered."""
    messages = in_full(form)

    assert 1 < len(messages) <= MOST_ANSWERS
    assert [reads(message).splitlines()[-1] for message in messages] == [
        f"Part {number} of {len(messages)}." for number in range(1, len(messages) + 1)
    ]


def test_small_in_one() -> None:
    """An ordinary request is answered in one message, whose card leaves nothing to another place."""
    form = nouns.form()

    assert len(in_full(form)) == 1
    assert "Part" not in reads(*in_full(form))
    assert ELSEWHERE not in reads(card(form))


@pytest.mark.parametrize("letter", ["x", "&"])
def test_what_is_left_out_is_counted(letter: str) -> None:
    """The names shown for one reason, and the number of the others, make all; the card says where those stand."""
    form = extremes.largest(letter, extremes.LONGEST_SCOPE if letter == "&" else extremes.LONG_SCOPE)
    words = reads(card(form))
    line = next(line for line in words.splitlines() if "An administrator must consent to" in line)
    more = re.search(r" and (\d+) more;", line)

    assert ELSEWHERE in words
    assert more is not None
    assert line.count("`") // 2 + int(more[1]) == len(form.scopes)


def test_cut_lists_are_counted() -> None:
    """A list that is cut says how many of what it leaves out."""
    assert as_many_as_fit(["aa", "bb", "cc", "dd"], 6, "letters") == "aa\nbb\nand 2 more letters"
    assert as_many_as_fit(["aa", "bb"], 5, "letters") == "aa\nbb"
    assert as_many_as_fit(["aaaaaaa"], 5, "letters") == "and 1 more letters"


def test_unknown_in_one_line() -> None:
    """Scopes that nobody rates stand out in one line together, each by its name, beside the graver ones."""
    unknown = tuple(nouns.scope(number, value=f"own.{number}") for number in range(5))
    acting = nouns.scope(9, value="user_impersonation")
    grave = nouns.scope(7, value="RoleManagement.ReadWrite.Directory", resource_app_id=GRAPH)
    lines = worth_a_look(nouns.request(form=nouns.form(scopes=(*unknown, acting, grave))), Policy())
    together = [line for line in lines if line.startswith(":grey_question: Not rated")]

    assert lines[0].startswith(":red_circle: Critical: `RoleManagement")
    assert len(together) == 1
    assert all(f"`{scope.value}`" in together[0] for scope in (*unknown, acting))
    assert "by its name this allows all that the person may do there" in together[0]


def test_unknown_is_counted_when_brief() -> None:
    """On the card of a very large request the scopes that nobody rates still stand out, by number at least."""
    base = extremes.largest()
    form = replace(base, scopes=tuple(replace(scope, admin_consent=False) for scope in base.scopes))
    line = next(line for line in reads(card(form)).splitlines() if ":grey_question: Not rated: " in line)
    more = re.search(r" and (\d+) more\.", line)

    assert more is not None
    assert line.count("`") // 2 + int(more[1]) == len(form.scopes)


def test_circumstances_stay() -> None:
    """What stands out of the request as a whole is on the card whatever its size."""
    form = extremes.largest("&", extremes.LONGEST_SCOPE)
    request = nouns.request(form=form, name_is_taken=True, assessed=True)
    words = reads(request_card.build(CardFacts(request=request, approvers=(), policy=Policy())))

    for expected in (
        "Another application in the tenant has this display name.",
        "The secret lives longer than 180 days.",
        "People of other organisations can sign in.",
    ):
        assert expected in words


@given(st.text("&<>x`*", max_size=80), st.integers(10, 60))
def test_shortened_between_characters(text: str, longest: int) -> None:
    """What is shortened ends with a whole character, never within an escaped one, and is no longer than asked."""
    short = escape(text, longest)

    assert len(short) <= longest
    assert re.sub(r"&(amp|lt|gt);", "", short).count("&") == 0
    assert short == escape(text) or short.endswith("…")
