"""What is asked of Graph for an application, word for word, and what each answer amounts to."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.errors import EntraMissing, EntraRefused, EntraUnavailable
from bot.graph.applications import Applications, UniqueNameTaken, UniqueNameUnsupported
from bot.graph.client import GraphClient
from bot.model import ApplicationDraft, Scope
from tests.graph.hourglass import Hourglass
from tests.graph.tiny_graph import TinyGraph, Told, graph_error
from tests.sandbox.trouble import Fault

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
NO_SUCH_KEY = Told(
    status=400, body=graph_error("Request_BadRequest", "No password credential found with keyId 'key'.")
)
TAKEN = Told(
    status=400,
    body=graph_error(
        "Request_BadRequest",
        "Another object with the same value for property uniqueName already exists.",
        "ObjectConflict",
    ),
)
END = datetime(2026, 7, 1, 2, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def applications(client: GraphClient) -> Applications:
    """The applications of the small Graph."""
    return Applications(client)


def scope(resource: str, name: str) -> Scope:
    """A delegated scope."""
    return Scope(
        resource_app_id=resource, resource_name=resource, id=name, value=name, title=name, admin_consent=False
    )


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


def test_moments_are_read_to_any_number_of_digits(applications: Applications, tiny: TinyGraph) -> None:
    """Seven digits of a second, none, and no moment at all are read; all are aware and in UTC."""
    eternal = {
        **LISTED,
        "keyId": "old",
        "startDateTime": None,
        "endDateTime": None,
        "hint": None,
        "displayName": None,
    }
    tiny.tell(f"GET {ONE}", Told(status=200, body={**APPLICATION, "passwordCredentials": [LISTED, eternal]}))

    listed, old = applications.secrets("one")

    assert listed.starts_at == datetime(2026, 1, 1, 0, 0, 0, 123456, tzinfo=UTC)
    assert (listed.ends_at, listed.hint) == (datetime(2026, 7, 1, tzinfo=UTC), "abc")
    assert (old.display_name, old.hint, old.starts_at < listed.starts_at, old.ends_at > listed.ends_at) == (
        "",
        "",
        True,
        True,
    )


def test_secrets_of_a_missing_application_are_an_error(applications: Applications) -> None:
    """An application that is gone is not one without secrets."""
    with pytest.raises(EntraMissing):
        applications.secrets("one")


def test_a_secret_ends_when_it_was_told_to(applications: Applications, tiny: TinyGraph) -> None:
    """The end is sent in UTC to the second, the start is left to Entra's own clock."""
    tiny.tell(ADD, Told(status=200, body=MINTED))

    minted = applications.add_secret("one", display_name="first", ends_at=END)

    assert tiny.heard[-1].body == {
        "passwordCredential": {"displayName": "first", "endDateTime": "2026-07-01T00:30:00Z"}
    }
    assert (minted.text.reveal(), minted.credential.key_id) == ("abc8Q~secret-canary", "key")


@pytest.mark.parametrize(
    "answer",
    [
        Told(status=429, headers={"Retry-After": "2"}),
        Told(status=409, body=graph_error("Directory_ConcurrencyViolation", "Please wait briefly and retry.")),
        Told(status=404, body=graph_error("Request_ResourceNotFound")),
        Told(status=401, body=graph_error("InvalidAuthenticationToken")),
    ],
)
def test_a_mint_that_was_turned_away_is_repeated(applications: Applications, tiny: TinyGraph, answer: Told) -> None:
    """Throttled, concurrent, not yet replicated, stale token: nothing was minted, so it is tried again."""
    tiny.tell(ADD, answer, Told(status=200, body=MINTED))

    assert applications.add_secret("one", display_name="first", ends_at=END).credential.hint == "abc"
    assert tiny.graph_calls() == [ADD, ADD]


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 503}, {"status": 504}, {"reset": True}, {"status": 200}]
)
def test_a_mint_that_may_have_happened_is_not_repeated(
    applications: Applications, tiny: TinyGraph, fault: dict[str, int]
) -> None:
    """However the answer was lost, a second secret is not minted, and the effect is called unclear."""
    tiny.tell(ADD, Told(status=200, body=MINTED))
    tiny.trouble.add(Fault(match=ADD, when="after", **fault))  # type: ignore[arg-type]  # Each case names one field.

    with pytest.raises(EntraUnavailable) as caught:
        applications.add_secret("one", display_name="first", ends_at=END)

    assert (tiny.graph_calls(), caught.value.effect) == ([ADD], "unclear")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "CredentialInvalidLifetimeAsPerAppPolicy"),
        (400, "CredentialTypeNotAllowedAsPerAppPolicy"),
        (400, "TooManyAppPasswords"),
        (403, "Directory_ResourceSizeExceeded"),
    ],
)
def test_a_mint_against_policy_is_refused_at_once(
    applications: Applications, tiny: TinyGraph, status: int, code: str
) -> None:
    """What the tenant's policy or Entra's limits forbid is not tried again."""
    tiny.tell(ADD, Told(status=status, body=graph_error(code, "As per assigned policy.")))

    with pytest.raises(EntraRefused) as caught:
        applications.add_secret("one", display_name="first", ends_at=END)

    assert (caught.value.code, tiny.graph_calls()) == (code, [ADD])


