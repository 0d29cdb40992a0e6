"""People, the bot's own service principal, and what the tenant's policy allows.

Source: Microsoft Graph v1.0, "Get user", "List users", "Get servicePrincipal", "Get tenantAppManagementPolicy".
"""

import logging
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from bot.errors import EntraError
from bot.graph import odata
from bot.graph.answers import understood
from bot.graph.bodies import name_in
from bot.graph.client import Call, GraphClient, get
from bot.model import EntraPerson, PasswordRules

_log = logging.getLogger(__name__)

#: ISO 8601 durations as Graph writes them, such as P90D or P4DT12H30M5S.
_DURATION: Final = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,7})M)?(?:(?P<seconds>\d{1,9})(?:\.\d+)?S)?)?"
)
#: Months and years at their shortest, so that a limit read here is never longer than the tenant's.
_DAYS_OF: Final = {"years": 365, "months": 28}
#: Seconds; what the policy says is nice to know, and nobody shall wait long for it.
_PATIENCE_FOR_POLICY: Final = 5.0


class Directory:
    """What the bot reads of the tenant besides applications."""

    def __init__(self, client: GraphClient) -> None:
        self._client = client
        self._hasty = client.with_patience(_PATIENCE_FOR_POLICY)

    @understood()
    def find_person(self, email: str) -> EntraPerson | None:
        """The one user whose mail or user principal name is `email`, in any case; None for none, or for several."""
        either = f"{odata.equals('mail', email)} or {odata.equals('userPrincipalName', email)}"
        query = {"$filter": either, "$select": "id,displayName,mail,userPrincipalName"}
        found = self._client.call(Call(method="GET", template="/users", query=query))["value"]
        hits = [body for body in found if _is_called(body, email)]
        return _person(hits[0]) if len(hits) == 1 else None

    @understood()
    def own_service_principal(self, client_id: str) -> str:
        """The object id of the bot's own service principal, which becomes the first owner of what it makes.

        Raises EntraMissing when there is none.
        """
        call = get("/servicePrincipals(appId={app_id})", "id", app_id=odata.literal(client_id))
        return name_in(self._client.call(call), "id")

    def password_rules(self) -> PasswordRules:
        """What the tenant's default policy says of client secrets, in one look; nothing where it cannot be read.

        Not being allowed to read the policy must not stop the bot.
        """
        try:
            return self._rules()
        except EntraError as error:
            _log.info("The app management policy cannot be read: %s %s", error.status, error.code)
            return PasswordRules()

    @understood()
    def _rules(self) -> PasswordRules:
        policy = self._hasty.call(get("/policies/defaultAppManagementPolicy")) or {}
        if not policy.get("isEnabled"):
            return PasswordRules()
        rules = (policy.get("applicationRestrictions") or {}).get("passwordCredentials") or ()
        lives = (_duration(rule.get("maxLifetime")) for rule in _in_force(rules, "passwordLifetime"))
        return PasswordRules(
            allowed=not _in_force(rules, "passwordAddition"),
            longest=min((life for life in lives if life is not None), default=None),
        )


def _in_force(rules: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [rule for rule in rules if rule.get("restrictionType") == kind and rule.get("state") != "disabled"]


def _is_called(body: Mapping[str, Any], email: str) -> bool:
    names = (body.get("mail"), body.get("userPrincipalName"))
    return email.casefold() in {name.casefold() for name in names if name}


def _person(body: Mapping[str, Any]) -> EntraPerson:
    return EntraPerson(
        object_id=name_in(body, "id"),
        name=body.get("displayName") or body["userPrincipalName"],
        user_principal_name=body["userPrincipalName"],
    )


def _duration(text: str | None) -> timedelta | None:
    """Read an ISO 8601 duration; what is none, or is nothing, counts as no limit."""
    match = _DURATION.fullmatch(text or "")
    if match is None:
        return None
    parts = {name: int(value) for name, value in match.groupdict().items() if value}
    days = sum(parts.pop(name, 0) * days for name, days in _DAYS_OF.items())
    return timedelta(days=days) + timedelta(**parts) or None
