"""The local Entra answers as recorded traffic shows that Graph answers."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.sandbox.entra import Entra
from tests.sandbox.entra.probe import RECORDED, Probe, StandingClock, refusal

#: What the wire adds or compresses away.
_OF_THE_WIRE = {"content-length", "transfer-encoding", "vary"}


@pytest.fixture
def clock() -> StandingClock:
    """A clock that the test moves."""
    return StandingClock()


@pytest.fixture
def probe(clock: StandingClock) -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(clock) as entra, Probe(entra) as probe:
        yield probe


def test_a_created_application_has_the_recorded_fields(probe: Probe) -> None:
    """The 201 holds the fields of a real one, in the same order, at both depths."""
    made = probe.create()

    assert RECORDED["application_created"] == list(made)
    assert RECORDED["application_web"] == list(made["web"])
    assert RECORDED["application_info"] == list(made["info"])
    assert RECORDED["application_api"] == list(made["api"])


@pytest.mark.parametrize(
    ("kind", "path"),
    [("application_read", "applications/{id}"), ("application_read", "applications(appId='{appId}')")],
)
def test_a_read_application_has_the_recorded_fields(probe: Probe, kind: str, path: str) -> None:
    """An application by its object id or its client id is shown as a real one is."""
    made = probe.create()

    assert RECORDED[kind] == list(probe.call("GET", path.format_map(made)).json())


def test_a_listed_application_has_the_recorded_fields(probe: Probe) -> None:
    """A page has a context and a value, and each entry lacks the context that a single object has."""
    made = probe.create()

    page = probe.call("GET", f"applications?$filter=appId eq '{made['appId']}'").json()

    assert RECORDED["list"] == list(page)
    assert [RECORDED["application_listed"]] == [list(entry) for entry in page["value"]]


def test_a_service_principal_has_the_recorded_fields(probe: Probe) -> None:
    """Made or read, a service principal has the fields of a real one, and an id of its own."""
    made = probe.create()

    created = probe.call("POST", "servicePrincipals", {"appId": made["appId"]})
    read = probe.call("GET", f"servicePrincipals/{created.json()['id']}")

    assert (201, RECORDED["service_principal_created"]) == (created.status_code, list(created.json()))
    assert RECORDED["service_principal_read"] == list(read.json())
    assert made["id"] != created.json()["id"]


def test_a_password_has_the_recorded_fields_and_today_s_form(probe: Probe) -> None:
    """A call of addPassword answers 200 with a text of about forty characters, of which the hint is the first three."""
    made = probe.create()

    answer = probe.call("POST", f"applications/{made['id']}/addPassword", {})

    added = answer.json()
    assert (200, RECORDED["password_added"]) == (answer.status_code, list(added))
    assert re.fullmatch(r"[a-zA-Z0-9_~.]{3}\dQ~[a-zA-Z0-9_~.-]{34}", added["secretText"])
    assert added["hint"] == added["secretText"][:3]


def test_a_password_is_never_shown_again(probe: Probe) -> None:
    """Reads show a secret with its hint and without its text, the newest first."""
    made = probe.create()
    added = [probe.add_password(made["id"], displayName=name) for name in ("first", "second")]

    shown = probe.call("GET", f"applications/{made['id']}").json()["passwordCredentials"]

    assert RECORDED["password_read"] == list(shown[0])
    assert [password["displayName"] for password in shown] == ["second", "first"]
    assert [password["secretText"] for password in shown] == [None, None]
    assert added[1]["hint"] == shown[0]["hint"]


@pytest.mark.parametrize(
    ("kind", "method", "path", "body"),
    [
        ("headers_of_created", "POST", "applications", {"displayName": "Another"}),
        ("headers_of_password_added", "POST", "applications/{id}/addPassword", {}),
        ("headers_of_no_content", "DELETE", "applications/{id}", None),
        ("headers_of_error", "GET", "applications/{appId}", None),
    ],
)
def test_answers_have_the_recorded_headers(probe: Probe, kind: str, method: str, path: str, body: object) -> None:
    """Each kind of answer has the headers of a real one, request-id and what it cost among them."""
    made = probe.create()

    answer = probe.call(method, path.format_map(made), body)

    assert set(RECORDED[kind]) - _OF_THE_WIRE <= {name.lower() for name in answer.headers}


def test_an_error_has_the_recorded_envelope(probe: Probe) -> None:
    """An error names itself, the object and the request; a client id where an object id belongs finds nothing."""
    app_id = probe.create()["appId"]

    answer = probe.call("GET", f"applications/{app_id}", client_request_id="from-the-test")

    error = answer.json()["error"]
    message = f"Resource '{app_id}' does not exist or one of its queried reference-property objects are not present."
    assert (RECORDED["error"], RECORDED["error_inner"]) == (list(error), list(error["innerError"]))
    assert (404, "Request_ResourceNotFound", message) == refusal(answer)
    assert answer.headers["request-id"] == error["innerError"]["request-id"]
    assert error["innerError"]["client-request-id"] == "from-the-test"


def test_moments_lose_their_digits(probe: Probe) -> None:
    """The answer to a create has seven digits of a second, a read has none."""
    made = probe.create()

    read = probe.call("GET", f"applications/{made['id']}").json()

    assert (
        made["createdDateTime"],
        read["createdDateTime"],
    ) == ("2026-10-05T08:30:15.1234561Z", "2026-10-05T08:30:15Z")


def test_a_password_lives_two_years_unless_told_otherwise(probe: Probe) -> None:
    """Without an end a secret ends 730 days after its start."""
    added = probe.add_password(probe.create()["id"])

    assert (added["startDateTime"], added["endDateTime"]) == ("2026-10-05T08:30:15Z", "2028-10-04T08:30:15Z")


def test_what_was_asked_for_is_kept(probe: Probe) -> None:
    """Reply URLs and scopes come back turned round on reads, as recorded; the rest as it was sent."""
    scopes = [
        {"resourceAppId": probe.entra.api(api).app_id, "resourceAccess": [{"id": scope, "type": "Scope"}]}
        for api, scope in (
            ("FHIR Service", probe.entra.scope_id("FHIR Service", "patient.read")),
            ("Microsoft Graph", "e1fe6dd8-ba31-4d61-89e7-88639da4683d"),
        )
    ]
    urls = ["https://a.example/cb", "https://b.example/cb"]

    made = probe.create(web={"redirectUris": urls}, requiredResourceAccess=scopes, tags=["by-bot"], notes="why")
    read = probe.call("GET", f"applications/{made['id']}").json()

    assert (urls, scopes) == (made["web"]["redirectUris"], made["requiredResourceAccess"])
    assert (urls[::-1], scopes[::-1]) == (read["web"]["redirectUris"], read["requiredResourceAccess"])
    assert [{"uri": url, "index": None} for url in urls[::-1]] == read["web"]["redirectUriSettings"]
    assert (read["tags"], read["notes"]) == (["by-bot"], "why")


def test_a_change_shows(probe: Probe) -> None:
    """PATCH answers 204, replaces lists whole and leaves the rest of an object alone."""
    made = probe.create(web={"redirectUris": ["https://a.example/cb"], "homePageUrl": "https://a.example/"})

    answer = probe.call("PATCH", f"applications/{made['id']}", {"web": {"redirectUris": ["https://b.example/"]}})

    assert (answer.status_code, answer.content) == (204, b"")
    web = probe.call("GET", f"applications/{made['id']}?$select=web").json()["web"]
    assert (web["redirectUris"], web["homePageUrl"]) == (["https://b.example/"], "https://a.example/")


def test_a_deleted_application_takes_its_service_principal_along(probe: Probe) -> None:
    """After a delete neither is found; after a restore both are; after a purge neither ever again."""
    made = probe.create()
    probe.call("POST", "servicePrincipals", {"appId": made["appId"]})
    ways = [f"applications/{made['id']}", f"servicePrincipals(appId='{made['appId']}')"]
    bin_ = f"directory/deletedItems/{made['id']}"
    steps = [("DELETE", ways[0]), ("POST", f"{bin_}/restore"), ("DELETE", ways[0]), ("DELETE", bin_), ("GET", bin_)]

    statuses = [
        (probe.call(method, path).status_code, [probe.call("GET", way).status_code for way in ways])
        for method, path in steps
    ]

    gone, there = [404, 404], [200, 200]
    assert [(204, gone), (200, there), (204, gone), (204, gone), (404, gone)] == statuses
    assert (probe.entra.applications, probe.entra.deleted, probe.entra.service_principals) == ((), (), ())


def test_the_deleted_are_listed(probe: Probe) -> None:
    """A deleted application is listed among the deleted items with its moment."""
    made = probe.create()
    probe.call("DELETE", f"applications/{made['id']}")

    page = probe.call("GET", "directory/deletedItems/microsoft.graph.application?$select=id,deletedDateTime").json()

    assert [{"id": made["id"], "deletedDateTime": "2026-10-05T08:30:15Z"}] == page["value"]


def test_a_name_is_kept_for_thirty_days(probe: Probe, clock: StandingClock) -> None:
    """The uniqueName of a deleted application is taken until it can no longer be restored."""
    made = probe.create(uniqueName="req-1")
    probe.call("DELETE", f"applications/{made['id']}")
    again = {"displayName": "Again", "uniqueName": "req-1"}

    refused = probe.call("POST", "applications", again)
    clock.move(days=30)

    message = "Another object with the same value for property uniqueName already exists."
    assert (400, "Request_BadRequest", message) == refusal(refused)
    assert probe.with_roles("Application.ReadWrite.OwnedBy").call("POST", "applications", again).status_code == 201


def test_upsert_creates_once_and_then_changes(probe: Probe) -> None:
    """PATCH by uniqueName with `create-if-missing` answers 201 with a body, then 204 without."""
    path = "applications(uniqueName='req-1')"
    answers = [
        probe.call("PATCH", path, {"displayName": "Upserted"}, Prefer=prefer)
        for prefer in ("return=minimal", "create-if-missing")
    ]
    root = f"{probe.entra.url}/v1.0/directoryObjects/{probe.entra.bot_service_principal_id}"
    probe.with_roles("Application.ReadWrite.All", "Directory.Read.All")
    probe.call("POST", f"{path}/owners/$ref", {"@odata.id": root})
    answers.append(probe.call("PATCH", path, {"displayName": "Changed"}, Prefer="create-if-missing"))

    assert [answer.status_code for answer in answers] == [404, 201, 204]
    assert probe.entra.application("req-1").display_name == "Changed"


def test_the_picture_holds_no_secret(probe: Probe) -> None:
    """What a page may show names owners, scopes and secrets' dates; the text is nowhere in the tenant's memory."""
    probe.entra.read_lag = 1
    text = probe.add_password(probe.create()["id"], displayName="prod")["secretText"]

    shown = json.dumps(probe.entra.snapshot())

    assert '"displayName": "prod"' in shown
    assert "secretText" not in shown
    assert text not in shown + repr(probe.entra.applications) + repr(vars(probe.entra.applications[0]))


def test_eight_writers_make_eight_secrets(probe: Probe) -> None:
    """Simultaneous calls do not lose each other's secrets."""
    object_id = probe.create()["id"]
    workers = [threading.Thread(target=probe.add_password, args=(object_id,)) for _ in range(8)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len({password.key_id for password in probe.entra.secrets(object_id)}) == 8


def test_secrets_are_read_as_they_truly_are(probe: Probe) -> None:
    """A test sees key ids and ends however far the reads lag behind."""
    made = probe.create()
    added = probe.add_password(made["id"], endDateTime="2026-10-15T00:00:00Z")

    (secret,) = probe.entra.secrets(made["id"])

    assert added["keyId"] == secret.key_id
    assert timedelta(days=9) < secret.ends_at - probe.entra.clock() < timedelta(days=10)
