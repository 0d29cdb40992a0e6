"""The policy: read from a file with every fault at once, and verdicts with a reason for the person."""

from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsFaults
from bot.model import Person, SecretTerm
from bot.policy import Policy, days_of, end_of, load_policy, may_ask, may_decide, term_fault
from tests.domain import nouns
from tests.domain.nouns import NOW

DEFAULT = Policy()


def faults_of(folder: Path, text: str) -> tuple[str, ...]:
    """What is said of a policy file with this text."""
    path = folder / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsFaults) as caught:
        load_policy(path)
    return caught.value.faults


def test_no_file() -> None:
    """Without a file the defaults hold."""
    assert load_policy(None) == DEFAULT


def test_empty_file(tmp_path: Path) -> None:
    """An empty file changes nothing."""
    path = tmp_path / "policy.toml"
    path.touch()

    assert load_policy(path) == DEFAULT


def test_every_field_can_be_set(tmp_path: Path) -> None:
    """Each field of the policy is set in the file under its own name."""
    path = tmp_path / "policy.toml"
    path.write_text(
        """
        audiences = ["AzureADMyOrg", "AzureADMultipleOrgs"]
        secret_days = [7, 700]
        default_secret_days = 7
        longest_secret_days = 730
        fewest_co_owners = 1
        quorum = 3
        allow_localhost = false
        own_domains = ["contoso.example"]
        resource_app_ids = ["x"]
        remind_approvers_after_hours = 2
        lapse_after_hours = 3
        link_hours = 4
        arm_minutes = 5
        reminder_days = [9, 0]
        overlap_days = 0
        service_management_reference = "SM-1"
        keep_messages_days = 8
        keep_requests_days = 9
        keep_audit_days = 10
        """
    )
    policy = load_policy(path)
    same = {field.name for field in fields(Policy) if getattr(policy, field.name) == getattr(DEFAULT, field.name)}

    assert set() == same
    assert (policy.secret_days, policy.own_domains, policy.allow_localhost) == ((7, 700), ("contoso.example",), False)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named, with the reason."""
    with pytest.raises(SettingsFaults) as caught:
        load_policy(tmp_path / "absent.toml")

    assert f"POLICY_FILE {tmp_path / 'absent.toml'} cannot be read: No such file or directory." == str(caught.value)


@pytest.mark.parametrize("content", [b"quorum = ", b"quorum = \xff\xfe", b"quorum = 1\nquorum = 2"])
def test_not_toml(tmp_path: Path, content: bytes) -> None:
    """What is not TOML, not even text, is named as such."""
    path = tmp_path / "policy.toml"
    path.write_bytes(content)
    with pytest.raises(SettingsFaults) as caught:
        load_policy(path)

    assert str(caught.value).startswith(f"POLICY_FILE {path} is not TOML: ")


SHAPES = [
    ('quorum = "2"', "POLICY_FILE: quorum must look like 1."),
    ("quorum = true", "POLICY_FILE: quorum must look like 1."),
    ("quorum = 2.0", "POLICY_FILE: quorum must look like 1."),
    ("allow_localhost = 1", "POLICY_FILE: allow_localhost must look like True."),
    ("audiences = 'AzureADMyOrg'", "POLICY_FILE: audiences must look like ['AzureADMyOrg']."),
    ("secret_days = 30", "POLICY_FILE: secret_days must look like [30, 90, 180, 365]."),
    ("secret_days = [true]", "POLICY_FILE: secret_days must look like [30, 90, 180, 365]."),
    ("reminder_days = ['7']", "POLICY_FILE: reminder_days must look like [60, 30, 14, 7, 3, 1, 0]."),
    ("own_domains = [1]", "POLICY_FILE: own_domains must look like []."),
    ("service_management_reference = 7", "POLICY_FILE: service_management_reference must look like ''."),
]


@pytest.mark.parametrize(("text", "sentence"), SHAPES)
def test_wrong_shape(tmp_path: Path, text: str, sentence: str) -> None:
    """A value of the wrong kind is answered with what it must look like."""
    assert (sentence,) == faults_of(tmp_path, text)


HOURS = "remind_approvers_after_hours, lapse_after_hours, link_hours, arm_minutes must be at least 1"
KEPT = "keep_messages_days, keep_requests_days, keep_audit_days must be at least 7, or 0 to keep for ever"
LESS_AUDIT = "keep_audit_days cannot be less than keep_requests_days: what is kept needs its audit"
RULES = [
    ("audiences = []", "audiences must name at least one audience"),
    ("audiences = ['PersonalMicrosoftAccount']", "audiences may hold AzureADMyOrg, AzureADMultipleOrgs"),
    ("longest_secret_days = 731", "longest_secret_days must be 1 to 730"),
    ("secret_days = [180, 366]", "secret_days must be 1 to longest_secret_days, one at least"),
    ("secret_days = [180, 0]", "secret_days must be 1 to longest_secret_days, one at least"),
    ("default_secret_days = 45", "default_secret_days must be one of secret_days"),
    ("quorum = 0", "quorum must be at least 1"),
    ("fewest_co_owners = -1", "fewest_co_owners cannot be negative"),
    ("link_hours = 0", HOURS),
    ("arm_minutes = -5", HOURS),
    ("lapse_after_hours = 24", "remind_approvers_after_hours must be less than lapse_after_hours"),
    ("reminder_days = []", "reminder_days must hold days before the end, 0 for the day itself"),
    ("reminder_days = [7, -1]", "reminder_days must hold days before the end, 0 for the day itself"),
    ("overlap_days = -1", "overlap_days cannot be negative"),
    ("keep_messages_days = 6", KEPT),
    ("keep_messages_days = -1", KEPT),
    ("keep_audit_days = 1094", LESS_AUDIT),
    ("keep_requests_days = 0", LESS_AUDIT),
]


@pytest.mark.parametrize(("text", "sentence"), RULES)
def test_what_does_not_hold_together(tmp_path: Path, text: str, sentence: str) -> None:
    """Each rule that a policy breaks is one sentence, and nothing else is said."""
    assert (f"POLICY_FILE: {sentence}.",) == faults_of(tmp_path, text)


def test_every_broken_rule_at_once(tmp_path: Path) -> None:
    """Several broken rules are all told at once."""
    faults = faults_of(tmp_path, "quorum = 0\noverlap_days = -1\nreminder_days = []\naudiences = []")

    assert [fault.split()[1] for fault in faults] == ["audiences", "quorum", "reminder_days", "overlap_days"]


def test_unknown_names_and_wrong_shapes_at_once(tmp_path: Path) -> None:
    """A misspelt name and a value of the wrong kind are told together, with the names that are known."""
    faults = faults_of(tmp_path, "quorom = 2\nlink_hours = 'a day'")

    assert len(faults) == 2
    assert faults[0].startswith("POLICY_FILE: quorom is not known. Known: audiences, secret_days")
    assert faults[1] == "POLICY_FILE: link_hours must look like 24."


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"is_deactivated": True}, "deactivated"),
        ({"is_bot": True}, "a person has to ask"),
        ({"is_stranger": True}, "another organisation"),
        ({"is_guest": True}, "guest"),
    ],
)
def test_who_may_not_ask(change: dict[str, bool], word: str) -> None:
    """Each kind of person who may not ask is told which they are."""
    verdict = may_ask(nouns.person(**change))

    assert not verdict
    assert word in verdict.reason


@given(
    st.builds(
        Person,
        id=st.just("U1"),
        name=st.just("X"),
        is_guest=st.booleans(),
        is_stranger=st.booleans(),
        is_bot=st.booleans(),
        is_deactivated=st.booleans(),
    )
)
def test_only_full_active_members_may_ask(person: Person) -> None:
    """Whoever is anything but a full, active, human member may not ask, and a refusal always has its reason."""
    verdict = may_ask(person)
    plain = not (person.is_guest or person.is_stranger or person.is_bot or person.is_deactivated)

    assert (plain, plain) == (verdict.allowed, verdict.reason == "")


def test_an_approver_may_decide() -> None:
    """A full member on the list of approvers may decide on a stranger's request."""
    assert may_decide(nouns.person(id="UGRACE"), is_approver=True, request=nouns.request())


