"""What was typed becomes a form, or every field's fault at once and nothing else."""

import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import FormFaults
from bot.model import Person, Scope, SecretTerm
from bot.policy import Policy
from bot.submission import RawForm, Surroundings, check
from tests.domain import nouns
from tests.domain.nouns import NOW

SCOPES = {scope.key: scope for scope in (nouns.scope(number) for number in range(45))}
KEYS = tuple(SCOPES)
PEOPLE = {f"UCO{number:04}": Person(id=f"UCO{number:04}", name=f"Colleague {number}") for number in range(1, 15)}
GOOD = RawForm(
    display_name="Ward dashboard",
    reply_urls="https://ward.contoso.example/auth/callback",
    audience="AzureADMyOrg",
    scope_keys=KEYS[:2],
    secret_description="production web server",
    duration="180",
    co_owner_ids=("UCO0001",),
    justification="Nurses see the beds of their ward.",
)
LETTERS = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=60)
WORDS = LETTERS.filter(lambda text: bool(text.strip()))


def around(policy: Policy | None = None, **people: Person | None) -> Surroundings:
    """Ada's surroundings: 45 scopes and 14 colleagues, and whoever else is named."""
    return Surroundings(
        policy=policy or Policy(),
        find_scope=SCOPES.get,
        requester=nouns.person(),
        people={**PEOPLE, **people},
        now=NOW,
    )


def faults(raw: RawForm, surroundings: Surroundings | None = None) -> dict[str, str]:
    """The faults of a form, by field; none when it holds."""
    try:
        check(raw, surroundings or around())
    except FormFaults as error:
        return error.faults
    return {}


def test_a_good_form() -> None:
    """A form without fault is read field by field."""
    form = check(GOOD, around())

    assert (form.display_name, form.audience, form.secret_description) == (
        "Ward dashboard",
        "AzureADMyOrg",
        "production web server",
    )
    assert form.reply_urls == ("https://ward.contoso.example/auth/callback",)
    assert [scope.value for scope in form.scopes] == ["records.read.0", "records.read.1"]
    assert (form.term, [owner.person_id for owner in form.co_owners]) == (SecretTerm(days=180), ["UCO0001"])
    assert form.justification == "Nurses see the beds of their ward."


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"display_name": ""}, "display_name", "Enter a display name."),
    ({"display_name": " \t "}, "display_name", "Enter a display name."),
    ({"display_name": "x" * 121}, "display_name", "At most 120 characters, please; this has 121."),
    ({"display_name": "two\nlines"}, "display_name", "line breaks and invisible"),
    ({"display_name": "Pay\u202eroll"}, "display_name", "line breaks and invisible"),
    ({"display_name": "Pay\u200broll"}, "display_name", "line breaks and invisible"),
    ({"display_name": "Pay\ue000roll"}, "display_name", "line breaks and invisible"),
    ({"reply_urls": ""}, "reply_urls", "Enter at least one reply URL"),
    ({"reply_urls": "\n \n"}, "reply_urls", "Enter at least one reply URL"),
    ({"reply_urls": "http://ward.contoso.example/cb"}, "reply_urls", "https"),
    ({"audience": "PersonalMicrosoftAccount"}, "audience", "Choose one of the audiences offered."),
    ({"scope_keys": ("a:b", "c:d")}, "scopes", "2 of these scopes are not in the tenant's catalogue."),
    ({"scope_keys": KEYS[:41]}, "scopes", "At most 40 scopes in one request, please."),
    ({"secret_description": ""}, "secret_description", "Enter what the secret is for."),
    ({"secret_description": "x" * 61}, "secret_description", "At most 60 characters, please; this has 61."),
    ({"secret_description": "a\x00b"}, "secret_description", "invisible or control"),
    ({"duration": ""}, "duration", "Choose a duration."),
    ({"duration": "soon"}, "duration", "Choose a duration."),
    ({"duration": "9" * 5000}, "duration", "Choose a duration."),
    ({"duration": "181"}, "duration", "Choose one of the durations offered."),
    ({"duration": "custom"}, "last_day", "Choose the last day, or choose a duration above."),
    ({"duration": "custom", "last_day": "2026-02-30"}, "last_day", "Choose the last day"),
    ({"duration": "custom", "last_day": "2026-11-23"}, "last_day", "tomorrow at the earliest"),
    ({"duration": "custom", "last_day": "2027-11-24"}, "last_day", "2027-11-23 at the latest (365 days)"),
    ({"last_day": "2026-12-24"}, "last_day", "Clear this day"),
    ({"co_owner_ids": tuple(PEOPLE)[:11]}, "co_owners", "At most 10 co-owners, please."),
    ({"co_owner_ids": ("UNEVER",)}, "co_owners", "Slack did not tell in time who these people are."),
    ({"justification": " "}, "justification", "Say in a sentence what the application is for"),
    ({"justification": "x" * 1001}, "justification", "At most 1000 characters, please; this has 1001."),
    ({"justification": "reads \u2066backwards"}, "justification", "invisible or control characters"),
]


