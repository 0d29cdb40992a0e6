"""From approval to application: exactly what was approved is made, within what the tenant allows."""

import pytest

from tests.journeys.making import (
    PLAIN_SENTENCE,
    PRINCIPALS,
    applications,
    approved,
    asked_of_graph,
    assert_made_once,
    last_refusal,
)
from tests.journeys.world import REPLY_URL, WHY, World
from tests.sandbox.entra.policies import PasswordPolicy


def test_exactly_what_was_approved(world: World) -> None:
    """The application has the approved name, reply URLs, scopes, audience and owners, the bot itself first."""
    urls = (REPLY_URL, "http://localhost:5000/callback")
    request_id = approved(
        world, reply_urls="\n".join(urls), scopes=("User.Read", "patient.read"), co_owners=("alan",)
    ).lower()
    application = applications(world)[0]
    owners = [world.entra.person_id(f"{name}@contoso.example") for name in ("ada", "alan")]
    body = asked_of_graph(world)

    assert body["web"] == {"redirectUris": list(urls)}
    assert body["signInAudience"] == "AzureADMyOrg"
    assert body["uniqueName"] == f"register-app-{request_id}"
    assert body["tags"] == ["register-app", f"register-app:{request_id}"]
    assert WHY in body["notes"]
    assert {entry["value"]: entry["resource"] for entry in application["scopes"]} == {
        "User.Read": "Microsoft Graph",
        "patient.read": "FHIR Service",
    }
    assert {access["type"] for entry in body["requiredResourceAccess"] for access in entry["resourceAccess"]} == {
        "Scope"
    }
    assert [owner["id"] for owner in application["owners"]] == [world.entra.bot_service_principal_id, *owners]
    assert_made_once(world)


def test_nothing_is_made_before_the_approval(world: World) -> None:
    """A request that waits has caused nothing in the tenant."""
    world.ask()

    assert world.entra.applications == ()
    assert world.entra.journal.calls("POST /v1.0/") == []


def test_no_secret_and_no_consent(world: World) -> None:
    """Provisioning makes an application and a service principal, asks for no secret and grants no consent."""
    approved(world)

    assert world.entra.journal.calls("POST /v1.0/") == ["POST /v1.0/applications", PRINCIPALS]
    assert "passwordCredentials" not in asked_of_graph(world)


def test_audience(world: World) -> None:
    """Where policy offers other organisations and one asks for them, the application is made for them."""
    world.use_policy(audiences=["AzureADMyOrg", "AzureADMultipleOrgs"])
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.choose("audience", "AzureADMultipleOrgs")
    ada.submit()
    world.settle()
    world.approve()

    assert applications(world)[0]["signInAudience"] == "AzureADMultipleOrgs"


def test_requester_without_an_entra_user(world: World) -> None:
    """A requester whom Entra does not know gets the application all the same; the bot and the co-owner own it."""
    world.entra.remove_person(world.entra.person_id("ada@contoso.example"))
    approved(world, co_owners=("alan",))
    owners = [owner["id"] for owner in applications(world)[0]["owners"]]

    assert owners == [world.entra.bot_service_principal_id, world.entra.person_id("alan@contoso.example")]
    assert_made_once(world)


POLICIES = [
    (PasswordPolicy(passwords_allowed=False), "CredentialTypeNotAllowedAsPerAppPolicy"),
    (PasswordPolicy(max_lifetime_days=90), "CredentialInvalidLifetimeAsPerAppPolicy"),
]


@pytest.mark.parametrize(("policy", "code"), POLICIES)
def test_policy_that_may_be_read(world: World, policy: PasswordPolicy, code: str) -> None:
    """With the right to read policy, one that forbids the secret fails the request before anything is made."""
    world.entra.grant_roles = {*world.entra.grant_roles, "Policy.Read.All"}
    world.restart()
    world.entra.policy = policy
    approved(world)

    assert code in world.card().reads
    assert PLAIN_SENTENCE in world.around.person("ada").dm[-1].reads
    assert world.entra.journal.calls("POST /v1.0/") == []


def test_policy_that_is_kept(world: World) -> None:
    """A policy whose longest life is that of the secret asked for is no hindrance."""
    world.entra.grant_roles = {*world.entra.grant_roles, "Policy.Read.All"}
    world.restart()
    world.entra.policy = PasswordPolicy(max_lifetime_days=180)
    approved(world)

    assert_made_once(world)
    assert world.secret()


@pytest.mark.parametrize(("policy", "code"), POLICIES)
def test_policy_that_may_not_be_read(world: World, policy: PasswordPolicy, code: str) -> None:
    """Without it Entra refuses at the press: the approvers read why, and the link is good once that is mended."""
    world.entra.policy = policy
    approved(world)
    answer = world.reveal(world.press()).json()
    world.settle()
    said = last_refusal(world)
    world.entra.policy = None

    assert answer["state"] == "refused"
    assert "secret" not in answer
    for word in (code, said["message"], said["innerError"]["request-id"], "The link stays good"):
        assert word in world.thread()[-1]
    assert world.secret()


def test_the_policy_is_read_once(world: World) -> None:
    """One provisioning asks once what the tenant's policy allows."""
    approved(world)

    assert len(world.entra.journal.calls("defaultAppManagementPolicy")) == 1