@pytest.mark.parametrize(
    ("person", "is_approver", "word"),
    [
        (nouns.person(id="UGRACE"), False, "Only the configured approvers"),
        (nouns.person(), True, "your own request"),
        (nouns.person(id="UCO0001"), True, "You are to own this application"),
        (nouns.person(id="UGRACE", is_guest=True), True, "guest"),
        (nouns.person(id="UGRACE", is_deactivated=True), True, "deactivated"),
    ],
)
def test_who_may_not_decide(person: Person, is_approver: bool, word: str) -> None:  # noqa: FBT001 - a case of the table
    """Nobody decides who is not on the list, has a hand in the request, or is no full member any more."""
    verdict = may_decide(person, is_approver=is_approver, request=nouns.request())

    assert not verdict
    assert word in verdict.reason


def test_a_number_of_days_counts_from_the_first_look() -> None:
    """A secret of 30 days ends 30 times 24 hours after it was looked at."""
    assert NOW + timedelta(days=30) == end_of(SecretTerm(days=30), NOW)


def test_a_last_day_counts_to_its_end() -> None:
    """A last day is good until its last second, UTC."""
    assert end_of(SecretTerm(last_day=date(2026, 12, 24)), NOW).isoformat() == "2026-12-24T23:59:59+00:00"


