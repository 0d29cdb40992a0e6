"""The local Entra's token endpoint, asked by hand, and what its tokens are good for."""

from collections.abc import Iterator
from typing import Any

import jwt
import pytest

from tests.sandbox.entra import Entra
from tests.sandbox.entra.probe import Probe, StandingClock, refusal


@pytest.fixture
def clock() -> StandingClock:
    """A clock that the test moves."""
    return StandingClock()


@pytest.fixture
def probe(clock: StandingClock) -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(clock) as entra, Probe(entra) as probe:
        yield probe


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def test_a_host_without_the_header_gets_nothing(probe: Probe) -> None:
    """The identity endpoint answers only who knows the header."""
    answer = probe.session.get(
        probe.entra.identity_endpoint,
        params={"resource": "https://graph.microsoft.com"},
        headers={"X-IDENTITY-HEADER": "guessed"},
        timeout=10,
    )

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "number"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_secret": ""}, 401, 7000216),
        ({"client_id": "11111111-2222-3333-4444-555555555555"}, 400, 700016),
        ({"client_id": ""}, 400, 900144),
        ({"scope": ""}, 400, 900144),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, 1002012),
        ({"scope": "api://nobody/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
    ],
)
def test_sign_ins_are_refused_by_number(probe: Probe, form: dict[str, str], status: int, number: int) -> None:
    """Every refusal says AADSTS with its number in the text, and the number beside it."""
    answer = probe.sign_in(**form)

    body = answer.json()
    assert (status, [number]) == (answer.status_code, body["error_codes"])
    assert body["error_description"].startswith(f"AADSTS{number}: ")


def test_another_tenant_is_not_known(probe: Probe) -> None:
    """The endpoint of a tenant that is not there gives no token."""
    url = f"{probe.entra.url}/99999999-2222-3333-4444-555555555555/oauth2/v2.0/token"

    answer = probe.session.post(url, data={"grant_type": "client_credentials"}, timeout=10)

    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def made_with_secret(probe: Probe, **wanted: str) -> tuple[str, dict[str, str]]:
    """An application with its service principal and one secret: its object id, and what it signs in with."""
    made = probe.create()
    probe.call("POST", "servicePrincipals", {"appId": made["appId"]}).raise_for_status()
    text = probe.add_password(made["id"], **wanted)["secretText"]
    return made["id"], {"client_id": made["appId"], "client_secret": text}


def test_a_made_application_signs_in(probe: Probe) -> None:
    """A minted secret is good for a token of its own application, which carries no roles."""
    _, form = made_with_secret(probe)

    claims = claims_of(probe.sign_in(**form).json()["access_token"])

    assert form["client_id"] == claims["appid"]
    assert "roles" not in claims


def test_a_young_secret_is_refused_as_often_as_told(probe: Probe) -> None:
    """`secret_lag` counts the sign-ins that a new secret still fails, in the words for a wrong one."""
    probe.entra.secret_lag = 2
    _, form = made_with_secret(probe)

    answers = [probe.sign_in(**form) for _ in range(3)]

    assert [answer.json().get("error_codes") for answer in answers] == [[7000215], [7000215], None]


def test_an_expired_secret_is_refused(probe: Probe, clock: StandingClock) -> None:
    """From its end on a secret is expired, which is another number than wrong."""
    _, form = made_with_secret(probe, endDateTime="2026-10-06T08:30:15Z")

    before = probe.sign_in(**form)
    clock.move(days=1)

    assert before.status_code == 200
    assert ((after := probe.sign_in(**form)).status_code, after.json()["error_codes"]) == (401, [7000222])


def test_a_removed_secret_is_refused(probe: Probe) -> None:
    """After removePassword the secret is as wrong as any other text."""
    object_id, form = made_with_secret(probe)
    (secret,) = probe.entra.secrets(object_id)

    probe.call("POST", f"applications/{object_id}/removePassword", {"keyId": secret.key_id})

    assert probe.sign_in(**form).json()["error_codes"] == [7000215]


def test_a_deleted_application_signs_in_no_more(probe: Probe) -> None:
    """A deleted application is not found at the token endpoint either."""
    object_id, form = made_with_secret(probe)

    probe.call("DELETE", f"applications/{object_id}")

    assert probe.sign_in(**form).json()["error_codes"] == [700016]


def test_an_application_without_a_service_principal_cannot_sign_in(probe: Probe) -> None:
    """Without its service principal an application is nobody in the tenant."""
    made = probe.create()
    text = probe.add_password(made["id"])["secretText"]

    answer = probe.sign_in(client_id=made["appId"], client_secret=text)

    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000229])


def test_roles_are_those_at_the_time_of_the_token(probe: Probe) -> None:
    """A role that is granted later shows only in the next token, as with Entra."""
    probe.call("GET", "applications")
    probe.entra.grant_roles = {"Policy.Read.All"}

    with_the_old = probe.call("GET", "policies/defaultAppManagementPolicy").status_code
    with_a_new = probe.with_roles("Policy.Read.All").call("GET", "policies/defaultAppManagementPolicy").status_code

    assert (with_the_old, with_a_new) == (403, 200)


def test_a_token_for_another_api_is_not_for_graph(probe: Probe) -> None:
    """A token is good only at the API that it was asked for."""
    token = probe.sign_in(scope="api://fhir/.default").json()["access_token"]

    answer = probe.call("GET", "applications", Authorization=f"Bearer {token}")

    message = "Access token validation failure. Invalid audience."
    assert (401, "InvalidAuthenticationToken", message) == refusal(answer)


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "Access token is empty."),
        ("Basic eA==", "Access token is empty."),
        ("Bearer opaque", "IDX14100: JWT is not well formed, there are no dots (.)."),
        ("Bearer a.b.c", "Invalid JWT access token."),
    ],
)
def test_what_is_no_token_is_refused(probe: Probe, header: str, message: str) -> None:
    """No bearer, and one that Entra never signed, are 401 with a challenge."""
    answer = probe.call("GET", "applications", Authorization=header)

    assert (401, "InvalidAuthenticationToken", message) == refusal(answer)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_expires(probe: Probe, clock: StandingClock) -> None:
    """After its lifetime a token is refused, by the emulated clock."""
    probe.call("GET", "applications").raise_for_status()

    clock.move(hours=1)

    message = "Lifetime validation failed, the token is expired."
    assert (401, "InvalidAuthenticationToken", message) == refusal(probe.call("GET", "applications"))
