"""Who may ask, who may decide, for how long: the policy as values, and pure verdicts with a reason."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bot.errors import SettingsFaults
from bot.model import Person, SecretTerm
from bot.records import AppRequest

# Microsoft identity platform, "Validation differences by supported account types": the audiences that a
# confidential client of a company can have. Personal accounts bring other limits and are not offered.
AUDIENCES: Mapping[str, str] = MappingProxyType(
    {
        "AzureADMyOrg": "Only this tenant",
        "AzureADMultipleOrgs": "Any organisation's Entra tenant",
    }
)

# Microsoft Entra ID, "App registration limits": a custom end date in the portal is at most 24 months away.
LONGEST_SECRET_DAYS = 730
SHORTEST_SECRET_DAYS = 1
LONG_SECRET_DAYS = 180
# What was said or decided this week may still be asked about.
SHORTEST_KEPT_DAYS = 7
KEPT = ("keep_messages_days", "keep_requests_days", "keep_audit_days")


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the company allows. Every field can be set in the policy file under the same name."""

    audiences: tuple[str, ...] = ("AzureADMyOrg",)
    secret_days: tuple[int, ...] = (30, 90, 180, 365)
    default_secret_days: int = 180
    longest_secret_days: int = 365
    fewest_co_owners: int = 0
    quorum: int = 1
    allow_localhost: bool = True
    own_domains: tuple[str, ...] = ()
    resource_app_ids: tuple[str, ...] = ()
    remind_approvers_after_hours: int = 24
    lapse_after_hours: int = 168
    link_hours: int = 24
    arm_minutes: int = 10
    reminder_days: tuple[int, ...] = (60, 30, 14, 7, 3, 1, 0)
    overlap_days: int = 7
    service_management_reference: str = ""
    keep_messages_days: int = 30
    keep_requests_days: int = 1095
    keep_audit_days: int = 1095


def load_policy(path: Path | None) -> Policy:
    """Read a policy file (TOML); None gives the defaults. Raises SettingsFaults with every fault."""
    if path is None:
        return Policy()
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise SettingsFaults([f"POLICY_FILE {path} cannot be read: {error.strerror}."]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsFaults([f"POLICY_FILE {path} is not TOML: {error}."]) from error
    faults = [*_shape_faults(document)]
    if faults:
        raise SettingsFaults(faults)
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in document.items()}
    policy = Policy(**values)
    faults = [*policy_faults(policy)]
    if faults:
        raise SettingsFaults(faults)
    return policy


def _shape_faults(document: Mapping[str, Any]) -> Sequence[str]:
    defaults = {field.name: field.default for field in fields(Policy)}
    unknown = [
        f"POLICY_FILE: {name} is not known. Known: {', '.join(defaults)}." for name in document if name not in defaults
    ]
    wrong = [
        f"POLICY_FILE: {name} must look like {list(d) if isinstance(d := defaults[name], tuple) else d!r}."
        for name, value in document.items()
        if name in defaults and not _same_shape(value, defaults[name], name)
    ]
    return [*unknown, *wrong]


def _same_shape(value: object, default: object, name: str) -> bool:
    if isinstance(default, tuple):
        inner = int if name in {"secret_days", "reminder_days"} else str
        return isinstance(value, list) and all(type(entry) is inner for entry in value)
    return type(value) is type(default)