@pytest.mark.parametrize(
    ("term", "sentence"),
    [
        (SecretTerm(days=180), None),
        (SecretTerm(days=31), "Choose one of the durations offered."),
        (SecretTerm(days=-30), "Choose one of the durations offered."),
        (SecretTerm(last_day=NOW.date() - timedelta(days=400)), "The last day can be tomorrow at the earliest."),
        (SecretTerm(last_day=NOW.date()), "The last day can be tomorrow at the earliest."),
        (SecretTerm(last_day=NOW.date() + timedelta(days=1)), None),
        (SecretTerm(last_day=NOW.date() + timedelta(days=365)), None),
        (
            SecretTerm(last_day=NOW.date() + timedelta(days=366)),
            "The last day can be 2027-11-23 at the latest (365 days).",
        ),
    ],
)
def test_terms(term: SecretTerm, sentence: str | None) -> None:
    """A term is one of the durations offered, or a day from tomorrow to the policy's longest."""
    assert sentence == term_fault(term, DEFAULT, NOW)


@given(st.integers(-1000, 1000), st.integers(0, 86399))
def test_a_last_day_that_is_accepted_lives_at_least_a_day_and_at_most_the_longest(days: int, second: int) -> None:
    """Whatever the time of day, an accepted last day gives a life of 1 to 365 days."""
    now = NOW.replace(hour=0) + timedelta(seconds=second)
    term = SecretTerm(last_day=now.date() + timedelta(days=days))
    fault = term_fault(term, DEFAULT, now)

    assert (fault is None) == (
        1 <= days <= DEFAULT.longest_secret_days and end_of(term, now) >= now + timedelta(days=1)
    )
    assert fault is not None or 1 <= days_of(term, now) <= DEFAULT.longest_secret_days


@pytest.mark.parametrize("both", [{}, {"days": 3, "last_day": date(2026, 12, 24)}])
def test_a_term_is_one_or_the_other(both: dict[str, Any]) -> None:
    """A term that is neither a number of days nor a day, or both, cannot be made."""
    with pytest.raises(ValueError, match="either a number of days or a last day"):
        SecretTerm(**both)
