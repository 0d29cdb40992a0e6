"""What the tests of bot/graph ask and are answered: calls, drafts, bodies and refusals."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs

import requests

from bot.graph.client import Call, get
from bot.graph.tokens import (
    BotCredential,
    Tokens,
)
from bot.model import ApplicationDraft, Scope
from tests.graph.tiny_graph import TENANT, Heard, TinyGraph, Told, graph_error
from tests.sandbox.entra import Entra

THING = "/v1.0/applications/one"
READ = get("/applications/{id}", "id", id="one")
WRITE = Call(method="POST", template="/applications/{id}", names={"id": "one"}, body={"a": 1})
FINE = Told(status=200, body={"id": "one"})
CREATE = "POST /v1.0/applications"
ONE = "/v1.0/applications/one"
ADD = f"POST {ONE}/addPassword"
REMOVE = f"POST {ONE}/removePassword"
MAKE_PRINCIPAL = "POST /v1.0/servicePrincipals"
APPLICATION = {"id": "one", "appId": "app-one", "displayName": "One", "tags": ["a"], "passwordCredentials": []}
LISTED = {
    "keyId": "key",
    "displayName": "first",
    "hint": "abc",
    "secretText": None,
    "startDateTime": "2026-01-01T00:00:00.1234567Z",
    "endDateTime": "2026-07-01T00:00:00Z",
}
MINTED = {**LISTED, "secretText": "abc8Q~secret-canary"}
NO_SUCH_KEY = Told(status=400, body=graph_error("Request_BadRequest", "No password credential found with keyId 'key'."))
TAKEN = Told(
    status=400,
    body=graph_error(
        "Request_BadRequest",
        "Another object with the same value for property uniqueName already exists.",
        "ObjectConflict",
    ),
)
END = datetime(2026, 7, 1, 2, 30, tzinfo=timezone(timedelta(hours=2)))
CREATE_CALL = "POST /v1.0/applications$"
ADD_CALL = "/addPassword$"
REMOVE_CALL = "/removePassword$"
IN_HALF_A_YEAR = datetime.now(UTC).replace(microsecond=0) + timedelta(days=180)
TOKEN_CALL = f"POST /{TENANT}/oauth2/v2.0/token"
DISCOVERY_CALL = f"GET /{TENANT}/v2.0/.well-known/openid-configuration"


def graph_heard(tiny: TinyGraph) -> list[Heard]:
    """The requests to Graph, without those for tokens."""
    return [heard for heard in tiny.heard if "/v1.0/" in heard.call]


def scope(resource: str, name: str) -> Scope:
    """A delegated scope."""
    return Scope(resource_app_id=resource, resource_name=resource, id=name, value=name, title=name, admin_consent=False)


def draft(unique_name: str | None = "register-app-req") -> ApplicationDraft:
    """A draft that says everything there is to say."""
    return ApplicationDraft(
        display_name="Grace's app",
        audience="AzureADMyOrg",
        reply_urls=("https://app.contoso.example/callback",),
        scopes=(scope("graph", "a"), scope("fhir", "b"), scope("graph", "c")),
        owner_ids=("bot-sp", "ada"),
        tags=("register-app",),
        notes="For the ledger.",
        unique_name=unique_name,
        service_management_reference="SM-1",
    )


def refusal(number: int, error: str = "invalid_client") -> Told:
    """The token endpoint's refusal with an AADSTS number, in the form that Entra documents."""
    text = f"AADSTS{number}: Something is wrong. Trace ID: t Correlation ID: c Timestamp: now\r\nSecond line"
    body = {"error": error, "error_description": text, "error_codes": [number], "correlation_id": "for-support"}
    return Told(status=401, body=body)


def tokens_with(credential: BotCredential, tiny: TinyGraph, session: requests.Session) -> Tokens:
    """Tokens for the bot with `credential`."""
    return Tokens(TENANT, "bot", credential, tiny.url, tiny.url, session)


def forms(tiny: TinyGraph) -> list[dict[str, str]]:
    """The token requests so far."""
    bodies = [heard.body for heard in tiny.heard if heard.call == TOKEN_CALL]
    return [{name: values[0] for name, values in parse_qs(body).items()} for body in bodies]


def entra_draft(entra: Entra, unique_name: str | None = "register-app-req", name: str = "Ledger") -> ApplicationDraft:
    """A draft as provisioning makes it, the bot's own service principal first among the owners."""
    return ApplicationDraft(
        display_name=name,
        audience="AzureADMyOrg",
        reply_urls=("https://ledger.contoso.example/callback",),
        scopes=(),
        owner_ids=(entra.bot_service_principal_id, entra.person_id("ada@contoso.example")),
        tags=("register-app", "register-app:req"),
        notes="For the ledger.",
        unique_name=unique_name,
    )