@pytest.mark.parametrize(("change", "field", "words"), FAULTS)
def test_one_fault(change: dict[str, Any], field: str, words: str) -> None:
    """One field at fault is one sentence beside that field, and no other field is blamed."""
    found = faults(replace(GOOD, **change))

    assert [field] == list(found)
    assert words in found[field]


def test_every_fault_at_once() -> None:
    """An empty form is answered with every fault that it has."""
    expected = {"display_name", "reply_urls", "secret_description", "duration", "justification"}

    assert expected == set(faults(RawForm()))


@given(st.lists(st.sampled_from(FAULTS), max_size=6, unique_by=lambda fault: fault[1]))
def test_faults_do_not_hide_each_other(chosen: list[tuple[dict[str, Any], str, str]]) -> None:
    """Whatever fields are at fault together, each is told as if it stood alone."""
    fields = {field for _, field, _ in chosen}
    # A duration and a last day are two answers to one question, so only one of them is spoilt at a time.
    usable = [fault for fault in chosen if not (fault[1] == "last_day" and "duration" in fields)]
    raw = GOOD
    for change, _, _ in usable:
        raw = replace(raw, **change)
    found = faults(raw)

    assert {field for _, field, _ in usable} == set(found)
    assert all(words in found[field] for _, field, words in usable)


@given(
    name=WORDS,
    description=WORDS,
    why=WORDS,
    count=st.integers(0, 40),
    days=st.sampled_from(Policy().secret_days),
    owners=st.integers(0, 10),
)
def test_what_holds_passes(name: str, description: str, why: str, count: int, days: int, owners: int) -> None:
    """Any form within the limits holds, and what was typed is kept but for the space around it."""
    raw = replace(
        GOOD,
        display_name=f" {name} ",
        secret_description=f"{description} ",
        justification=f"{why}\n",
        scope_keys=KEYS[:count],
        duration=str(days),
        co_owner_ids=tuple(PEOPLE)[:owners],
    )
    form = check(raw, around())

    assert (name.strip(), description.strip(), why.strip()) == (
        form.display_name,
        form.secret_description,
        form.justification,
    )
    assert (count, days, owners) == (len(form.scopes), form.term.days, len(form.co_owners))


@given(st.text(max_size=200), st.text(max_size=80), st.text(max_size=300))
def test_no_invisible_character_gets_through(name: str, description: str, why: str) -> None:
    """Whatever is typed, it is refused or holds nothing that makes it read as something else."""
    raw = replace(GOOD, display_name=name, secret_description=description, justification=why)
    try:
        form = check(raw, around())
    except FormFaults:
        return

    typed = form.display_name + form.secret_description
    assert [c for c in typed if not c.isprintable() and unicodedata.category(c) != "Zs"] == []
    assert 1 <= len(form.display_name) <= 120
    assert 1 <= len(form.secret_description) <= 60


@given(st.text(max_size=30), st.text(max_size=12))
def test_no_duration_breaks_it(duration: str, last_day: str) -> None:
    """Whatever a client sends as duration or day, the answer is a sentence beside one of the two fields."""
    found = faults(replace(GOOD, duration=duration, last_day=last_day))

    assert set(found) <= {"duration", "last_day"}


