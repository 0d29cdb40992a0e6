"""The catalogue: what is read of the tenant, what is kept, what a search offers."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import EntraRefused, EntraUnavailable
from bot.graph.catalogue import MICROSOFT_GRAPH, Catalogue, load
from bot.graph.client import GraphClient
from bot.model import Resource, Scope
from tests.graph.tiny_graph import TENANT, TinyGraph, Told

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OTHER = "797f4846-ba00-4fd7-ba43-dac1f8f63013"


def principal(app_id: str, name: str, *scopes: dict[str, object]) -> dict[str, object]:
    """A service principal as Graph describes it."""
    return {"id": f"sp-{app_id}", "appId": app_id, "displayName": name, "oauth2PermissionScopes": list(scopes)}


def published(value: str, *, kind: str = "User", enabled: bool = True) -> dict[str, object]:
    """A permissionScope as Graph describes it."""
    title = f"Title of {value}"
    return {
        "id": f"id-{value}",
        "value": value,
        "type": kind,
        "isEnabled": enabled,
        "adminConsentDisplayName": title,
    }


def tell_principal(tiny: TinyGraph, app_id: str, name: str, *scopes: dict[str, object]) -> None:
    """Have the small Graph know one service principal by its appId."""
    tiny.tell(f"GET /v1.0/servicePrincipals(appId='{app_id}')", Told(status=200, body=principal(app_id, name, *scopes)))


@pytest.fixture
def tenant(tiny: TinyGraph) -> TinyGraph:
    """A tenant with two APIs of its own on two pages, one service principal without scopes, and Microsoft Graph."""
    more = f"{tiny.url}/v1.0/servicePrincipals?$skiptoken=2"
    payroll = principal("payroll", "Payroll API", published("Pay.Run", kind="Admin"))
    fhir = principal("fhir", "FHIR Service", published("patient.write"), published("old", enabled=False))
    tiny.tell(
        "GET /v1.0/servicePrincipals",
        Told(status=200, body={"value": [payroll, principal("bare", "Bare")], "@odata.nextLink": more}),
        Told(status=200, body={"value": [fhir]}),
    )
    tell_principal(tiny, MICROSOFT_GRAPH, "Microsoft Graph", published("User.Read"))
    return tiny


def test_own_apis_come_first_and_by_name(tenant: TinyGraph, client: GraphClient) -> None:
    """The tenant's own APIs that publish scopes stand before Microsoft Graph, in alphabetical order."""
    resources = load(client, TENANT, ())

    assert [(resource.name, resource.own) for resource in resources] == [
        ("FHIR Service", True),
        ("Payroll API", True),
        ("Microsoft Graph", False),
    ]
    assert tenant.heard[-3].query.startswith(f"$filter=appOwnerOrganizationId eq {TENANT}&")
    assert tenant.heard[-3].headers["consistencylevel"] == "eventual"


def test_scopes_are_read_as_published(tenant: TinyGraph, client: GraphClient) -> None:
    """Disabled scopes are kept as such, and a scope of type Admin needs an administrator's consent."""
    fhir, payroll, _ = load(client, TENANT, ())

    assert [(scope.value, scope.enabled, scope.admin_consent) for scope in fhir.scopes + payroll.scopes] == [
        ("old", False, False),
        ("patient.write", True, False),
        ("Pay.Run", True, True),
    ]
    assert payroll.scopes[0].title == "Title of Pay.Run"
    assert tenant.graph_calls().count("GET /v1.0/servicePrincipals") == 2


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["fhir", "api://fhir"], "api://fhir/patient.read"),
        (["https://fhir.contoso.example", "fhir"], "https://fhir.contoso.example/patient.read"),
        (["fhir", "api://fhir", "https://fhir.contoso.example"], "fhir/patient.read"),
        (["fhir"], "fhir/patient.read"),
        (None, "fhir/patient.read"),
    ],
)
def test_a_scope_is_asked_for_by_the_one_application_id_uri(
    tiny: TinyGraph, client: GraphClient, names: list[str] | None, expected: str
) -> None:
    """A client asks for a scope by its resource's application ID URI, and by the client ID where none is the one."""
    fhir = {**principal("fhir", "FHIR Service", published("patient.read")), "servicePrincipalNames": names}
    tiny.tell("GET /v1.0/servicePrincipals", Told(status=200, body={"value": [fhir]}))
    tell_principal(tiny, MICROSOFT_GRAPH, "Microsoft Graph")

    assert load(client, TENANT, ())[0].scopes[0].request_string == expected


