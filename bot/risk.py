"""How risky a delegated scope is: a level, and a sentence for the approver who has to judge it.

The levels, and what puts a scope of Microsoft Graph on each. The gravest evidence decides, and no evidence lowers:

    critical   a known path to taking over the tenant, or Microsoft's privilege level 5
    high       Microsoft's level 4; of class High; or without any level and reserved to administrators' consent
    unknown    nobody rates it: it may be anything, so it stands above medium and is never taken for low
    medium     Microsoft's level 3; of class Medium; or reserved to administrators' consent
    low        Microsoft's level 1 or 2, or of class Low, and people may consent for themselves

Level 3 with administrators' consent stays medium: that is two thirds of Microsoft Graph, and a card on which all is
high says nothing. Scopes of other APIs have no public rating; only their owners know what they allow.

Source: Microsoft Graph, "Microsoft Graph permissions reference" (privilege levels, admin consent), and the sources
that the table beside this module names with their licences and versions.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from bot.model import Scope

Level = Literal["low", "medium", "unknown", "high", "critical"]

# From the least to the gravest.
LEVELS: Final[tuple[Level, ...]] = get_args(Level)

# Slack, "Formatting message text": emoji by their names. Each has its word, because colour alone does not reach all.
_MARKS: Final[Mapping[Level, str]] = MappingProxyType(
    {
        "low": ":large_green_circle: Low",
        "medium": ":large_yellow_circle: Medium",
        "unknown": ":grey_question: Not rated",
        "high": ":large_orange_circle: High",
        "critical": ":red_circle: Critical",
    }
)

_OF_MICROSOFT: Final[Mapping[int, Level]] = MappingProxyType(
    {1: "low", 2: "low", 3: "medium", 4: "high", 5: "critical"}
)
_OF_CLASS: Final[Mapping[str, Level]] = MappingProxyType({"Low": "low", "Medium": "medium", "High": "high"})

# What the table's reasons say to an approver; `{what}` is filled from the same row.
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BroadImpact": "Reaches far across the tenant",
        "Common pattern": "Asked for by most ordinary applications",
        "Common pattern when used with other low permissions": "Keeps people signed in to what else is asked",
        "Control": "Changes who can sign in, who administers, or which devices are trusted",
        "DataExfiltration": "Lets data leave unseen",
        "FullControl": "Full control of every site that the person can open",
        "Mailbox": "Opens the mailbox of whoever signs in",
        "Phishing": "{what}a favourite of phishing for consent",
        "ReadingIsRatedMore": "Writes what Microsoft rates at level 3 to read",
        "PrivateWords": "Reaches private conversations, notes or calendars of whoever signs in",
    }
)

_MICROSOFT_GRAPH: Final = "00000003-0000-0000-c000-000000000000"
_ELSEWHERE: Final = "an API of your own tenant, or one your policy adds"
_CATCH_ALL: Final = f"{_ELSEWHERE}; by its name this allows all that the person may do there"
_UNLISTED: Final = "neither Microsoft nor the other sources grade this scope"
_TAKEOVER: Final = "Known path to taking over the tenant"
_ADMINISTRATORS: Final = "an administrator must consent"


@dataclass(frozen=True, kw_only=True)
class Risk:
    """What one scope, named by its value, means for the tenant; `reason` is one sentence for an approver."""

    scope: str
    level: Level
    reason: str

    @property
    def mark(self) -> str:
        """The level as an emoji that Slack knows, with its word."""
        return _MARKS[self.level]


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of one scope. `level` is Microsoft's, 1 to 5, or None; `words` say what `grade` means."""

    level: int | None = None
    admin_consent: bool = False
    escalation: bool = False
    grade: Literal["Low", "Medium", "High"] | None = None
    words: str = ""
    unrated: str = _UNLISTED


def rate(scope: Scope) -> Risk:
    """Rate a delegated scope by the table and by what the tenant's catalogue says of its consent."""
    level, reason = judge(_evidence(scope))
    return Risk(scope=scope.value, level=level, reason=reason)


def worst(risks: Iterable[Risk]) -> Risk | None:
    """Return the gravest, the first of several alike; None when there is none."""
    return max(risks, key=lambda risk: LEVELS.index(risk.level), default=None)


def judge(evidence: Evidence) -> tuple[Level, str]:
    """Weigh evidence: the level, and one sentence that says what decided and what else is known."""
    found = list(_findings(evidence))
    level, words = max(found, key=lambda finding: LEVELS.index(finding[0]))
    known = [words]
    if evidence.level is not None:
        known.append(_microsoft_says(evidence.level))
    if evidence.admin_consent:
        known.append(_ADMINISTRATORS)
    sentence = "; ".join(dict.fromkeys(known))
    return level, f"{sentence[0].upper()}{sentence[1:]}."


def _findings(evidence: Evidence) -> Iterator[tuple[Level, str]]:
    """Each piece of evidence with the level that it asks for, the more telling first."""
    rated = evidence.level is not None or evidence.grade == "Low"
    if evidence.escalation:
        yield "critical", _TAKEOVER
    if evidence.grade is not None:
        yield _OF_CLASS[evidence.grade], evidence.words
    if evidence.level is not None:
        yield _OF_MICROSOFT[evidence.level], _microsoft_says(evidence.level)
    if not rated:
        # On the level "unknown" the mark says already that nobody rates it.
        yield ("high", f"not rated: {evidence.unrated}") if evidence.admin_consent else ("unknown", evidence.unrated)
    if evidence.admin_consent:
        yield "medium", _ADMINISTRATORS


def _microsoft_says(level: int) -> str:
    return f"Microsoft's level {level} of 5"


def _evidence(scope: Scope) -> Evidence:
    if scope.resource_app_id.casefold() != _MICROSOFT_GRAPH:
        unrated = _CATCH_ALL if scope.value == "user_impersonation" else _ELSEWHERE
        return Evidence(admin_consent=scope.admin_consent, unrated=unrated)
    table = _table()
    row = table["rows"].get(scope.value, {})
    grading = _grading(scope.value, table)
    return Evidence(
        level=row.get("level"),
        admin_consent=scope.admin_consent or row.get("admin", False),
        escalation=row.get("escalation", False),
        grade=grading.get("class"),
        words=_words(grading) if grading else "",
    )


def _words(grading: Mapping[str, Any]) -> str:
    what = grading.get("what")
    return _WORDS[grading["reason"]].format(what=f"reaches {what} of whoever signs in, " if what else "")


def _grading(value: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the row for a scope by its full name, else by its first word, else none."""
    for key in (value, value.split(".", maxsplit=1)[0]):
        for part in ("classes", "additions"):
            if key in table[part]:
                row: Mapping[str, Any] = table[part][key]
                return row
    return {}


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files(__package__).joinpath("graph_permission_risk.json").read_text(encoding="utf-8")
    table: Mapping[str, Any] = MappingProxyType(json.loads(text))
    return table
