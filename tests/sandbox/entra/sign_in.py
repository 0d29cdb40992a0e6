"""The token endpoint, discovery, and a host's managed identity endpoint.

Sources: Microsoft identity platform, "OAuth 2.0 client credentials flow"; Azure App Service, "REST endpoint
reference" of managed identities.
"""

import hmac
import json
from typing import Any

from flask import Flask, Response, request

from tests.sandbox.entra.assertions import certificate_holds, federation_holds
from tests.sandbox.entra.records import Application, ServicePrincipal, digest, new_id
from tests.sandbox.entra.seeds import MICROSOFT_GRAPH
from tests.sandbox.entra.sign_in_refusals import (
    SignInRefusal,
    bad_scope,
    expired_secret,
    left_out,
    no_credential,
    no_service_principal,
    no_such_tenant,
    unknown_application,
    unknown_resource,
    unsupported_grant,
    wrong_certificate,
    wrong_secret,
)
from tests.sandbox.entra.tenant import Tenant
from tests.sandbox.entra.tokens import GRAPH_AUDIENCE, expiry, make_token

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def add_sign_in(app: Flask, tenant: Tenant) -> None:
    """Let `app` answer where tokens are had."""

    @app.post("/<segment>/oauth2/v2.0/token")
    def token(segment: str) -> Response:
        with tenant.lock:
            try:
                return _json(200, _token(tenant, segment, request.form.to_dict()))
            except SignInRefusal as refusal:
                return _refused(tenant, refusal)

    @app.get("/<segment>/v2.0/.well-known/openid-configuration")
    def configuration(segment: str) -> Response:
        if segment != tenant.tenant_id:
            return _refused(tenant, no_such_tenant(segment))
        return _json(200, _configuration(tenant))

    @app.get("/common/discovery/instance")
    def instance() -> Response:
        return _json(
            200,
            {
                "tenant_discovery_endpoint": f"{_root()}/{tenant.tenant_id}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [],
            },
        )

    @app.get("/msi/token")
    def managed_identity() -> Response:
        with tenant.lock:
            return _managed(tenant)


def _root() -> str:
    return request.root_url.rstrip("/")


def _json(status: int, body: dict[str, Any]) -> Response:
    response = Response(json.dumps(body), status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store, no-cache"
    response.headers["x-ms-request-id"] = new_id()
    return response


def _refused(tenant: Tenant, refusal: SignInRefusal) -> Response:
    correlation_id = request.headers.get("client-request-id", new_id())
    return _json(refusal.status, refusal.as_json(tenant.clock(), correlation_id))


def _configuration(tenant: Tenant) -> dict[str, Any]:
    base = f"{_root()}/{tenant.tenant_id}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "tenant_region_scope": None,
        "msgraph_host": "graph.microsoft.com",
    }


def _token(tenant: Tenant, segment: str, form: dict[str, str]) -> dict[str, Any]:
    if segment != tenant.tenant_id:
        raise no_such_tenant(segment)
    for name in ("grant_type", "client_id", "scope"):
        if not form.get(name):
            raise left_out(name)
    if form["grant_type"] != "client_credentials":
        raise unsupported_grant(form["grant_type"])
    application, principal = _client(tenant, form["client_id"])
    _check_credential(tenant, application, form)
    if not form["scope"].endswith("/.default"):
        raise bad_scope(form["scope"])
    audience = _audience(tenant, form["scope"].removesuffix("/.default"))
    text = make_token(tenant, application.app_id, principal.id, audience)
    seconds = tenant.token_seconds
    return {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": text}


def _client(tenant: Tenant, client_id: str) -> tuple[Application, ServicePrincipal]:
    application = tenant.find_application(client_id)
    if application is None:
        raise unknown_application(client_id)
    principal = tenant.find_service_principal(client_id)
    if principal is None:
        raise no_service_principal(client_id, tenant.tenant_id)
    return application, principal


def _check_credential(tenant: Tenant, application: Application, form: dict[str, str]) -> None:
    if "client_assertion" in form and form.get("client_assertion_type") == _ASSERTION_TYPE:
        _check_assertion(tenant, application, form["client_assertion"])
    elif "client_secret" in form:
        _check_secret(tenant, application, form["client_secret"])
    else:
        raise no_credential()


def _check_assertion(tenant: Tenant, application: Application, assertion: str) -> None:
    """Only the bot has a certificate, or another issuer to speak for it."""
    audience = f"/{tenant.tenant_id}/oauth2/v2.0/token"
    signed = certificate_holds(assertion, tenant.bot_certificate, tenant.bot_client_id, audience)
    federated = federation_holds(assertion, tenant.bot_federation)
    if application.app_id != tenant.bot_client_id or not (signed or federated):
        raise wrong_certificate()


def _check_secret(tenant: Tenant, application: Application, text: str) -> None:
    said = digest(text)
    found = next((one for one in application.passwords if hmac.compare_digest(one.digest, said)), None)
    if found is None or found.starts_at > tenant.clock():
        raise wrong_secret(application.app_id)
    if found.ends_at <= tenant.clock():
        raise expired_secret(application.app_id)
    if found.refusals_left > 0:
        found.refusals_left -= 1
        raise wrong_secret(application.app_id)


def _audience(tenant: Tenant, resource: str) -> str:
    """The `aud` of a token for `resource`; Graph is known by several names, this address among them."""
    if resource in {_root(), GRAPH_AUDIENCE, MICROSOFT_GRAPH}:
        return GRAPH_AUDIENCE
    live = (found for found in tenant.all_service_principals.values() if found.deleted_at is None)
    if any(resource in {found.app_id, *found.body["servicePrincipalNames"]} for found in live):
        return resource
    raise unknown_resource(resource)


def _managed(tenant: Tenant) -> Response:
    """The bot's identity when its host is Azure: the header proves that the caller runs there."""
    if not hmac.compare_digest(request.headers.get("X-IDENTITY-HEADER", "").encode(), tenant.identity_header.encode()):
        return _json(401, {"statusCode": 401, "message": "Unauthorized"})
    try:
        audience = _audience(tenant, request.args.get("resource", ""))
    except SignInRefusal as refusal:
        return _json(400, {"statusCode": 400, "message": str(refusal)})
    text = make_token(tenant, tenant.bot_client_id, tenant.bot_service_principal_id, audience)
    answer = {"access_token": text, "expires_on": str(expiry(tenant)), "token_type": "Bearer"}
    return _json(200, {**answer, "resource": request.args["resource"], "client_id": tenant.bot_client_id})