def test_microsoft_graph_is_asked_for_in_the_bots_own_cloud(tiny: TinyGraph, client: GraphClient) -> None:
    """Of Microsoft Graph's addresses in several clouds a scope carries the one that this bot calls."""
    names = [MICROSOFT_GRAPH, "https://graph.microsoft.us", client.root, "https://canary.graph.microsoft.com"]
    graph = {**principal(MICROSOFT_GRAPH, "Microsoft Graph", published("User.Read")), "servicePrincipalNames": names}
    tiny.tell("GET /v1.0/servicePrincipals", Told(status=200, body={"value": []}))
    tiny.tell(f"GET /v1.0/servicePrincipals(appId='{MICROSOFT_GRAPH}')", Told(status=200, body=graph))

    assert load(client, TENANT, ())[0].scopes[0].request_string == f"{client.root}/User.Read"


def test_extra_resources_follow_in_their_order(tenant: TinyGraph, client: GraphClient) -> None:
    """Extra resources come last; one that is named twice, or is the tenant's own, stands there once."""
    tell_principal(tenant, OTHER, "Azure", published("user_impersonation"))

    resources = load(client, TENANT, (OTHER, MICROSOFT_GRAPH, OTHER, "fhir"))

    assert [resource.app_id for resource in resources] == ["fhir", "payroll", MICROSOFT_GRAPH, OTHER]


def test_a_resource_that_the_tenant_never_used_is_left_out(tenant: TinyGraph, client: GraphClient) -> None:
    """A resource without a service principal in the tenant is no failure."""
    assert len(load(client, TENANT, (OTHER,))) == 3
    assert tenant.graph_calls()[-1].endswith(f"(appId='{OTHER}')")


def test_a_tenant_is_named_by_its_guid(client: GraphClient) -> None:
    """The filter on the owning organization takes a GUID and nothing else."""
    with pytest.raises(ValueError, match="hexadecimal"):
        load(client, "contoso.example or true", ())


def scope_of(resource: str, value: str, *, title: str = "", enabled: bool = True) -> Scope:
    """A scope for searching."""
    return Scope(
        resource_app_id=resource,
        resource_name=f"{resource} API",
        id=f"{resource}-{value}",
        value=value,
        title=title,
        admin_consent=False,
        enabled=enabled,
    )


def resource_of(name: str, *scopes: Scope, own: bool = False) -> Resource:
    """A resource for searching."""
    return Resource(app_id=name, name=f"{name} API", own=own, scopes=scopes)


def catalogue_of(*resources: Resource) -> Catalogue:
    """A catalogue that was read once."""
    catalogue = Catalogue(lambda: resources, lambda: NOW)
    catalogue.refresh()
    return catalogue


def values(found: list[tuple[Resource, list[Scope]]]) -> list[str]:
    """The found scopes in the order in which they are shown."""
    return [scope.value for _, scopes in found for scope in scopes]


GRAPH = resource_of(
    "Graph",
    scope_of("Graph", "Mail.Read", title="Read user mail"),
    scope_of("Graph", "User.Read", title="Sign you in"),
    scope_of("Graph", "User.Read.All", title="Read everyone"),
    scope_of("Graph", "User.Old", enabled=False),
)
OWN = resource_of("Own", scope_of("Own", "end.user.read"), scope_of("Own", "user.reader"), own=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mail", ["Mail.Read"]),
        ("MAIL", ["Mail.Read"]),
        ("sign you", ["User.Read"]),
        ("you sign", ["User.Read"]),
        ("sign nobody", []),
        ("graph everyone", ["User.Read.All"]),
        ("old", []),
        ("own", ["end.user.read", "user.reader"]),
        ("user.read", ["user.reader", "end.user.read", "User.Read", "User.Read.All"]),
        ("  ", ["end.user.read", "user.reader", "Mail.Read", "User.Read", "User.Read.All"]),
    ],
)
def test_a_search_finds_what_every_word_is_in(text: str, expected: list[str]) -> None:
    """Words match value, title and resource in any order and case; own APIs, then exact, then prefix come first."""
    assert expected == values(catalogue_of(GRAPH, OWN).search(text))