def test_a_last_day_of_ones_own_choice() -> None:
    """A day of one's own choice within the policy becomes the term."""
    form = check(replace(GOOD, duration="custom", last_day="2026-12-24"), around())

    assert SecretTerm(last_day=date(2026, 12, 24)) == form.term


def test_several_lines_of_justification() -> None:
    """A justification may have line breaks and tabs."""
    form = check(replace(GOOD, justification="First.\r\n\tSecond."), around())

    assert form.justification == "First.\r\n\tSecond."


def test_scopes_and_owners_count_once() -> None:
    """A scope or a person chosen twice counts once, and the requester is an owner anyway."""
    raw = replace(GOOD, scope_keys=(*KEYS[:2], KEYS[0]), co_owner_ids=("UCO0001", "UADA", "UCO0001"))
    form = check(raw, around())

    assert ([owner.person_id for owner in form.co_owners], len(form.scopes)) == (["UCO0001"], 2)


def test_the_requester_does_not_count_as_co_owner() -> None:
    """Where the policy wants two co-owners, naming oneself does not make one of them."""
    raw = replace(GOOD, co_owner_ids=("UCO0001", "UADA"))

    assert faults(raw, around(Policy(fewest_co_owners=2))) == {
        "co_owners": "Name at least 2 co-owners besides yourself."
    }


@pytest.mark.parametrize("kind", ["is_guest", "is_stranger", "is_bot", "is_deactivated"])
def test_who_cannot_own(kind: str) -> None:
    """Somebody who is no full, active member cannot own an application, and is named."""
    gus = nouns.person(id="UGUS", name="Gus", **{kind: True})
    found = faults(replace(GOOD, co_owner_ids=("UCO0001", "UGUS")), around(UGUS=gus))

    assert found == {"co_owners": "Gus cannot own an application: only full, active members of this workspace can."}


def test_somebody_slack_did_not_tell_of() -> None:
    """Somebody of whom Slack did not tell in time is not taken for a member."""
    found = faults(replace(GOOD, co_owner_ids=("ULATE",)), around(ULATE=None))

    assert list(found) == ["co_owners"]


def test_a_scope_that_is_switched_off() -> None:
    """A scope that the tenant has switched off is named."""
    off = nouns.scope(1, value="patient.export", enabled=False)
    surroundings = replace(around(), find_scope=lambda _: off)
    found = faults(replace(GOOD, scope_keys=("a:b",)), surroundings)

    assert found == {"scopes": "patient.export is switched off in the tenant. Remove it and choose another."}


def test_an_audience_that_was_not_asked_for() -> None:
    """Where only one audience is allowed the form does not ask, and that one is taken."""
    assert check(replace(GOOD, audience=""), around()).audience == "AzureADMyOrg"


def test_an_audience_that_the_policy_allows() -> None:
    """A second audience is taken where the policy allows it."""
    policy = Policy(audiences=("AzureADMyOrg", "AzureADMultipleOrgs"))

    assert check(replace(GOOD, audience="AzureADMultipleOrgs"), around(policy)).audience == "AzureADMultipleOrgs"


def test_localhost_only_where_allowed() -> None:
    """Http on localhost holds unless the policy forbids it."""
    raw = replace(GOOD, reply_urls="http://localhost:3000/cb")

    assert faults(raw) == {}
    assert set(faults(raw, around(Policy(allow_localhost=False)))) == {"reply_urls"}


def test_the_longest_form_that_holds() -> None:
    """Each field at its very limit holds."""
    raw = replace(
        GOOD,
        display_name="x" * 120,
        secret_description="y" * 60,
        justification="z" * 1000,
        scope_keys=KEYS[:40],
        duration="custom",
        last_day=(NOW + timedelta(days=365)).date().isoformat(),
        co_owner_ids=tuple(PEOPLE)[:10],
    )

    assert faults(raw) == {}


def test_without_a_catalogue_no_scope_passes() -> None:
    """While the catalogue is not known, a form with scopes does not pass, and one without does."""
    surroundings = replace(around(), find_scope=dict[str, Scope]().get)

    assert set(faults(GOOD, surroundings)) == {"scopes"}
    assert faults(replace(GOOD, scope_keys=()), surroundings) == {}
