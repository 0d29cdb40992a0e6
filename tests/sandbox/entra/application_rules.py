"""What may stand in an application.

Sources: Microsoft Graph, "application resource type"; Microsoft identity platform, "Validation differences by
supported account types".
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.sandbox.entra import reply_url_rules
from tests.sandbox.entra.records import blank
from tests.sandbox.entra.replies import bad_request, invalid_property, invalid_value, read_only


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What depends on who may sign in; an application for personal accounts may hold less."""

    personal: bool
    longest_name: int
    most_scopes: int
    most_scopes_of_one_resource: int


WORK: Final = Limits(personal=False, longest_name=120, most_scopes=400, most_scopes_of_one_resource=400)
PERSONAL: Final = Limits(personal=True, longest_name=90, most_scopes=200, most_scopes_of_one_resource=30)
_MOST_RESOURCES: Final = 50
_LONGEST_TAG: Final = 256
_LONGEST_LOGOUT_URL: Final = 255

Rule = Callable[[Any, Limits], bool]

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
AUDIENCES: Final = (
    "AzureADMyOrg",
    "AzureADMultipleOrgs",
    "AzureADandPersonalMicrosoftAccount",
    "PersonalMicrosoftAccount",
)
_READ_ONLY: Final = frozenset(
    {
        "id",
        "appId",
        "applicationTemplateId",
        "certification",
        "createdDateTime",
        "deletedDateTime",
        "disabledByMicrosoftStatus",
        "passwordCredentials",
        "publisherDomain",
        "verifiedPublisher",
    }
)
_BLANK: Final = blank("application")


def limits_of(audience: Any) -> Limits:
    """The limits under a signInAudience."""
    return PERSONAL if "PersonalMicrosoftAccount" in str(audience) else WORK


def check(body: Mapping[str, Any], limits: Limits) -> None:
    """Raise the refusal of the first property that does not hold."""
    for name, value in body.items():
        if name in _READ_ONLY:
            raise read_only(name)
        if name not in _RULES:
            raise invalid_property(name)
        if isinstance(value, dict) and isinstance(_BLANK[name], dict):
            _check_inside(name, value, _BLANK[name])
        if not _RULES[name](value, limits):
            raise invalid_value(name)
    if "requiredResourceAccess" in body:
        _check_duplicates(body["requiredResourceAccess"])


def _check_inside(name: str, value: Mapping[str, Any], template: Mapping[str, Any]) -> None:
    for inner in value:
        if inner not in template:
            raise invalid_property(f"{name}.{inner}")


def _check_duplicates(access: list[dict[str, Any]]) -> None:
    resources = [resource["resourceAppId"] for resource in access]
    if len(set(resources)) != len(resources):
        raise bad_request("Property requiredResourceAccess contains a duplicate resourceAppId.")


def _text(longest: int) -> Rule:
    return lambda value, _: value is None or (isinstance(value, str) and len(value) <= longest)


def _flag(value: Any, _: Limits) -> bool:
    return value is None or isinstance(value, bool)


def _list(value: Any, _: Limits) -> bool:
    return isinstance(value, list)


def _object(value: Any, _: Limits) -> bool:
    return isinstance(value, dict)


def _nothing(value: Any, _: Limits) -> bool:
    """Not emulated: only what a new application has anyway."""
    return value in (None, [])


def _display_name(value: Any, limits: Limits) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= limits.longest_name


def _tags(value: Any, _: Limits) -> bool:
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        return False
    sizes_hold = all(1 <= len(tag) <= _LONGEST_TAG and not re.search(r"\s", tag) for tag in value)
    return sizes_hold and len(set(value)) == len(value)


def _web(value: Any, limits: Limits) -> bool:
    if not isinstance(value, dict) or "redirectUriSettings" in value:
        return False
    settings = value.get("implicitGrantSettings", {})
    allowed = _BLANK["web"]["implicitGrantSettings"]
    addresses = (value.get("homePageUrl"), value.get("logoutUrl"))
    return (
        reply_url_rules.holds(value.get("redirectUris", []), personal=limits.personal)
        and isinstance(settings, dict)
        and all(name in allowed and isinstance(flag, bool) for name, flag in settings.items())
        and all(address is None or isinstance(address, str) for address in addresses)
        and len(value.get("logoutUrl") or "") <= _LONGEST_LOGOUT_URL
    )


def _other_platform(value: Any, limits: Limits) -> bool:
    return isinstance(value, dict) and reply_url_rules.holds(value.get("redirectUris", []), personal=limits.personal)


def _required_access(value: Any, limits: Limits) -> bool:
    if not isinstance(value, list) or not all(_resource(entry) for entry in value):
        return False
    sizes = [len(entry["resourceAccess"]) for entry in value]
    return (
        len(sizes) <= _MOST_RESOURCES
        and sum(sizes) <= limits.most_scopes
        and max(sizes, default=0) <= limits.most_scopes_of_one_resource
    )


def _resource(entry: Any) -> bool:
    if not isinstance(entry, dict) or set(entry) != {"resourceAppId", "resourceAccess"}:
        return False
    accesses = entry["resourceAccess"]
    return _guid(entry["resourceAppId"]) and isinstance(accesses, list) and all(map(_access, accesses))


def _access(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and set(entry) == {"id", "type"}
        and _guid(entry["id"])
        and entry["type"] in ("Scope", "Role")
    )


def _guid(value: Any) -> bool:
    return isinstance(value, str) and GUID.fullmatch(value) is not None


def _identifier_uris(value: Any, _: Limits) -> bool:
    return isinstance(value, list) and all(isinstance(uri, str) and uri.startswith("api://") for uri in value)


_RULES: Final[Mapping[str, Rule]] = {
    "addIns": _nothing,
    "api": _object,
    "appRoles": _list,
    "defaultRedirectUri": _text(256),
    "description": _text(1024),
    "displayName": _display_name,
    "groupMembershipClaims": _text(256),
    "identifierUris": _identifier_uris,
    "info": _object,
    "isDeviceOnlyAuthSupported": _flag,
    "isFallbackPublicClient": _flag,
    "keyCredentials": _nothing,
    "nativeAuthenticationApisEnabled": _nothing,
    "notes": _text(1024),
    "optionalClaims": _nothing,
    "parentalControlSettings": _object,
    "publicClient": _other_platform,
    "requestSignatureVerification": _nothing,
    "requiredResourceAccess": _required_access,
    "samlMetadataUrl": _text(256),
    "serviceManagementReference": _text(256),
    "servicePrincipalLockConfiguration": _nothing,
    "signInAudience": lambda value, _: value in AUDIENCES,
    "spa": _other_platform,
    "tags": _tags,
    "tokenEncryptionKeyId": _nothing,
    "uniqueName": lambda value, _: isinstance(value, str) and 1 <= len(value) <= 256,
    "web": _web,
}
