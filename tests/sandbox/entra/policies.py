"""The tenant's app management policy (Microsoft Graph, "tenantAppManagementPolicy resource type")."""

from dataclasses import dataclass
from typing import Any, Final

_RESTRICTED_SINCE: Final = "2019-01-01T10:37:00Z"


@dataclass(frozen=True, kw_only=True)
class PasswordPolicy:
    """What the tenant's default policy says of client secrets: whether there may be any, and for how long."""

    passwords_allowed: bool = True
    max_lifetime_days: int | None = None
    id: str = "db9d8c14-1bb4-4f4b-8a2c-7d2f6b1d6a4e"

    def rules(self) -> list[dict[str, Any]]:
        """The passwordCredentials restrictions."""
        rules = []
        if not self.passwords_allowed:
            rules.append(_rule("passwordAddition", None))
        if self.max_lifetime_days is not None:
            rules.append(_rule("passwordLifetime", f"P{self.max_lifetime_days}D"))
        return rules


def _rule(kind: str, longest: str | None) -> dict[str, Any]:
    return {
        "restrictionType": kind,
        "state": "enabled",
        "maxLifetime": longest,
        "restrictForAppsCreatedAfterDateTime": _RESTRICTED_SINCE,
    }


def policy_body(policy: PasswordPolicy | None) -> dict[str, Any]:
    """The answer to GET /policies/defaultAppManagementPolicy, without its context."""
    rules = policy.rules() if policy else []
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "displayName": "Default app management tenant policy",
        "description": (
            "Default tenant policy that enforces app management restrictions on applications and service principals. "
            "To apply policy to targeted resources, create a new policy under appManagementPolicies collection."
        ),
        "isEnabled": policy is not None,
        "applicationRestrictions": {"passwordCredentials": rules, "keyCredentials": []},
        "servicePrincipalRestrictions": {"passwordCredentials": [], "keyCredentials": []},
    }
