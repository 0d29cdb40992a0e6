"""What is in the tenant before anybody comes: people, two APIs of its own, Microsoft Graph, and the bot itself."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from tests.sandbox.entra.records import Application, Person, ServicePrincipal, blank, new_id, whole_seconds

MICROSOFT_GRAPH: Final = "00000003-0000-0000-c000-000000000000"
#: "Microsoft Services", the tenant that owns Microsoft's own applications.
MICROSOFT_TENANT: Final = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"
_NAMES: Final = ("Ada Lovelace", "Grace Hopper", "Alan Turing", "Katherine Johnson")

#: value, who may consent, title, whether it is switched on.
_FHIR: Final = (
    ("user_impersonation", "User", "Access the FHIR service as the signed-in user", True),
    ("patient.read", "User", "Read patient records", True),
    ("patient.write", "Admin", "Change patient records", True),
    ("patient.export", "Admin", "Export patient records (withdrawn)", False),
)
_PAYROLL: Final = (
    ("Payslips.Read", "User", "Read the signed-in user's payslips", True),
    ("Payroll.ReadWrite.All", "Admin", "Read and change everybody's payroll", True),
)


def people() -> list[Person]:
    """Four people, each with the first name as the mail address."""
    made = []
    for name in _NAMES:
        address = f"{name.split()[0].lower()}@contoso.example"
        made.append(Person(id=new_id(), name=name, mail=address, upn=address))
    return made


def scope(value: str, consent: str, title: str, *, enabled: bool = True, scope_id: str = "") -> dict[str, Any]:
    """One permissionScope, with the fields that Graph sends."""
    return {
        "adminConsentDescription": f"Allows the app to: {title}",
        "adminConsentDisplayName": title,
        "id": scope_id or new_id(),
        "isEnabled": enabled,
        "type": consent,
        "userConsentDescription": f"Allows the app to: {title}" if consent == "User" else None,
        "userConsentDisplayName": title if consent == "User" else None,
        "value": value,
    }


def own_apis(tenant_id: str, moment: datetime) -> list[tuple[Application, ServicePrincipal]]:
    """`FHIR Service` and `Payroll API`: what the portal shows under "My APIs"."""
    made = []
    for name, address, scopes in (("FHIR Service", "api://fhir", _FHIR), ("Payroll API", "api://payroll", _PAYROLL)):
        own = [scope(value, consent, title, enabled=enabled) for value, consent, title, enabled in scopes]
        made.append(_pair(tenant_id, name, moment, scopes=own, addresses=[address]))
    return made


def bot_objects(
    tenant_id: str, client_id: str, service_principal_id: str, moment: datetime
) -> tuple[Application, ServicePrincipal]:
    """The bot's own application and service principal."""
    application, principal = _pair(tenant_id, "Register App", moment, scopes=[], addresses=[])
    application.body["appId"] = client_id
    principal.body.update(appId=client_id, id=service_principal_id, servicePrincipalNames=[client_id])
    return application, principal


def graph_service_principal(moment: datetime) -> ServicePrincipal:
    """Microsoft Graph with all its delegated scopes under their real ids."""
    known = json.loads(Path(__file__).with_name("graph_scopes.json").read_text(encoding="utf-8"))
    body = blank("servicePrincipal")
    body.update(
        id=new_id(),
        appId=MICROSOFT_GRAPH,
        appDisplayName="Microsoft Graph",
        displayName="Microsoft Graph",
        appOwnerOrganizationId=MICROSOFT_TENANT,
        createdDateTime=whole_seconds(moment),
        servicePrincipalNames=[MICROSOFT_GRAPH, "https://graph.microsoft.com"],
        signInAudience="AzureADMultipleOrgs",
        oauth2PermissionScopes=[
            scope(
                entry["value"],
                "Admin" if entry["adminConsent"] else "User",
                entry["displayName"],
                scope_id=entry["id"],
            )
            for entry in known
        ],
    )
    return ServicePrincipal(body=body, created_at=moment, seeded=True)


def _pair(
    tenant_id: str, name: str, moment: datetime, *, scopes: list[dict[str, Any]], addresses: list[str]
) -> tuple[Application, ServicePrincipal]:
    body = blank("application")
    body.update(
        id=new_id(),
        appId=new_id(),
        displayName=name,
        createdDateTime=whole_seconds(moment),
        identifierUris=addresses,
    )
    body["api"]["oauth2PermissionScopes"] = scopes
    principal = blank("servicePrincipal")
    principal.update(
        id=new_id(),
        appId=body["appId"],
        appDisplayName=name,
        displayName=name,
        appOwnerOrganizationId=tenant_id,
        createdDateTime=whole_seconds(moment),
        servicePrincipalNames=[body["appId"], *addresses],
        oauth2PermissionScopes=scopes,
    )
    return (
        Application(body=body, created_at=moment, seeded=True),
        ServicePrincipal(body=principal, created_at=moment, seeded=True),
    )
