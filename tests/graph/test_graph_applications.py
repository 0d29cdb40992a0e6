"""What is asked of Graph for an application, word for word, and what each answer amounts to."""

import pytest

from bot.errors import EntraRefused, EntraUnavailable
from bot.graph.applications import Applications, UniqueNameTaken, UniqueNameUnsupported
from bot.model import ApplicationDraft
from tests.graph.hourglass import Hourglass
from tests.graph.shapes import APPLICATION, CREATE, MAKE_PRINCIPAL, ONE, TAKEN, draft
from tests.graph.tiny_graph import TinyGraph, Told, graph_error


def test_a_draft_is_sent_word_for_word(applications: Applications, tiny: TinyGraph) -> None:
    """One POST carries name, audience, reply URLs, scopes by resource, owners, tags, notes and references."""
    tiny.tell(CREATE, Told(status=201, body=APPLICATION))

    made = applications.create(draft())

    assert (made.object_id, made.app_id, made.tags) == ("one", "app-one", ("a",))
    assert tiny.heard[-1].body == {
        "displayName": "Grace's app",
        "signInAudience": "AzureADMyOrg",
        "web": {"redirectUris": ["https://app.contoso.example/callback"]},
        "requiredResourceAccess": [
            {
                "resourceAppId": "graph",
                "resourceAccess": [{"id": "a", "type": "Scope"}, {"id": "c", "type": "Scope"}],
            },
            {"resourceAppId": "fhir", "resourceAccess": [{"id": "b", "type": "Scope"}]},
        ],
        "tags": ["register-app"],
        "notes": "For the ledger.",
        "serviceManagementReference": "SM-1",
        "uniqueName": "register-app-req",
        "owners@odata.bind": [f"{tiny.url}/v1.0/directoryObjects/{owner}" for owner in ("bot-sp", "ada")],
    }


def test_what_a_draft_leaves_open_is_not_sent(applications: Applications, tiny: TinyGraph) -> None:
    """Without unique name, reference, notes, tags or owners those properties are absent, not null."""
    tiny.tell(CREATE, Told(status=201, body=APPLICATION))
    bare = ApplicationDraft(
        display_name="Bare",
        audience="AzureADMyOrg",
        reply_urls=(),
        scopes=(),
        owner_ids=(),
        tags=(),
        notes="",
        unique_name=None,
    )

    applications.create(bare)

    assert set(tiny.heard[-1].body) == {"displayName", "signInAudience", "web", "requiredResourceAccess"}


def test_a_create_by_unique_name_is_repeated(applications: Applications, tiny: TinyGraph) -> None:
    """A create whose answer was lost is repeated when its unique name keeps it from making two."""
    tiny.tell(CREATE, Told(status=500), TAKEN)

    with pytest.raises(UniqueNameTaken) as caught:
        applications.create(draft())

    assert (tiny.graph_calls(), caught.value.code) == ([CREATE, CREATE], "Request_BadRequest")


def test_a_create_without_unique_name_is_never_repeated(applications: Applications, tiny: TinyGraph) -> None:
    """Without a unique name a lost answer leaves it open whether an application exists."""
    tiny.tell(CREATE, Told(status=504))

    with pytest.raises(EntraUnavailable) as caught:
        applications.create(draft(None))

    assert (tiny.graph_calls(), caught.value.effect) == ([CREATE], "unclear")


def test_a_graph_without_unique_names_says_so(applications: Applications, tiny: TinyGraph) -> None:
    """Any other complaint about the property means that it may not be sent."""
    message = "Property 'uniqueName' is read-only and cannot be set."
    tiny.tell(CREATE, Told(status=400, body=graph_error("Request_BadRequest", message)))

    with pytest.raises(UniqueNameUnsupported):
        applications.create(draft())


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "Request_BadRequest"), (403, "Authorization_RequestDenied"), (403, "Directory_QuotaExceeded")],
)
def test_other_refusals_of_a_create_are_plain(
    applications: Applications, tiny: TinyGraph, status: int, code: str
) -> None:
    """A refusal that is not about the unique name is raised as it is."""
    tiny.tell(CREATE, Told(status=status, body=graph_error(code, "Because.")))

    with pytest.raises(EntraRefused) as caught:
        applications.create(draft())

    assert (type(caught.value), caught.value.code) == (EntraRefused, code)


def test_a_conflict_without_unique_name_is_plain(applications: Applications, tiny: TinyGraph) -> None:
    """Who sent no unique name is not told that one was taken."""
    tiny.tell(CREATE, TAKEN)

    with pytest.raises(EntraRefused) as caught:
        applications.create(draft(None))

    assert type(caught.value) is EntraRefused


