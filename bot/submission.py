"""From what was typed to a form that holds: every rule of every field, and every fault at once."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from bot import reply_urls
from bot.errors import FormFaults
from bot.model import Person, Scope, SecretTerm
from bot.policy import Policy, may_ask, term_fault
from bot.records import Owner, RequestForm

# Microsoft identity platform, "Validation differences by supported account types": 120 for work audiences.
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 60
LONGEST_JUSTIFICATION = 1000
MOST_SCOPES = 40
MOST_CO_OWNERS = 10
CUSTOM = "custom"


@dataclass(frozen=True, kw_only=True)
class RawForm:
    """What the modal sent, field by field, nothing believed. `duration` is a number of days or `custom`."""

    display_name: str = ""
    reply_urls: str = ""
    audience: str = ""
    scope_keys: tuple[str, ...] = ()
    secret_description: str = ""
    duration: str = ""
    last_day: str = ""
    co_owner_ids: tuple[str, ...] = ()
    justification: str = ""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a form is checked against: policy, catalogue, and the people it names (None: not known in time)."""

    policy: Policy
    find_scope: Callable[[str], Scope | None]
    requester: Person
    people: Mapping[str, Person | None]
    now: datetime


def check(raw: RawForm, around: Surroundings) -> RequestForm:
    """Return the form, or raise FormFaults with a sentence for each field at fault, all together."""
    urls = reply_urls.parse(raw.reply_urls)
    scopes = [around.find_scope(key) for key in dict.fromkeys(raw.scope_keys)]
    term = _term(raw)
    owner_ids = [owner for owner in dict.fromkeys(raw.co_owner_ids) if owner != around.requester.id]
    faults = {
        "display_name": _text_fault(raw.display_name, "a display name", LONGEST_NAME),
        "reply_urls": _urls_fault(urls, around.policy),
        "audience": _audience_fault(raw.audience, around.policy),
        "scopes": _scopes_fault(scopes),
        "secret_description": _text_fault(raw.secret_description, "what the secret is for", LONGEST_DESCRIPTION),
        **_term_faults(raw, term, around),
        "co_owners": _owners_fault(owner_ids, around),
        "justification": _justification_fault(raw.justification),
    }
    standing = {field: fault for field, fault in faults.items() if fault}
    if standing or term is None:
        raise FormFaults(standing)
    return RequestForm(
        display_name=raw.display_name.strip(),
        audience=raw.audience or around.policy.audiences[0],
        reply_urls=urls,
        scopes=tuple(scope for scope in scopes if scope is not None),
        secret_description=raw.secret_description.strip(),
        term=term,
        co_owners=tuple(_owner(person) for owner in owner_ids if (person := around.people[owner])),
        justification=raw.justification.strip(),
    )


def _owner(person: Person) -> Owner:
    return Owner(person_id=person.id, name=person.name, email=person.email)


def _text_fault(text: str, what: str, longest: int) -> str | None:
    stripped = text.strip()
    if not stripped:
        return f"Enter {what}."
    if len(stripped) > longest:
        return f"At most {longest} characters, please; this has {len(stripped)}."
    if _odd_characters(stripped):
        return "Please leave out line breaks and invisible or control characters."
    return None


def _odd_characters(text: str) -> bool:
    """Say whether a text holds control, format, separator or private characters: what can make it read as another."""
    return any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for character in text)


def _urls_fault(urls: Sequence[str], policy: Policy) -> str | None:
    if not urls:
        return "Enter at least one reply URL, such as https://app.example.com/auth/callback."
    faults = reply_urls.check(urls, allow_localhost=policy.allow_localhost)
    return reply_urls.sentence(faults) if faults else None


def _audience_fault(audience: str, policy: Policy) -> str | None:
    return None if (audience or policy.audiences[0]) in policy.audiences else "Choose one of the audiences offered."


def _scopes_fault(scopes: Sequence[Scope | None]) -> str | None:
    missing = sum(scope is None for scope in scopes)
    disabled = [scope.value for scope in scopes if scope is not None and not scope.enabled]
    if missing:
        return f"{missing} of these scopes are not in the tenant's catalogue. Remove them and search again."
    if disabled:
        return f"{', '.join(disabled)} is switched off in the tenant. Remove it and choose another."
    return f"At most {MOST_SCOPES} scopes in one request, please." if len(scopes) > MOST_SCOPES else None


def _term(raw: RawForm) -> SecretTerm | None:
    try:
        if raw.duration == CUSTOM:
            return SecretTerm(last_day=date.fromisoformat(raw.last_day))
        return SecretTerm(days=int(raw.duration))
    except ValueError:
        return None


def _term_faults(raw: RawForm, term: SecretTerm | None, around: Surroundings) -> dict[str, str | None]:
    if raw.duration == CUSTOM:
        if term is None:
            return {"last_day": "Choose the last day, or choose a duration above."}
        return {"last_day": term_fault(term, around.policy, around.now)}
    if raw.last_day:
        return {"last_day": "Clear this day, or choose “Until a day of my choice” above."}
    return {"duration": "Choose a duration." if term is None else term_fault(term, around.policy, around.now)}


def _owners_fault(owner_ids: Sequence[str], around: Surroundings) -> str | None:
    if len(owner_ids) < around.policy.fewest_co_owners:
        count = around.policy.fewest_co_owners
        return f"Name at least {count} co-owner{'s' if count > 1 else ''} besides yourself."
    if len(owner_ids) > MOST_CO_OWNERS:
        return f"At most {MOST_CO_OWNERS} co-owners, please."
    if any(around.people.get(owner) is None for owner in owner_ids):
        return "Slack did not tell in time who these people are. Press Submit once more."
    people = [person for owner in owner_ids if (person := around.people[owner])]
    unfit = [person.name for person in people if not may_ask(person)]
    if unfit:
        return f"{', '.join(unfit)} cannot own an application: only full, active members of this workspace can."
    return None


def _justification_fault(text: str) -> str | None:
    stripped = text.strip()
    if not stripped:
        return "Say in a sentence what the application is for; the approvers decide by it."
    if len(stripped) > LONGEST_JUSTIFICATION:
        return f"At most {LONGEST_JUSTIFICATION} characters, please; this has {len(stripped)}."
    if _odd_characters(stripped.replace("\n", " ").replace("\r", " ").replace("\t", " ")):
        return "Please leave out invisible or control characters."
    return None
