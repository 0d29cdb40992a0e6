"""What an approver should look at before anything else, the gravest first: in full, or briefly where it is too much."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bot import risk
from bot.model import Scope
from bot.policy import LONG_SECRET_DAYS, Policy, days_of
from bot.records import AppRequest
from bot.reply_urls import warnings
from handlers.blocks.texts import escape, exact


@dataclass(frozen=True, kw_only=True)
class Brevity:
    """How much is said; without numbers everything is, a line each.

    Of all that has one reason so many are `named` in one line, of one kind of thing there are so many `lines`, a name
    has so many characters (`longest`), and each list of all that is asked for gets so much `room`, in characters.
    Whatever is left out is counted.
    """

    named: int | None = None
    lines: int | None = None
    longest: int | None = None
    room: int | None = None


Said = tuple[tuple[str, str], str]
"""A mark and a reason, and the name that they are said of."""

IN_FULL = Brevity()
UNKNOWN = risk.Risk(scope="", level="unknown", reason="").mark


def worth_a_look(request: AppRequest, policy: Policy, brevity: Brevity = IN_FULL) -> list[str]:
    """Return what stands out, a line each."""
    scopes = request.form.scopes
    found = [
        *_few(_grave_scopes(scopes, brevity), brevity, "reasons why scopes stand out"),
        *_unknown_scopes(scopes, brevity),
        *_consents(scopes, brevity),
        *_few(_reply_urls(request.form.reply_urls, policy, brevity), brevity, "reasons why reply URLs stand out"),
        *circumstances(request),
    ]
    return list(dict.fromkeys(found))


def _few(lines: list[str], brevity: Brevity, what: str) -> list[str]:
    if brevity.lines is None or len(lines) <= brevity.lines:
        return lines
    return [*lines[: brevity.lines], f"And {len(lines) - brevity.lines} more {what}."]


def _rated(scopes: Sequence[Scope], *levels: risk.Level) -> list[Said]:
    """Return the scopes on these levels, the gravest first."""
    rated = [(risk.rate(scope), scope.value) for scope in scopes]
    rated.sort(key=lambda pair: risk.LEVELS.index(pair[0].level), reverse=True)
    return [((found.mark, escape(found.reason)), value) for found, value in rated if found.level in levels]


def _grave_scopes(scopes: Sequence[Scope], brevity: Brevity) -> list[str]:
    said = _together(_rated(scopes, "high", "critical"), brevity)
    return [f"{mark}: {names}. {reason}" for (mark, reason), names in said]


def _unknown_scopes(scopes: Sequence[Scope], brevity: Brevity) -> list[str]:
    """Return one line for all that nobody rates: it is never low, and many of it say no more than one does."""
    groups = _gathered(_rated(scopes, "unknown"))
    if not groups:
        return []
    said = [f"{_named(names, brevity)}. {reason}" for (_, reason), names in groups.items()]
    return [f"{UNKNOWN}: {' '.join(said)}"]


def _consents(scopes: Sequence[Scope], brevity: Brevity) -> list[str]:
    values = [scope.value for scope in scopes if scope.admin_consent]
    if not values:
        return []
    return [f":key: An administrator must consent to {_named(values, brevity)}; this bot does not grant it."]


def _reply_urls(urls: Sequence[str], policy: Policy, brevity: Brevity) -> list[str]:
    said = [((":link:", escape(found.reason)), found.url) for found in warnings(urls, own_domains=policy.own_domains)]
    return [f"{mark} {names}: {reason}" for (mark, reason), names in _together(said, brevity)]


def circumstances(request: AppRequest) -> list[str]:
    """Return what stands out of the request as a whole."""
    rules = (
        (request.name_is_taken, ":busts_in_silhouette: Another application in the tenant has this display name."),
        (
            request.assessed and request.name_is_taken is None,
            ":grey_question: Entra could not be asked whether the display name exists already.",
        ),
        (
            days_of(request.form.term, request.submitted_at) > LONG_SECRET_DAYS,
            f":calendar: The secret lives longer than {LONG_SECRET_DAYS} days.",
        ),
        (
            request.form.audience != "AzureADMyOrg",
            ":globe_with_meridians: People of other organisations can sign in.",
        ),
    )
    return [sentence for holds, sentence in rules if holds]


def _together(said: Sequence[Said], brevity: Brevity) -> list[Said]:
    """Return each mark and reason with the names it is said of: one name each, or all of them in one."""
    if brevity.named is None:
        return [(words, exact(name)) for words, name in said]
    return [(words, _named(names, brevity)) for words, names in _gathered(said).items()]


def _gathered(said: Sequence[Said]) -> dict[tuple[str, str], list[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for words, name in said:
        groups.setdefault(words, []).append(name)
    return groups


def _named(names: Sequence[str], brevity: Brevity) -> str:
    most = len(names) if brevity.named is None else brevity.named
    shown = ", ".join(exact(name, brevity.longest) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def scope_lines(scopes: Sequence[Scope], brevity: Brevity = IN_FULL) -> list[str]:
    """Return the scopes grouped by API, each with its risk; the reason for it too unless this is to be brief."""
    if not scopes:
        return ["*Delegated scopes*\nNone."]
    lines = []
    for resource, group in groupby(sorted(scopes, key=_by_resource), key=lambda scope: scope.resource_name):
        lines.append(f"*{escape(resource, brevity.longest)}*")
        lines += _of_resource([(risk.rate(scope), scope.value) for scope in group], brevity)
    return lines


def _by_resource(scope: Scope) -> tuple[str, str]:
    return scope.resource_name, scope.value


def _of_resource(rated: Sequence[tuple[risk.Risk, str]], brevity: Brevity) -> list[str]:
    if brevity.named is None:
        return [f"{rating.mark} {exact(value)}: {escape(rating.reason)}" for rating, value in rated]
    return [f"{rating.mark} {exact(value, brevity.longest)}" for rating, value in rated]
