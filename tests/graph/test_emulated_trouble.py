"""The local Entra misbehaves as it is told to: lag counted in calls, and faults of the wire."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.sandbox.entra import Entra, faults
from tests.sandbox.entra.probe import Probe, StandingClock
from tests.sandbox.trouble import Fault


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(StandingClock()) as entra, Probe(entra) as probe:
        yield probe


def test_a_fault_after_the_call_leaves_its_effect(probe: Probe) -> None:
    """A connection that breaks after addPassword leaves a secret that nobody saw."""
    object_id = probe.create()["id"]
    probe.entra.trouble.add(faults.reset_after(faults.ADD_PASSWORD))

    with pytest.raises(requests.ConnectionError):
        probe.add_password(object_id)

    assert len(probe.entra.secrets(object_id)) == 1


@pytest.mark.parametrize(
    ("fault", "status", "made"),
    [
        (faults.throttled(7, faults.CREATE_APPLICATION), 429, 0),
        (faults.unavailable(faults.CREATE_APPLICATION), 503, 0),
        (faults.failed_500(faults.CREATE_APPLICATION), 500, 0),
        (faults.concurrency(faults.CREATE_APPLICATION), 409, 0),
        (faults.applied_then_500(faults.CREATE_APPLICATION), 500, 1),
        (faults.gateway_timeout(faults.CREATE_APPLICATION), 504, 1),
        (faults.half_an_answer(faults.CREATE_APPLICATION), 200, 1),
        (faults.slow(faults.CREATE_APPLICATION, 0.0), 201, 1),
    ],
)
def test_faults_happen_once(probe: Probe, fault: Fault, status: int, made: int) -> None:
    """Each ready-made fault answers as it says, once, with or without effect."""
    probe.entra.trouble.add(fault)
    body = {"displayName": "Once"}

    first = probe.call("POST", "applications", body)

    assert (status, made) == (first.status_code, len(probe.entra.applications))
    assert probe.call("POST", "applications", body).status_code == 201


def test_throttling_says_when_to_come_back(probe: Probe) -> None:
    """A 429 carries Retry-After in seconds."""
    probe.entra.trouble.add(faults.throttled(7))

    answer = probe.call("GET", "applications")

    assert (answer.headers["Retry-After"], answer.json()["error"]["code"]) == ("7", "TooManyRequests")


def statuses(probe: Probe, times: int, method: str, path: str, body: object = None) -> list[int]:
    """What the same call answers, so many times."""
    return [probe.call(method, path, body).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("method", "path", "body", "good"),
    [
        ("GET", "applications/{id}", None, 200),
        ("GET", "applications(appId='{appId}')", None, 200),
        ("GET", "applications(uniqueName='req-1')", None, 200),
        ("GET", "applications/{id}/owners", None, 200),
        ("PATCH", "applications/{id}", {"notes": "n"}, 204),
        ("POST", "applications/{id}/addPassword", {}, 200),
    ],
)
def test_a_young_application_is_denied_as_often_as_told(
    probe: Probe, method: str, path: str, body: object, good: int
) -> None:
    """`lag` counts the calls that do not find a new application, whichever way they ask."""
    probe.entra.lag = 2
    made = probe.create(uniqueName="req-1")

    assert statuses(probe, 3, method, path.format_map(made), body) == [404, 404, good]


def test_a_young_application_is_not_listed_yet(probe: Probe) -> None:
    """A list leaves a new application out for as many readings."""
    probe.entra.lag = 1
    made = probe.create(tags=["mine"])
    path = "applications?$filter=tags/any(t:t eq 'mine')&$select=id"

    pages = [probe.call("GET", path).json()["value"] for _ in range(2)]

    assert pages == [[], [{"id": made["id"]}]]


def test_a_service_principal_made_too_early_is_denied_in_both_ways(probe: Probe) -> None:
    """While the application is young the refusal is now a 400 that says so, now a 403 that misleads."""
    probe.entra.lag = 2
    app_id = probe.create()["appId"]

    answers = [probe.call("POST", "servicePrincipals", {"appId": app_id}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 403, 201]
    assert answers[0].json()["error"]["details"][0]["code"] == "NoBackingApplicationObject"
    assert answers[1].json()["error"]["message"].startswith("When using this permission, the backing application")


def test_a_young_service_principal_exists_and_is_not_found(probe: Probe) -> None:
    """A second one is refused at once although the first cannot be read yet."""
    app_id = probe.create()["appId"]
    probe.entra.lag = 1
    probe.call("POST", "servicePrincipals", {"appId": app_id})

    again = probe.call("POST", "servicePrincipals", {"appId": app_id})

    assert again.status_code == 409
    assert statuses(probe, 2, "GET", f"servicePrincipals(appId='{app_id}')") == [404, 200]


def test_a_name_is_taken_before_it_is_found(probe: Probe) -> None:
    """A uniqueName is taken from the moment of the create, however young the application."""
    probe.entra.lag = 1
    probe.create(uniqueName="req-1")

    again = probe.call("POST", "applications", {"displayName": "Again", "uniqueName": "req-1"})

    assert again.status_code == 400
    assert statuses(probe, 2, "GET", "applications(uniqueName='req-1')") == [404, 200]


def test_a_deleted_application_is_young_again(probe: Probe) -> None:
    """What was just deleted cannot be purged at once."""
    made = probe.create()
    probe.entra.lag = 1
    probe.call("DELETE", f"applications/{made['id']}")

    assert statuses(probe, 3, "DELETE", f"directory/deletedItems/{made['id']}") == [404, 204, 404]


def test_lag_may_be_told_in_seconds() -> None:
    """`lag_seconds` denies a new application until the emulated clock has moved on."""
    clock = StandingClock()
    with Entra(clock) as entra, Probe(entra) as probe:
        entra.lag_seconds = 10
        path = f"applications/{probe.create()['id']}"

        before = statuses(probe, 2, "GET", path)
        clock.move(seconds=10)

        assert (before, statuses(probe, 1, "GET", path)) == ([404, 404], [200])


def test_reads_lag_behind_changes_of_secrets(probe: Probe) -> None:
    """`read_lag` counts the readings that still show the secrets as they were, after adding and after removing."""
    probe.entra.read_lag = 2
    made = probe.create()

    def shown() -> list[int]:
        path = f"applications/{made['id']}"
        return [len(probe.call("GET", path).json()["passwordCredentials"]) for _ in range(3)]

    added = probe.add_password(made["id"])
    after_adding = shown()
    probe.call("POST", f"applications/{made['id']}/removePassword", {"keyId": added["keyId"]})

    assert (after_adding, shown()) == ([0, 0, 1], [1, 1, 0])


def test_a_young_secret_is_not_removed_at_once(probe: Probe) -> None:
    """`removal_lag` counts the removals that are told that there is no such secret."""
    probe.entra.removal_lag = 1
    made = probe.create()
    body = {"keyId": probe.add_password(made["id"])["keyId"]}

    assert statuses(probe, 3, "POST", f"applications/{made['id']}/removePassword", body) == [400, 204, 400]


def test_one_of_eight_gets_the_name(probe: Probe) -> None:
    """Of simultaneous creates with one uniqueName exactly one succeeds."""
    probe.call("GET", "applications")
    body = {"displayName": "Race", "uniqueName": "req-1"}

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: probe.call("POST", "applications", body).status_code, range(8)))

    assert sorted(answers) == [201] + [400] * 7
