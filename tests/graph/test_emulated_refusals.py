"""What Graph would refuse, the local Entra refuses; the words that tools match are the reported ones."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.entra import Entra, PasswordPolicy
from tests.sandbox.entra.probe import Probe, StandingClock, refusal

_OWNED = "Application.ReadWrite.OwnedBy"
_ALL = "Application.ReadWrite.All"
_GUID = "11111111-2222-3333-4444-555555555555"
_DENIED = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
_PERSONAL = {"signInAudience": "AzureADandPersonalMicrosoftAccount"}


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(StandingClock()) as entra, Probe(entra) as probe:
        yield probe


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "applications/{0}", {"notes": "n"}),
        ("DELETE", "applications/{0}", None),
        ("POST", "applications/{0}/addPassword", {}),
        ("POST", "applications/{0}/removePassword", {"keyId": _GUID}),
    ],
)
def test_others_applications_are_not_the_bot_s(probe: Probe, method: str, path: str, body: object) -> None:
    """Under OwnedBy the bot may change only what it owns; an application that named no owner is not its own."""
    made = probe.call("POST", "applications", {"displayName": "Nobody's"}).json()["id"]

    assert refusal(probe.call(method, path.format(made), body)) == _DENIED
    assert probe.with_roles(_ALL).call(method, path.format(made), body).status_code != 403


@pytest.mark.parametrize(
    ("method", "path", "body", "roles", "status"),
    [
        ("POST", "applications", {"displayName": "n"}, {"Application.Read.All"}, 403),
        ("POST", "applications", {"displayName": "n"}, {"AppRegistration.Create"}, 201),
        ("GET", "applications", None, {"AppRegistration.Create"}, 403),
        ("GET", "applications", None, {"Application.Read.All"}, 200),
        ("GET", "servicePrincipals", None, {_OWNED}, 200),
        ("POST", "servicePrincipals", {"appId": _GUID}, {"Application.Read.All"}, 403),
        ("GET", "users/ada@contoso.example", None, {_OWNED}, 403),
        ("GET", "users/ada@contoso.example", None, {"User.ReadBasic.All"}, 200),
        ("GET", "policies/defaultAppManagementPolicy", None, {_OWNED}, 403),
        ("GET", "policies/defaultAppManagementPolicy", None, {"Policy.Read.All"}, 200),
        ("GET", "oauth2PermissionGrants", None, {_OWNED}, 403),
        ("GET", "oauth2PermissionGrants", None, {"Directory.Read.All"}, 200),
        ("GET", "applications", None, set(), 403),
    ],
)
def test_each_call_needs_its_role(
    probe: Probe, method: str, path: str, body: object, roles: set[str], status: int
) -> None:
    """The token's app roles decide, by Microsoft's table."""
    assert probe.with_roles(*roles).call(method, path, body).status_code == status


def test_owners_are_added_only_with_more_than_owned_by(probe: Probe) -> None:
    """Under OwnedBy an owner is bound at the create or not at all; the same owner twice is refused."""
    path = f"applications/{probe.create()['id']}/owners"
    person = probe.entra.person_id("ada@contoso.example")
    body = {"@odata.id": f"{probe.entra.url}/v1.0/directoryObjects/{person}"}

    as_owned = probe.with_roles(_OWNED, "Directory.Read.All").call("POST", f"{path}/$ref", body)
    probe.with_roles(_ALL, "Directory.Read.All")
    steps = [("POST", "$ref", body), ("POST", "$ref", body), ("DELETE", f"{person}/$ref", None)]

    assert as_owned.status_code == 403
    assert [probe.call(method, f"{path}/{rest}", sent).status_code for method, rest, sent in steps] == [204, 400, 204]


def test_owners_are_bare_to_who_may_not_read_users(probe: Probe) -> None:
    """Without a role for users an owner is only a type and an id."""
    person = probe.entra.person_id("ada@contoso.example")
    bind: dict[str, Any] = {"owners@odata.bind": [f"{probe.entra.url}/v1.0/users/{person}"]}
    path = f"applications/{probe.create(**bind)['id']}/owners"

    full, bare = (
        probe.with_roles(*roles).call("GET", path).json()["value"][0]
        for roles in ((_OWNED, "User.ReadBasic.All"), (_OWNED,))
    )

    assert full["displayName"] == "Ada Lovelace"
    assert bare == {"@odata.type": "#microsoft.graph.user", "id": person}


def test_a_second_service_principal_is_refused(probe: Probe) -> None:
    """One application has one service principal; a second is 409."""
    app_id = probe.create()["appId"]

    first, second = (probe.call("POST", "servicePrincipals", {"appId": app_id}) for _ in range(2))

    assert first.status_code == 201
    assert refusal(second)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")


@pytest.mark.parametrize(
    ("role", "status", "text"),
    [(_OWNED, 403, "must in the local tenant"), (_ALL, 400, "does not reference a valid application object.")],
)
def test_a_service_principal_of_nothing_is_refused(probe: Probe, role: str, status: int, text: str) -> None:
    """What the refusal is for an unknown application depends on the permission."""
    answer = probe.with_roles(role).call("POST", "servicePrincipals", {"appId": _GUID})

    assert answer.status_code == status
    assert text in answer.json()["error"]["message"]


def test_a_key_that_is_not_there_cannot_be_removed(probe: Probe) -> None:
    """An unknown key is 400 in the words that tools match; so is a second removal of a known one."""
    path = f"applications/{probe.create()['id']}/removePassword"

    message = f"No password credential found with keyId '{_GUID}'."
    assert refusal(probe.call("POST", path, {"keyId": _GUID})) == (400, "Request_BadRequest", message)


@pytest.mark.parametrize(
    ("policy", "code", "rules"),
    [
        (
            PasswordPolicy(passwords_allowed=False),
            "CredentialTypeNotAllowedAsPerAppPolicy",
            [("passwordAddition", None)],
        ),
        (
            PasswordPolicy(max_lifetime_days=90),
            "CredentialInvalidLifetimeAsPerAppPolicy",
            [("passwordLifetime", "P90D")],
        ),
    ],
)
def test_the_tenant_s_policy_is_told_and_kept(
    probe: Probe, policy: PasswordPolicy, code: str, rules: list[tuple[str, str | None]]
) -> None:
    """What the policy forbids is refused by its code, and who may read the policy reads the same."""
    path = f"applications/{probe.create()['id']}/addPassword"
    probe.entra.policy = policy

    answer = probe.call("POST", path, {"passwordCredential": {"endDateTime": "2027-10-05T00:00:00Z"}})
    told = probe.with_roles("Policy.Read.All").call("GET", "policies/defaultAppManagementPolicy").json()

    assert refusal(answer)[:2] == (400, code)
    restrictions = told["applicationRestrictions"]["passwordCredentials"]
    assert (told["isEnabled"], rules) == (
        True,
        [(rule["restrictionType"], rule["maxLifetime"]) for rule in restrictions],
    )


def test_a_life_within_the_policy_is_allowed(probe: Probe) -> None:
    """A shorter life than the policy's longest is allowed."""
    probe.entra.policy = PasswordPolicy(max_lifetime_days=90)

    added = probe.add_password(probe.create()["id"], endDateTime="2026-12-01T00:00:00Z")

    assert added["endDateTime"] == "2026-12-01T00:00:00Z"