@pytest.mark.parametrize(
    "young",
    [
        graph_error("Request_BadRequest", "The appId does not reference it.", "NoBackingApplicationObject"),
        graph_error("Request_BadRequest", "The appId 'x' … does not reference a valid application object."),
    ],
)
def test_a_service_principal_waits_for_its_application(
    applications: Applications, tiny: TinyGraph, young: dict[str, object]
) -> None:
    """The 400 and the misleading 403 of a service principal made too early are waited out."""
    message = "When using this permission, the backing application of the service principal being created must in…"
    denied = graph_error("Authorization_RequestDenied", message)
    tiny.tell(
        MAKE_PRINCIPAL,
        Told(status=400, body=young),
        Told(status=403, body=denied),
        Told(status=201, body={"id": "sp-one"}),
    )

    assert applications.create_service_principal("app-one") == "sp-one"
    assert tiny.graph_calls() == [MAKE_PRINCIPAL] * 3


def test_an_application_that_never_arrives_is_no_final_refusal(applications: Applications, tiny: TinyGraph) -> None:
    """When replication takes longer than our patience, the error says to come back later."""
    body = graph_error("Request_BadRequest", "It does not reference it.", "NoBackingApplicationObject")
    tiny.tell(MAKE_PRINCIPAL, Told(status=400, body=body))

    with pytest.raises(EntraUnavailable) as caught:
        applications.create_service_principal("app-one")

    assert caught.value.effect == "none"


def test_a_missing_right_is_not_taken_for_replication(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """A 403 that is meant is raised at once."""
    denied = graph_error("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    tiny.tell(MAKE_PRINCIPAL, Told(status=403, body=denied))

    with pytest.raises(EntraRefused):
        applications.create_service_principal("app-one")

    assert hourglass.sleeps == []


@pytest.mark.parametrize("lost", [[], [Told(status=500)]])
def test_a_service_principal_that_exists_is_read(applications: Applications, tiny: TinyGraph, lost: list[Told]) -> None:
    """Already there, be it by a call whose answer was lost: it is read, and a read that lags is repeated."""
    exists = graph_error("Request_MultipleObjectsWithSameKeyValue", "The name is already in use.")
    tiny.tell(MAKE_PRINCIPAL, *lost, Told(status=409, body=exists))
    tiny.tell(
        "GET /v1.0/servicePrincipals(appId='app-one')",
        Told(status=404, body=graph_error("Request_ResourceNotFound")),
        Told(status=200, body={"id": "sp-one"}),
    )

    assert applications.create_service_principal("app-one") == "sp-one"


def test_an_apostrophe_does_not_end_a_name(applications: Applications, tiny: TinyGraph) -> None:
    """A display name with an apostrophe is asked for as it is written."""
    tiny.tell("GET /v1.0/applications", Told(status=200, body={"value": [{"id": "one"}]}))

    assert applications.display_name_taken("Grace's app") is True
    assert tiny.heard[-1].query.startswith("$filter=displayName eq 'Grace''s app'&")


def test_a_free_name_is_free(applications: Applications, tiny: TinyGraph) -> None:
    """No application of that name means that it is free."""
    tiny.tell("GET /v1.0/applications", Told(status=200, body={"value": []}))

    assert applications.display_name_taken("New app") is False


def test_what_is_not_there_is_none(applications: Applications) -> None:
    """An application that cannot be found, by unique name or by id, is None."""
    assert applications.find("register-app-req") is None
    assert applications.read("one") is None


def test_what_may_not_be_read_is_not_none(applications: Applications, tiny: TinyGraph) -> None:
    """Not being allowed to look is never taken for "not there"."""
    tiny.tell("GET /v1.0/applications(uniqueName='x')", Told(status=403, body=graph_error("Denied")))

    with pytest.raises(EntraRefused):
        applications.find("x")


def test_a_young_application_is_read_with_patience(applications: Applications, tiny: TinyGraph) -> None:
    """A caller who knows that an application exists can have its 404 waited out."""
    tiny.tell(f"GET {ONE}", Told(status=404), Told(status=200, body=APPLICATION))

    found = applications.read("one", settling_seconds=10.0)

    assert found is not None
    assert found.app_id == "app-one"


def test_a_deletion_is_for_good_and_repeatable(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """Delete, then purge; lost answers are repeated, and the 404s of a young application waited out."""
    tiny.tell(f"DELETE {ONE}", Told(status=500), Told(status=404), Told(status=204))
    tiny.tell("DELETE /v1.0/directory/deletedItems/one", Told(status=404), Told(status=204))

    applications.delete_permanently("one")

    assert tiny.graph_calls() == [f"DELETE {ONE}"] * 3 + ["DELETE /v1.0/directory/deletedItems/one"] * 2
    assert len(hourglass.sleeps) == 3


def test_what_is_gone_already_is_deleted(applications: Applications) -> None:
    """Deleting what was deleted and purged is no error."""
    applications.delete_permanently("one")


def test_a_deletion_that_is_refused_is_told(applications: Applications, tiny: TinyGraph) -> None:
    """An application of somebody else's stays, and the refusal is raised before anything is purged."""
    tiny.tell(f"DELETE {ONE}", Told(status=403, body=graph_error("Authorization_RequestDenied")))

    with pytest.raises(EntraRefused):
        applications.delete_permanently("one")

    assert tiny.graph_calls() == [f"DELETE {ONE}"]