def policy_faults(policy: Policy) -> Sequence[str]:
    """Return what does not hold together in a policy, a sentence each."""
    hours = ("remind_approvers_after_hours", "lapse_after_hours", "link_hours", "arm_minutes")
    days_fit = all(SHORTEST_SECRET_DAYS <= day <= policy.longest_secret_days for day in policy.secret_days)
    rules = (
        (bool(policy.audiences), "audiences must name at least one audience"),
        (
            all(audience in AUDIENCES for audience in policy.audiences),
            f"audiences may hold {', '.join(AUDIENCES)}",
        ),
        (
            SHORTEST_SECRET_DAYS <= policy.longest_secret_days <= LONGEST_SECRET_DAYS,
            f"longest_secret_days must be {SHORTEST_SECRET_DAYS} to {LONGEST_SECRET_DAYS}",
        ),
        (bool(policy.secret_days) and days_fit, "secret_days must be 1 to longest_secret_days, one at least"),
        (
            policy.default_secret_days in policy.secret_days,
            "default_secret_days must be one of secret_days",
        ),
        (policy.quorum >= 1, "quorum must be at least 1"),
        (policy.fewest_co_owners >= 0, "fewest_co_owners cannot be negative"),
        (all(getattr(policy, name) >= 1 for name in hours), f"{', '.join(hours)} must be at least 1"),
        (
            policy.remind_approvers_after_hours < policy.lapse_after_hours,
            "remind_approvers_after_hours must be less than lapse_after_hours",
        ),
        (
            bool(policy.reminder_days) and all(day >= 0 for day in policy.reminder_days),
            "reminder_days must hold days before the end, 0 for the day itself",
        ),
        (policy.overlap_days >= 0, "overlap_days cannot be negative"),
        (
            all(days == 0 or days >= SHORTEST_KEPT_DAYS for days in _kept(policy)),
            f"{', '.join(KEPT)} must be at least {SHORTEST_KEPT_DAYS}, or 0 to keep for ever",
        ),
        (
            policy.keep_audit_days == 0 or 0 < policy.keep_requests_days <= policy.keep_audit_days,
            "keep_audit_days cannot be less than keep_requests_days: what is kept needs its audit",
        ),
    )
    return [f"POLICY_FILE: {sentence}." for holds, sentence in rules if not holds]


def _kept(policy: Policy) -> Sequence[int]:
    return [getattr(policy, name) for name in KEPT]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Yes or no with its reason; reads in an `if`. The reason is for the person it is about."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Verdict(allowed=True)


def may_ask(person: Person) -> Verdict:
    """Say whether a person may use the bot at all (Slack, "users.info": the kinds of members)."""
    if person.is_deactivated:
        return Verdict(allowed=False, reason="Your Slack account is deactivated.")
    if person.is_bot:
        return Verdict(allowed=False, reason="Bots cannot register applications; a person has to ask.")
    if person.is_stranger:
        return Verdict(
            allowed=False,
            reason="You belong to another organisation. Only members of this workspace can register"
            " applications; please ask a colleague here to do it.",
        )
    if person.is_guest:
        return Verdict(
            allowed=False,
            reason="You are a guest in this workspace. Only full members can register applications;"
            " please ask a colleague here to do it.",
        )
    return ALLOWED


def may_decide(person: Person, *, is_approver: bool, request: AppRequest) -> Verdict:
    """Say whether a person may approve or deny this request. Nobody decides on a request of their own."""
    standing = may_ask(person)
    if not standing:
        return standing
    if not is_approver:
        return Verdict(
            allowed=False,
            reason="Only the configured approvers may decide on this. Your administrator keeps that list.",
        )
    if person.id == request.requester.person_id:
        return Verdict(allowed=False, reason="This is your own request: another approver has to decide.")
    if any(person.id == owner.person_id for owner in request.form.co_owners):
        return Verdict(allowed=False, reason="You are to own this application: another approver has to decide.")
    return ALLOWED


def end_of(term: SecretTerm, start: datetime) -> datetime:
    """Return when a secret of this term, first looked at at `start`, ends. A last day counts to its end, UTC."""
    if term.days is not None:
        return start + timedelta(days=term.days)
    return end_of_day(term.last_day or start.date())


def end_of_day(day: date) -> datetime:
    """Return the last second of a day in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=UTC)


def term_fault(term: SecretTerm, policy: Policy, now: datetime) -> str | None:
    """Return what is wrong with a secret's term as a sentence, or None."""
    if term.days is not None:
        return None if term.days in policy.secret_days else "Choose one of the durations offered."
    ends_at = end_of(term, now)
    latest = (now + timedelta(days=policy.longest_secret_days)).date()
    if ends_at < now + timedelta(days=SHORTEST_SECRET_DAYS):
        return "The last day can be tomorrow at the earliest."
    if ends_at.date() > latest:
        return f"The last day can be {latest.isoformat()} at the latest ({policy.longest_secret_days} days)."
    return None


def days_of(term: SecretTerm, now: datetime) -> int:
    """Return how many days a secret of this term would live if it were made now."""
    return (end_of(term, now) - now).days