def test_personal_accounts_have_two_passwords(probe: Probe) -> None:
    """An application that takes personal accounts is refused a third secret."""
    object_id = probe.create(**_PERSONAL)["id"]
    for _ in range(2):
        probe.add_password(object_id)

    answer = probe.call("POST", f"applications/{object_id}/addPassword", {})

    message = "Not allowed to add 3 passwords. You can only add a maximum of 2 passwords."
    assert refusal(answer) == (400, "TooManyAppPasswords", message)


def test_the_quota_counts_the_deleted(probe: Probe) -> None:
    """At the quota no more is made, and deleting without purging makes no room."""
    probe.entra.quota = 1
    probe.call("DELETE", f"applications/{probe.create()['id']}")

    answer = probe.call("POST", "applications", {"displayName": "One more"})

    assert refusal(answer)[:2] == (403, "Directory_QuotaExceeded")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=passwordCredentials/any(p:p eq 'x')", "Request_UnsupportedQuery"),
        ("$filter=uniqueName eq 'req-1'", "Request_UnsupportedQuery"),
        ("$filter=displayName contains 'x'", "BadRequest"),
        ("$filter=displayName eq 'it's'", "BadRequest"),
        ("$filter=displayName eq Ada", "BadRequest"),
        ("$select=id,secret", "BadRequest"),
        ("$top=1000", "Request_UnsupportedQuery"),
        ("$top=0", "Request_UnsupportedQuery"),
        ("$count=true", "Request_BadRequest"),
        ("$orderby=displayName", "BadRequest"),
        ("$expand=owners", "BadRequest"),
    ],
)
def test_questions_that_graph_does_not_take_are_refused(probe: Probe, query: str, code: str) -> None:
    """A query that the directory does not support is refused even when there is nothing to look through."""
    assert refusal(probe.call("GET", f"applications?{query}"))[:2] == (400, code)


def test_advanced_filters_need_their_header(probe: Probe) -> None:
    """A filter by owning tenant without ConsistencyLevel is refused."""
    path = f"servicePrincipals?$filter=appOwnerOrganizationId eq {probe.entra.tenant_id}"

    assert refusal(probe.call("GET", path))[:2] == (400, "Request_UnsupportedQuery")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "groups", 400, "BadRequest"),
        ("GET", "applications/$count", 400, "BadRequest"),
        ("GET", "applications/not-an-id", 400, "Request_BadRequest"),
        ("GET", "applications(appId='not-an-id')", 400, "Request_BadRequest"),
        ("GET", f"servicePrincipals/{_GUID}", 404, "Request_ResourceNotFound"),
        ("GET", f"users/{_GUID}", 404, "Request_ResourceNotFound"),
        ("DELETE", "servicePrincipals", 405, "Request_BadRequest"),
        ("PUT", "applications", 405, "Request_BadRequest"),
        ("POST", "applications", 400, "BadRequest"),
        ("GET", "../beta/applications", 400, "BadRequest"),
    ],
)
def test_nothing_is_answered_by_chance(probe: Probe, method: str, path: str, status: int, code: str) -> None:
    """What is not emulated, or is asked the wrong way, is refused in Graph's envelope and never a silent success."""
    assert refusal(probe.call(method, path))[:2] == (status, code)


@pytest.mark.parametrize(
    ("content_type", "data"), [("text/plain", b"{}"), ("application/json", b"{"), ("application/json", b"[]")]
)
def test_a_body_must_be_a_json_object(probe: Probe, content_type: str, data: bytes) -> None:
    """A body of another kind is refused before anything else is looked at."""
    token = probe.sign_in().json()["access_token"]

    answer = probe.session.post(
        f"{probe.entra.url}/v1.0/applications",
        data=data,
        headers={"Authorization": f"Bearer {token}", "Content-Type": content_type},
        timeout=10,
    )

    assert refusal(answer)[:2] == (400, "BadRequest")
