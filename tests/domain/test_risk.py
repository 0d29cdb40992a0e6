"""How risky a scope is: never less for more, and never low for want of knowledge."""

import json
import re
import tomllib
from fnmatch import fnmatch
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import risk
from bot.model import Scope
from bot.risk import Evidence

GRAPH = "00000003-0000-0000-c000-000000000000"
ELSEWHERE = "An API of your own tenant, or one your policy adds"
TABLE: dict[str, Any] = json.loads(resources.files("bot").joinpath("graph_permission_risk.json").read_text())
WORDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-", min_size=1, max_size=40)
GRADES = ("Low", "Medium", "High")
EVIDENCE = st.builds(
    Evidence,
    level=st.integers(1, 5) | st.none(),
    admin_consent=st.booleans(),
    escalation=st.booleans(),
    grade=st.sampled_from([*GRADES, None]),
    words=st.just("Says so"),
)


def scope(value: str, *, admin_consent: bool = False, resource: str = GRAPH) -> Scope:
    """A scope as the tenant's catalogue lists it."""
    return Scope(
        resource_app_id=resource,
        resource_name="Records",
        id="11111111-2222-3333-4444-555555555555",
        value=value,
        title="Use it",
        admin_consent=admin_consent,
    )


def height(level: str) -> int:
    """How grave a level is, in the order that the tests themselves state."""
    return ["low", "medium", "unknown", "high", "critical"].index(level)


def with_(evidence: Evidence, **changed: Any) -> int:
    """The height of the same evidence with one thing changed."""
    facts = {name: getattr(evidence, name) for name in evidence.__dataclass_fields__}
    return height(risk.judge(Evidence(**{**facts, **changed}))[0])


@pytest.mark.parametrize(
    ("value", "level", "reason"),
    [
        ("openid", "low", "Asked for by most ordinary applications."),
        ("User.Read", "low", "Asked for by most ordinary applications; Microsoft's level 2 of 5."),
        ("Presence.Read", "low", "Microsoft's level 2 of 5."),
        ("Sites.Read.All", "medium", "Microsoft's level 3 of 5."),
        ("User.Read.All", "medium", "Microsoft's level 3 of 5; an administrator must consent."),
        (
            "Chat.Read",
            "medium",
            "Reaches private conversations, notes or calendars of whoever signs in; Microsoft's level 2 of 5.",
        ),
        ("Mail.ReadBasic", "medium", "Lets data leave unseen; Microsoft's level 2 of 5."),
        (
            "Mail.Read",
            "high",
            "Reaches the mail of whoever signs in, a favourite of phishing for consent; Microsoft's level 2 of 5.",
        ),
        ("IMAP.AccessAsUser.All", "high", "Opens the mailbox of whoever signs in; Microsoft's level 2 of 5."),
        (
            "NetworkAccess.ReadWrite.All",
            "high",
            "Microsoft's level 4 of 5; an administrator must consent.",
        ),
        (
            "Directory.AccessAsUser.All",
            "high",
            "A favourite of phishing for consent; Microsoft's level 3 of 5; an administrator must consent.",
        ),
        (
            "Directory.ReadWrite.All",
            "critical",
            "Known path to taking over the tenant; Microsoft's level 4 of 5; an administrator must consent.",
        ),
        ("EduRoster.Write", "unknown", "Neither Microsoft nor the other sources grade this scope."),
    ],
)
def test_a_scope_of_microsoft_graph_has_its_level_and_its_reason(value: str, level: str, reason: str) -> None:
    """The card shows why a scope stands where it stands, in one sentence."""
    found = risk.rate(scope(value))

    assert (value, level, reason) == (found.scope, found.level, found.reason)


@pytest.mark.parametrize(
    ("value", "admin_consent", "level", "reason"),
    [
        ("Patients.Read", False, "unknown", f"{ELSEWHERE}."),
        (
            "Patients.Read",
            True,
            "high",
            "Not rated: an API of your own tenant, or one your policy adds; an administrator must consent.",
        ),
        (
            "user_impersonation",
            False,
            "unknown",
            f"{ELSEWHERE}; by its name this allows all that the person may do there.",
        ),
        ("User.Read", False, "unknown", f"{ELSEWHERE}."),
    ],
)
def test_a_scope_of_another_api_is_not_rated(value: str, admin_consent: bool, level: str, reason: str) -> None:  # noqa: FBT001 - pytest passes a table's columns by position
    """A name that Microsoft Graph has too says nothing about what another API does under it."""
    found = risk.rate(scope(value, admin_consent=admin_consent, resource="99999999-2222-3333-4444-555555555555"))

    assert (level, reason) == (found.level, found.reason)


