"""Access tokens: made at the token endpoint, read at Graph (Microsoft identity platform, "Access token claims")."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tests.sandbox.entra.asks import Caller
from tests.sandbox.entra.records import new_id
from tests.sandbox.entra.replies import unauthenticated

if TYPE_CHECKING:
    from tests.sandbox.entra.tenant import Tenant

GRAPH_AUDIENCE: Final = "https://graph.microsoft.com"
#: Entra signs with a certificate whose key Graph looks up; here both are one process.
_KEY: Final = secrets.token_bytes(32)


def make_token(tenant: "Tenant", app_id: str, object_id: str, audience: str) -> str:
    """A token for the application `app_id`; the roles are those that the tenant grants the bot at this moment."""
    began = int(tenant.clock().timestamp())
    claims = {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant.tenant_id}/",
        "iat": began,
        "nbf": began,
        "exp": began + tenant.token_seconds,
        "appid": app_id,
        "appidacr": "1",
        "idtyp": "app",
        "oid": object_id,
        "sub": object_id,
        "tid": tenant.tenant_id,
        "uti": new_id(),
        "ver": "1.0",
    }
    if app_id == tenant.bot_client_id and audience == GRAPH_AUDIENCE:
        claims["roles"] = sorted(tenant.grant_roles)
    signed = f"{_packed({'typ': 'JWT', 'alg': 'HS256'})}.{_packed(claims)}"
    return f"{signed}.{_signature(signed)}"


def read_token(tenant: "Tenant", header: str) -> Caller:
    """Who calls, by the Authorization header; raises a 401 in Graph's words."""
    scheme, _, token = header.partition(" ")
    if scheme.casefold() != "bearer" or not token:
        raise unauthenticated("Access token is empty.")
    signed, _, signature = token.rpartition(".")
    if signed.count(".") != 1:
        raise unauthenticated("IDX14100: JWT is not well formed, there are no dots (.).")
    if not hmac.compare_digest(signature.encode(), _signature(signed).encode()):
        raise unauthenticated("Invalid JWT access token.")
    claims = unpacked(signed.split(".")[1])
    if claims["aud"] != GRAPH_AUDIENCE or claims["tid"] != tenant.tenant_id:
        raise unauthenticated("Access token validation failure. Invalid audience.")
    if tenant.clock().timestamp() >= claims["exp"]:
        raise unauthenticated("Lifetime validation failed, the token is expired.")
    return Caller(app_id=claims["appid"], object_id=claims["oid"], roles=frozenset(claims.get("roles", ())))


def unpacked(part: str) -> dict[str, Any]:
    """One part of a JSON Web Token; raises ValueError when it is none."""
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("This is not base64url.") from error
    if not isinstance(found, dict):
        raise ValueError("This is not an object.")  # noqa: TRY004 - a caller sends it, so its value is wrong
    return found


def expiry(tenant: "Tenant") -> int:
    """When a token that is made now expires, in seconds since 1970."""
    return int((tenant.clock() + timedelta(seconds=tenant.token_seconds)).timestamp())


def _packed(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _signature(signed: str) -> str:
    mac = hmac.new(_KEY, signed.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
