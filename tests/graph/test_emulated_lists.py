"""The local Entra lists, filters and finds as Graph does."""

from collections.abc import Iterator

import pytest

from tests.sandbox.entra import Entra
from tests.sandbox.entra.probe import Probe, StandingClock


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(StandingClock()) as entra, Probe(entra) as probe:
        yield probe


def test_pages_hold_every_application_once(probe: Probe) -> None:
    """Following @odata.nextLink shows each object once, in the order of the ids, with the query kept."""
    made = {probe.create(f"App {number}", tags=["mine"])["id"] for number in range(5)}
    path = "applications?$filter=tags/any(t:t eq 'mine')&$select=id&$top=2"
    sizes, seen = [], []

    while path:
        page = probe.call("GET", path).json()
        sizes.append(len(page["value"]))
        seen += [entry["id"] for entry in page["value"]]
        path = page.get("@odata.nextLink", "").removeprefix(f"{probe.entra.url}/v1.0/")

    assert sizes == [2, 2, 1]
    assert sorted(made) == seen


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("displayName eq 'o''brien''s app'", ["O'Brien's App"]),
        ("startswith(displayName,'O''B')", ["O'Brien's App"]),
        ("displayName eq 'Other' or displayName eq 'O''Brien''s App'", ["O'Brien's App", "Other"]),
        ("tags/any(x:x eq 'red') and displayName eq 'Other'", ["Other"]),
        ("tags/any(x:x eq 'red')", ["O'Brien's App", "Other"]),
        ("displayName eq 'Nobody'", []),
    ],
)
def test_filters_find_what_they_say(probe: Probe, clause: str, found: list[str]) -> None:
    """A filter compares in any case, takes doubled quotes, and joins clauses with `and` before `or`."""
    for name in ("O'Brien's App", "Other"):
        probe.create(name, tags=["red"])

    page = probe.call("GET", f"applications?$filter={clause}&$select=displayName").json()

    assert found == sorted(entry["displayName"] for entry in page["value"])


def test_the_tenant_s_own_apis_are_told_apart(probe: Probe) -> None:
    """A filter by owning tenant, asked as an advanced query, leaves Microsoft Graph out and counts."""
    path = f"servicePrincipals?$filter=appOwnerOrganizationId eq {probe.entra.tenant_id}&$count=true"

    page = probe.call("GET", path, ConsistencyLevel="eventual").json()

    assert page["@odata.count"] == 3
    assert {"FHIR Service", "Payroll API", "Register App"} == {entry["displayName"] for entry in page["value"]}


def test_microsoft_graph_has_its_real_scopes(probe: Probe) -> None:
    """The scopes have the ids that they have in every tenant, and say who may consent."""
    path = "servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=oauth2PermissionScopes"

    scopes = {scope["value"]: scope for scope in probe.call("GET", path).json()["oauth2PermissionScopes"]}

    assert (scopes["User.Read"]["id"], scopes["User.Read"]["type"]) == ("e1fe6dd8-ba31-4d61-89e7-88639da4683d", "User")
    assert scopes["Directory.Read.All"]["type"] == "Admin"


@pytest.mark.parametrize("way", ["users/{id}", "users/ADA@contoso.example"])
def test_a_person_is_found(probe: Probe, way: str) -> None:
    """A user is found by object id and by user principal name in any case."""
    object_id = probe.entra.person_id("ada@contoso.example")

    assert object_id == probe.call("GET", way.format(id=object_id)).json()["id"]


def test_a_person_is_found_by_a_mail_that_is_no_name(probe: Probe) -> None:
    """A mail address and a user principal name may differ; a filter over both finds the user by either."""
    object_id = probe.entra.add_person("Mary Jackson", "mary@contoso.example", "mjackson@corp.contoso.example")
    ways = "mail eq '{0}' or userPrincipalName eq '{0}'"

    for address in ("mary@contoso.example", "mjackson@corp.contoso.example"):
        page = probe.call("GET", f"users?$filter={ways.format(address)}&$select=id").json()
        assert [{"id": object_id}] == page["value"]