@given(WORDS, st.booleans())
def test_what_nobody_rated_is_never_low(value: str, admin_consent: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """A scope that is in no table is unknown, or high when it is kept for administrators."""
    found = risk.rate(scope(f"Unheard{value}", admin_consent=admin_consent))

    assert ("high" if admin_consent else "unknown") == found.level


@given(EVIDENCE)
def test_no_evidence_lowers_a_level(evidence: Evidence) -> None:
    """Known ways to take over and administrators' consent raise a level or leave it."""
    before = with_(evidence)

    assert before <= with_(evidence, escalation=True)
    assert before <= with_(evidence, admin_consent=True)


@given(EVIDENCE, st.integers(1, 5), st.integers(1, 5))
def test_a_higher_level_of_microsofts_never_lowers(evidence: Evidence, one: int, other: int) -> None:
    """Of two scopes that differ in Microsoft's level alone, the higher is not rated lower."""
    low, high = sorted((one, other))

    assert with_(evidence, level=low) <= with_(evidence, level=high)


@given(EVIDENCE, st.integers(0, 2), st.integers(0, 2))
def test_a_graver_class_never_lowers(evidence: Evidence, one: int, other: int) -> None:
    """Of two scopes that differ in their class alone, the graver is not rated lower."""
    low, high = sorted((one, other))

    assert with_(evidence, grade=GRADES[low]) <= with_(evidence, grade=GRADES[high])


@given(EVIDENCE)
def test_only_knowledge_makes_a_scope_low(evidence: Evidence) -> None:
    """Low needs a rating that says so, and people who may consent for themselves."""
    is_low = with_(evidence) == height("low")

    assert not is_low or (evidence.level in {1, 2} or evidence.grade == "Low")
    assert not is_low or not (evidence.admin_consent or evidence.escalation)


WIDER = [
    (narrow, wide)
    for narrow in TABLE["rows"]
    for wide in {narrow.replace("Read", "ReadWrite"), narrow.replace("ReadBasic", "Read"), f"{narrow}.All"}
    if wide != narrow and wide in TABLE["rows"]
]


def test_the_wider_of_two_rated_scopes_is_never_lower() -> None:
    """Writing is not rated below reading, nor everybody's below one's own, wherever Microsoft rates both."""
    rated = [pair for pair in WIDER if all(TABLE["rows"][value]["level"] for value in pair)]
    lowered = [
        pair for pair in rated if height(risk.rate(scope(pair[1])).level) < height(risk.rate(scope(pair[0])).level)
    ]

    assert len(rated) > 200
    assert lowered == []


@pytest.mark.parametrize("value", [value for value, row in TABLE["rows"].items() if row.get("escalation")])
def test_every_known_way_to_take_over_is_critical(value: str) -> None:
    """What leads to Global Administrator is critical, whatever level Microsoft gives it."""
    assert risk.rate(scope(value)).level == "critical"


@pytest.mark.parametrize("value", [*TABLE["rows"], *TABLE["classes"], *TABLE["additions"]])
def test_every_row_reads_as_one_plain_sentence(value: str) -> None:
    """No row of the table leaves a hole in its sentence, or more than an approver reads."""
    reason = risk.rate(scope(value)).reason

    assert re.fullmatch(r"[A-Z][^.{}\n]+\.", reason)
    assert len(reason) <= 160


def test_a_scope_is_as_grave_as_the_tenant_says() -> None:
    """Where the tenant's own catalogue asks for an administrator and the table does not, the catalogue counts."""
    assert (
        risk.rate(scope("User.Read")).level,
        risk.rate(scope("User.Read", admin_consent=True)).level,
    ) == ("low", "medium")


def test_an_id_in_capital_letters_is_the_same_api() -> None:
    """Microsoft Graph is known by its id, however that is written."""
    assert risk.rate(scope("openid", resource=GRAPH.upper())).level == "low"


def test_each_level_has_an_emoji_and_its_own_word() -> None:
    """A mark can be told apart without seeing its colour."""
    marks = {level: risk.Risk(scope="x", level=level, reason="x.").mark for level in risk.LEVELS}

    assert marks == {
        "low": ":large_green_circle: Low",
        "medium": ":large_yellow_circle: Medium",
        "unknown": ":grey_question: Not rated",
        "high": ":large_orange_circle: High",
        "critical": ":red_circle: Critical",
    }


@given(
    st.lists(st.sampled_from(["openid", "EduRoster.Write", "Mail.Read", "Directory.ReadWrite.All", "User.Read.All"]))
)
def test_the_worst_is_none_of_nothing_and_otherwise_the_gravest(values: list[str]) -> None:
    """The worst of several risks is one of them, and none of them is graver."""
    risks = [risk.rate(scope(value)) for value in values]
    found = risk.worst(risks)

    assert bool(risks) == (found is not None)
    assert found is None or (found in risks and all(height(r.level) <= height(found.level) for r in risks))


def test_the_table_names_its_sources() -> None:
    """Every source stands in the table with its licence, its version and what it gives."""
    assert [(source["licence"], source["version"], source["gives"]) for source in TABLE["sources"]] == [
        ("MIT", "6cbd6bbd", "rows.level, rows.admin"),
        ("MIT", "6bf1d98f", "rows.escalation"),
        ("MIT", "f5d0ca77", "classes"),
    ]


def test_the_table_is_sorted() -> None:
    """A change of the table shows as the lines that changed."""
    parts = [list(TABLE), *(list(TABLE[part]) for part in ("additions", "classes", "rows"))]

    assert [sorted(part) for part in parts] == parts


def test_sources_and_their_notices() -> None:
    """Every source of the table stands in the notices with a copyright line; the licence's text is there, and ships."""
    notices = resources.files("bot").joinpath("THIRD_PARTY_NOTICES.txt").read_text()
    shipped = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["tool"]["setuptools"]
    sections = {part.split("\n", 1)[0]: part for part in notices.split("\n\n* ")[1:]}

    assert {source["licence"] for source in TABLE["sources"]} == {"MIT"}
    assert sorted(sections) == sorted(source["name"].split(" ")[0] for source in TABLE["sources"])
    assert all("Copyright (c) " in part for part in sections.values())
    assert "The above copyright notice and this permission notice shall be included in all" in notices
    assert any(fnmatch("THIRD_PARTY_NOTICES.txt", pattern) for pattern in shipped["package-data"]["bot"])
