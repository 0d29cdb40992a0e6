"""What is typed into the form is what is read out of it, and a form that is filled in is read back as it was."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk import WebClient
from slack_sdk.models.views import View

from bot.model import Scope
from bot.policy import AUDIENCES, Policy
from bot.records import RequestForm
from bot.submission import CUSTOM, RawForm, Surroundings, check
from handlers.blocks import request_form, small_views
from handlers.blocks.request_form import FormContext
from tests.domain import nouns
from tests.handlers import extremes
from tests.sandbox.slack import Person, Slack

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POLICY = Policy(audiences=tuple(AUDIENCES))
CONTEXT = FormContext(form_id="11111111-2222-4333-8444-555555555555", request_id="REQ-7F3K2M9A", version=3)
# No lone surrogates: JSON in UTF-8 has none.
TYPED = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


class Screen:
    """Ada's screen, on which the bot's forms open."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.client = WebClient(slack.bot_token, base_url=slack.api_url, retry_handlers=[])
        self.ada: Person = slack.person(slack.add_person("Ada Lovelace", "ada@contoso.example"))

    def open(self, view: View) -> None:
        """Let a view open in the place of whatever was open."""
        while self.ada.modal is not None:
            self.ada.close(everything=True)
        trigger = self.slack._tickets.new_trigger(self.ada.id, None)
        self.client.views_open(trigger_id=trigger, view=view.to_dict())

    def submitted(self) -> dict[str, Any]:
        """Press the submit button; the view as Slack sends it to the bot (nobody listens here)."""
        outcome = self.ada.submit()
        assert outcome.stopped == {}
        assert outcome.delivery is not None
        view: dict[str, Any] = outcome.delivery.raw.payload["view"]
        return view


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    """One screen for all examples."""
    with Slack(lambda: NOW) as slack:
        yield Screen(slack)


FIELDS = ("display_name", "reply_urls", "secret_description", "justification")
FORMS = st.builds(
    RawForm,
    display_name=TYPED.map(lambda text: text[:120]),
    reply_urls=TYPED,
    audience=st.sampled_from(sorted(AUDIENCES)),
    secret_description=TYPED.map(lambda text: text[:60]),
    duration=st.sampled_from([str(days) for days in POLICY.secret_days]),
    justification=TYPED,
)


@settings(max_examples=40, deadline=None)
@given(FORMS)
def test_what_is_typed(screen: Screen, typed: RawForm) -> None:
    """Every field is read as it was typed or chosen."""
    screen.open(request_form.build(POLICY, CONTEXT))
    for field in FIELDS:
        screen.ada.type(field, getattr(typed, field))
    screen.ada.choose("audience", typed.audience)
    screen.ada.choose("duration", typed.duration)
    view = screen.submitted()

    assert request_form.context_of(view) == CONTEXT
    assert request_form.parse(view) == typed


@settings(max_examples=20, deadline=None)
@given(last_day=st.dates(date(2026, 11, 24), date(2028, 11, 22)), people=st.lists(st.integers(0, 9), max_size=10))
def test_what_is_picked(screen: Screen, last_day: date, people: list[int]) -> None:
    """A day and people are read as they were picked, in their order."""
    ids = tuple(dict.fromkeys(f"UPICKED000{number}" for number in people))
    screen.open(request_form.build(POLICY, CONTEXT))
    for field in FIELDS:
        screen.ada.type(field, "x")
    screen.ada.choose("duration", CUSTOM)
    screen.ada.pick_date("last_day", last_day)
    screen.ada.pick_user("co_owners", *ids)
    raw = request_form.parse(screen.submitted())

    assert (raw.duration, raw.last_day, raw.co_owner_ids) == (CUSTOM, last_day.isoformat(), ids)


def read_back(form: RequestForm, view: dict[str, Any]) -> RequestForm:
    """The form that a submitted view describes, in a tenant and a workspace that have all that it names."""
    scopes: dict[str, Scope] = {scope.key: scope for scope in form.scopes}
    owners = {owner.person_id: owner for owner in form.co_owners}
    around = Surroundings(
        policy=POLICY,
        find_scope=scopes.get,
        requester=nouns.person(),
        people={key: nouns.person(id=key, name=owner.name, email=owner.email) for key, owner in owners.items()},
        now=NOW - timedelta(hours=1),
    )
    return check(request_form.parse(view), around)


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(nouns.form(), id="ordinary"),
        pytest.param(extremes.smallest(), id="smallest"),
        pytest.param(extremes.largest(), id="largest"),
        pytest.param(extremes.largest("&"), id="escaped"),
        pytest.param(nouns.form(justification="two\nlines, “quotes” and 😀"), id="lines"),
    ],
)
def test_filled_in(screen: Screen, form: RequestForm) -> None:
    """A form that opens filled in with a request, and is sent as it is, asks for the same again."""
    screen.open(request_form.build(POLICY, CONTEXT, form))

    assert read_back(form, screen.submitted()) == form


@settings(max_examples=40, deadline=None)
@given(TYPED.map(lambda text: text[:500]).filter(lambda text: len(text) >= 3))
def test_reason(screen: Screen, reason: str) -> None:
    """A reason for denying is read as it was typed, with the request and the version that were read."""
    screen.open(small_views.deny_form("REQ-7F3K2M9A", 3))
    screen.ada.type("reason", reason)

    assert small_views.deny_parse(screen.submitted()) == ("REQ-7F3K2M9A", 3, reason.strip())


def test_empty_form(screen: Screen) -> None:
    """Nothing typed is stopped by Slack's client; a client that sends it all the same is read as nothing typed."""
    screen.open(request_form.build(Policy(), CONTEXT))
    assert set(screen.ada.submit().stopped) == set(FIELDS)
    outcome = screen.ada.submit(crafted=True)
    assert outcome.delivery is not None

    assert request_form.parse(outcome.delivery.raw.payload["view"]) == RawForm(duration="180")
