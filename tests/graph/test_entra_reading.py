"""What the bot reads of the emulated Entra: itself, people, policy, catalogue."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import EntraSignInRefused
from bot.graph import Entra as Floor
from bot.graph import EntraAccess, open_entra
from bot.graph.client import Call
from bot.graph.tokens import ClientSecret
from bot.model import EntraApplication, PasswordRules
from tests.graph.conftest import MovableClock
from tests.graph.shapes import entra_draft
from tests.sandbox.entra import Entra, PasswordPolicy

ADDRESS = st.text(st.characters(min_codepoint=33, max_codepoint=591), min_size=1, max_size=20)


def test_the_tenants_policy_can_be_read_beforehand(floor: Floor, entra: Entra) -> None:
    """With the right to read it, the policy's limit and ban are known; without, nothing is forbidden."""
    entra.policy = PasswordPolicy(max_lifetime_days=90, passwords_allowed=False)
    unread = floor.directory.password_rules()
    entra.grant_roles = {"Policy.Read.All"}
    floor.tokens.renew(floor.tokens.token())

    assert unread == PasswordRules()
    assert floor.directory.password_rules() == PasswordRules(allowed=False, longest=timedelta(days=90))


def test_a_token_that_ran_out_is_renewed(
    floor: Floor, entra: Entra, clock: MovableClock, made: EntraApplication
) -> None:
    """When Entra's clock is ahead of ours the token is refused, and a fresh one is fetched at once."""
    clock.ahead = timedelta(hours=2)

    assert floor.applications.read(made.object_id) == made
    assert len(entra.journal.calls("/token")) == 2


def test_a_wrong_bot_secret_is_told_apart(entra: Entra, session: requests.Session) -> None:
    """The bot's own refused credential is neither a passing trouble nor a missing permission."""
    access = EntraAccess(
        tenant_id=entra.tenant_id,
        client_id=entra.bot_client_id,
        credential=ClientSecret(text="wrong"),
        authority=entra.authority,
        graph_root=entra.graph_root,
    )

    with pytest.raises(EntraSignInRefused) as caught:
        open_entra(access, clock=lambda: datetime.now(UTC), session=session).applications.find("x")

    assert caught.value.code == "AADSTS7000215"


def test_the_bots_permissions_are_those_of_its_token(floor: Floor, entra: Entra) -> None:
    """What was granted is what can be told to the operator."""
    assert floor.tokens.roles() == entra.grant_roles


def test_every_page_is_read(floor: Floor, entra: Entra) -> None:
    """A list that comes one to a page is read to its end."""
    for number in range(3):
        floor.applications.create(entra_draft(entra, f"register-app-{number}", f"Ledger {number}"))
    call = Call(method="GET", template="/applications", query={"$top": "1", "$select": "uniqueName"})

    names = {body.get("uniqueName") for body in floor.client.pages(call)}

    assert {"register-app-0", "register-app-1", "register-app-2"} <= names


def test_the_catalogue_holds_own_apis_and_graph(floor: Floor) -> None:
    """The tenant's own APIs come first, then all of Microsoft Graph; what is switched off is not offered."""
    assert floor.catalogue.refresh()

    assert [resource.name for resource in floor.catalogue.resources] == [
        "FHIR Service",
        "Payroll API",
        "Microsoft Graph",
    ]
    assert len(floor.catalogue.resources[2].scopes) > 400
    assert floor.catalogue.search("patient.export") == []
    ((graph, scopes),) = floor.catalogue.search("user.read", limit=1)
    assert (graph.name, scopes[0].id) == ("Microsoft Graph", "e1fe6dd8-ba31-4d61-89e7-88639da4683d")


def test_the_bot_finds_itself(floor: Floor, entra: Entra) -> None:
    """The bot's own service principal is the one that Entra made for it."""
    assert floor.directory.own_service_principal(floor.client_id) == entra.bot_service_principal_id


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ADDRESS)
def test_a_person_of_any_name_is_found_and_nobody_else(floor: Floor, entra: Entra, text: str) -> None:
    """However many apostrophes and signs an address holds, the filter finds the one whose address it is."""
    address = f"{text}@contoso.example"
    object_id = entra.add_person("Somebody", address)

    found = floor.directory.find_person(address)
    entra.remove_person(object_id)

    assert found is not None
    assert found.object_id == object_id