def test_a_mint_for_a_missing_application_is_refused_in_the_end(
    applications: Applications, hourglass: Hourglass
) -> None:
    """A 404 is believed after some seconds."""
    with pytest.raises(EntraMissing):
        applications.add_secret("one", display_name="first", ends_at=END)

    assert 10.0 <= sum(hourglass.sleeps) < 30.0


def test_a_secret_shows_itself_nowhere(
    applications: Applications, tiny: TinyGraph, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the value that carries it nor any log line of any library holds the text of a secret."""
    caplog.set_level("DEBUG")
    tiny.tell(ADD, Told(status=200, body=MINTED))

    minted = applications.add_secret("one", display_name="first", ends_at=END)

    said = f"{minted!r} {minted!s} " + "".join(f"{line.getMessage()} {vars(line)}" for line in caplog.records)
    assert len(caplog.records) > 1
    assert "canary" not in said


def test_a_removed_secret_is_gone(applications: Applications, tiny: TinyGraph) -> None:
    """Removing says True when Entra removed it."""
    tiny.tell(REMOVE, Told(status=204))

    assert applications.remove_secret("one", "key") is True
    assert tiny.heard[-1].body == {"keyId": "key"}


def test_a_secret_that_was_gone_is_no_error(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """A key that Entra neither knows nor lists is gone, and nobody waits."""
    tiny.tell(REMOVE, NO_SUCH_KEY)
    tiny.tell(f"GET {ONE}", Told(status=200, body=APPLICATION))

    assert applications.remove_secret("one", "key") is False
    assert hourglass.sleeps == []


def test_a_young_secret_is_removed_in_the_end(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """A key that is listed is asked for again when removePassword does not know it yet."""
    tiny.tell(REMOVE, NO_SUCH_KEY, NO_SUCH_KEY, Told(status=204))
    tiny.tell(f"GET {ONE}", Told(status=200, body={**APPLICATION, "passwordCredentials": [LISTED]}))

    assert applications.remove_secret("one", "key") is True
    assert len(hourglass.sleeps) == 1


def test_a_list_that_lags_does_not_hold_a_removed_secret(
    applications: Applications, tiny: TinyGraph, hourglass: Hourglass
) -> None:
    """A key that stays listed while removePassword denies it is believed gone after some seconds."""
    tiny.tell(REMOVE, Told(status=500), NO_SUCH_KEY)
    tiny.tell(f"GET {ONE}", Told(status=200, body={**APPLICATION, "passwordCredentials": [LISTED]}))

    assert applications.remove_secret("one", "key") is False
    assert sum(hourglass.sleeps) < 40.0


def test_removing_from_a_missing_application_is_an_error(applications: Applications) -> None:
    """The application being gone is told apart from the secret being gone."""
    with pytest.raises(EntraMissing):
        applications.remove_secret("one", "key")


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
def test_a_service_principal_that_exists_is_read(
    applications: Applications, tiny: TinyGraph, lost: list[Told]
) -> None:
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
    """Delete, then purge; lost answers are repeated, and a second 404 means done."""
    tiny.tell(f"DELETE {ONE}", Told(status=500), Told(status=404))
    tiny.tell("DELETE /v1.0/directory/deletedItems/one", Told(status=404), Told(status=204))

    applications.delete_permanently("one")

    assert tiny.graph_calls() == [f"DELETE {ONE}"] * 2 + ["DELETE /v1.0/directory/deletedItems/one"] * 2
    assert len(hourglass.sleeps) == 2


def test_what_is_gone_already_is_deleted(applications: Applications) -> None:
    """Deleting what was deleted and purged is no error."""
    applications.delete_permanently("one")


def test_a_deletion_that_is_refused_is_told(applications: Applications, tiny: TinyGraph) -> None:
    """An application of somebody else's stays, and the refusal is raised before anything is purged."""
    tiny.tell(f"DELETE {ONE}", Told(status=403, body=graph_error("Authorization_RequestDenied")))

    with pytest.raises(EntraRefused):
        applications.delete_permanently("one")

    assert tiny.graph_calls() == [f"DELETE {ONE}"]


def test_writes_to_one_application_take_turns(applications: Applications, tiny: TinyGraph) -> None:
    """While one secret is being minted, the next for the same application waits; another application does not."""
    tiny.tell(ADD, Told(status=200, body=MINTED))
    tiny.tell("POST /v1.0/applications/two/addPassword", Told(status=200, body={**MINTED, "keyId": "other"}))
    inside, release, order = threading.Event(), threading.Event(), []

    def hold() -> None:
        inside.set()
        assert release.wait(10)

    tiny.trouble.add(Fault(match=ADD, act=hold))

    def mint(object_id: str, name: str) -> None:
        applications.add_secret(object_id, display_name="first", ends_at=END)
        order.append(name)

    first = threading.Thread(target=mint, args=("one", "first"))
    second = threading.Thread(target=mint, args=("one", "second"))
    first.start()
    assert inside.wait(10)
    second.start()
    mint("two", "other")
    heard_meanwhile = tiny.graph_calls().count(ADD)
    release.set()
    first.join()
    second.join()

    assert heard_meanwhile == 0
    assert order == ["other", "first", "second"]