def test_a_search_groups_by_resource() -> None:
    """Each resource stands there once with all of its scopes that were found."""
    found = catalogue_of(GRAPH, OWN).search("user")

    assert [resource.name for resource, _ in found] == ["Own API", "Graph API"]


def test_an_exact_value_is_not_crowded_out() -> None:
    """However many own scopes hold the word, the scope that is exactly that value is among the answers."""
    crowd = resource_of("Own", *(scope_of("Own", f"a.user.read.{number}") for number in range(300)), own=True)

    found = values(catalogue_of(crowd, GRAPH).search("user.read", limit=100))

    assert len(found) == 100
    assert found[-1] == "User.Read"


@given(st.text(max_size=20), st.integers(1, 4))
def test_a_search_never_offers_more_than_asked_nor_what_is_disabled(text: str, limit: int) -> None:
    """Whatever is typed, at most `limit` scopes come back, each once and each enabled."""
    found = values(catalogue_of(GRAPH, OWN).search(text, limit))

    assert len(found) == len(set(found)) <= limit
    assert "User.Old" not in found


def test_a_disabled_scope_is_still_known() -> None:
    """A scope that was disabled after it was asked for can be looked up, so that somebody can be told."""
    catalogue = catalogue_of(GRAPH)
    old = GRAPH.scopes[3]

    assert catalogue.find(old.key) == old
    assert catalogue.find("no:thing") is None


def test_before_the_first_reading_nothing_is_offered() -> None:
    """A catalogue that was never read is empty and says so."""
    catalogue = Catalogue(lambda: (GRAPH,), lambda: NOW)

    assert (catalogue.resources, catalogue.loaded_at, catalogue.search("user")) == ((), None, [])


@pytest.mark.parametrize("error", [EntraUnavailable("down", status=503), EntraRefused("no right", status=403)])
def test_the_last_good_copy_outlives_a_failure(error: Exception) -> None:
    """When Entra fails, what was read before stays, with the time at which it was read."""
    readings = iter([(GRAPH,)])
    moments = iter([NOW, NOW + timedelta(hours=1)])

    def read() -> tuple[Resource, ...]:
        for resources in readings:
            return resources
        raise error

    catalogue = Catalogue(read, lambda: next(moments))

    assert [catalogue.refresh(), catalogue.refresh()] == [True, False]
    assert (catalogue.resources, catalogue.loaded_at) == ((GRAPH,), NOW)


def test_readers_never_see_half_a_refresh() -> None:
    """While the catalogue is read again and again, every search sees one reading or the other."""
    readings = [(GRAPH,), (OWN,)]
    turn = iter(range(10_000))
    catalogue = Catalogue(lambda: readings[next(turn) % 2], lambda: NOW)
    catalogue.refresh()
    done = threading.Event()
    seen: set[tuple[str, ...]] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(tuple(values(catalogue.search("user.read"))))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(200):
        catalogue.refresh()
    done.set()
    reader.join()

    assert seen <= {("User.Read", "User.Read.All"), ("user.reader", "end.user.read")}


@pytest.mark.parametrize("text", ["", "a", "read", "mail read all", "user.read.77", "nothing like it"])
def test_ten_thousand_scopes_are_searched_within_a_keystroke(text: str) -> None:
    """A search among ten thousand scopes takes less than five milliseconds of this thread's time."""
    names = [f"User.Read.{number}" for number in range(1000)]
    resources = [
        resource_of(
            f"R{at}", *(scope_of(f"R{at}", name, title="Read all mail of a user") for name in names), own=at < 2
        )
        for at in range(10)
    ]
    catalogue = catalogue_of(*resources)

    # The best of several tries: what others do on this machine is not the search's fault.
    best = min(_seconds_for(catalogue, text) for _ in range(25))

    assert best < 0.005


def _seconds_for(catalogue: Catalogue, text: str) -> float:
    began = time.thread_time()
    catalogue.search(text)
    return time.thread_time() - began
