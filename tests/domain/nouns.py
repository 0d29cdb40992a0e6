"""Made-up requests, applications, links and secrets, each whole and valid until a test changes a field."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.lifecycle import CredentialState, LinkStage, RequestState
from bot.model import Person, Scope, SecretTerm
from bot.records import Application, AppRequest, Credential, Link, Owner, RequestForm

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
API = "0f3a1c52-7b8e-4d19-9a60-2c4b5d6e7f80"


def person(**changes: Any) -> Person:
    """A full, active member: Ada, who asks."""
    return replace(Person(id="UADA", name="Ada Lovelace", email="ada@contoso.example"), **changes)


def owner(number: int = 0, **changes: Any) -> Owner:
    """Ada (0), or one of many colleagues."""
    if number == 0:
        return replace(Owner(person_id="UADA", name="Ada Lovelace", email="ada@contoso.example"), **changes)
    return replace(
        Owner(person_id=f"UCO{number:04}", name=f"Colleague {number}", email=f"co{number}@contoso.example"), **changes
    )


def scope(number: int = 0, **changes: Any) -> Scope:
    """One of many scopes of one API."""
    made = Scope(
        resource_app_id=API,
        resource_name="Records",
        id=f"00000000-0000-0000-0000-{number:012}",
        value=f"records.read.{number}",
        title="Read records",
        admin_consent=False,
    )
    return replace(made, **changes)


def form(**changes: Any) -> RequestForm:
    """What a careful developer asks for."""
    made = RequestForm(
        display_name="Ward dashboard",
        audience="AzureADMyOrg",
        reply_urls=("https://ward.contoso.example/auth/callback",),
        scopes=(scope(),),
        secret_description="production web server",
        term=SecretTerm(days=180),
        co_owners=(owner(1),),
        justification="Nurses see the beds of their ward.",
    )
    return replace(made, **changes)


def request(number: int = 1, **changes: Any) -> AppRequest:
    """A pending request, just submitted."""
    made = AppRequest(
        id=f"REQ-{number:08}",
        form_id=f"form-{number}",
        state=RequestState.PENDING,
        version=1,
        requester=owner(),
        form=form(),
        submitted_at=NOW,
        state_since=NOW,
    )
    return replace(made, **changes)


def application(number: int = 1, **changes: Any) -> Application:
    """What Entra made of request `number`."""
    made = Application(
        id=f"app-{number}",
        request_id=f"REQ-{number:08}",
        display_name="Ward dashboard",
        object_id=f"object-{number}",
        app_id=f"11111111-2222-3333-4444-{number:012}",
        service_principal_id=None,
        form=form(),
        owners=(owner(), owner(1)),
        created_at=NOW,
    )
    return replace(made, **changes)


def link(number: int = 1, **changes: Any) -> Link:
    """An open link of application `number`, good for a day."""
    made = Link(
        id=f"link-{number}",
        application_id=f"app-{number}",
        recipient_id="UADA",
        stage=LinkStage.OPEN,
        issued_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )
    return replace(made, **changes)


def credential(number: int = 1, **changes: Any) -> Credential:
    """The live secret that link `number` minted, good for 180 days."""
    made = Credential(
        key_id=f"key-{number}",
        application_id=f"app-{number}",
        link_id=f"link-{number}",
        state=CredentialState.LIVE,
        description="production web server",
        hint="abc",
        starts_at=NOW,
        ends_at=NOW + timedelta(days=180),
    )
    return replace(made, **changes)
