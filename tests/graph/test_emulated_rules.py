"""What may stand in an application and in a client secret: the local Entra holds to Graph's rules."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.entra import Entra
from tests.sandbox.entra.application_rules import check, limits_of
from tests.sandbox.entra.probe import Probe, StandingClock, refusal
from tests.sandbox.entra.records import blank
from tests.sandbox.entra.replies import GraphRefusal
from tests.sandbox.entra.reply_url_rules import holds

_GUID = "11111111-2222-3333-4444-555555555555"
_PERSONAL = {"signInAudience": "AzureADandPersonalMicrosoftAccount"}


@pytest.fixture
def probe() -> Iterator[Probe]:
    """A caller of a fresh tenant."""
    with Entra(StandingClock()) as entra, Probe(entra) as probe:
        yield probe


def access(*ids: str, app_id: str = _GUID, kind: str = "Scope") -> dict[str, Any]:
    """One entry of requiredResourceAccess."""
    return {"resourceAppId": app_id, "resourceAccess": [{"id": scope_id, "type": kind} for scope_id in ids]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "A value is required for property 'displayName' of resource 'Application'."),
        ({"displayName": ""}, "displayName"),
        ({"displayName": "n" * 121}, "displayName"),
        ({"displayName": "n" * 91, **_PERSONAL}, "displayName"),
        ({"displayName": "n", "redirectUris": []}, "Invalid property 'redirectUris'."),
        ({"displayName": "n", "web": {"redirectUri": "x"}}, "Invalid property 'web.redirectUri'."),
        ({"displayName": "n", "appId": _GUID}, "Property 'appId' is read-only and cannot be set."),
        ({"displayName": "n", "signInAudience": "Everybody"}, "signInAudience"),
        ({"displayName": "n", "description": "d" * 1025}, "description"),
        ({"displayName": "n", "tags": ["two words"]}, "tags"),
        ({"displayName": "n", "tags": ["twice", "twice"]}, "tags"),
        ({"displayName": "n", "tags": ["t" * 257]}, "tags"),
        ({"displayName": "n", "tags": "one"}, "tags"),
        ({"displayName": "n", "uniqueName": ""}, "uniqueName"),
        ({"displayName": "n", "requiredResourceAccess": [access("no-guid")]}, "requiredResourceAccess"),
        ({"displayName": "n", "requiredResourceAccess": [access(_GUID, kind="scope")]}, "requiredResourceAccess"),
        ({"displayName": "n", "requiredResourceAccess": [{"resourceAppId": _GUID}]}, "requiredResourceAccess"),
        ({"displayName": "n", "requiredResourceAccess": [access(*[_GUID] * 401)]}, "requiredResourceAccess"),
        ({"displayName": "n", "requiredResourceAccess": [access(), access()]}, "duplicate resourceAppId"),
        ({"displayName": "n", "owners@odata.bind": "me"}, "owners"),
        ({"displayName": "n", "owners@odata.bind": [_GUID]}, "owners"),
        ({"displayName": "n", "owners@odata.bind": [f"https://evil.example/v1.0/users/{_GUID}"]}, "owners"),
        ({"displayName": "n", "passwordCredentials": [{"secretText": "mine"}]}, "passwordCredentials"),
    ],
)
def test_an_application_that_does_not_hold_is_refused(probe: Probe, body: object, message: str) -> None:
    """A create is refused for what is missing, unknown, too long or of the wrong shape, and nothing is made."""
    answer = probe.call("POST", "applications", body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")
    assert message in answer.json()["error"]["message"]
    assert probe.entra.applications == ()


@pytest.mark.parametrize(
    "url",
    [
        "http://contoso.example/cb",
        "https://contoso.example/cb#part",
        "https://contoso.example/it's",
        "https://contoso.example/a b",
        "https://me@contoso.example/",
        "https://[::1]/cb",
        "https://contoso.example/" + "x" * 233,
        "https:///cb",
        "https://contoso.example:port/",
        "ftp://contoso.example/",
        "contoso.example/cb",
        "",
    ],
)
def test_a_bad_reply_url_is_refused(probe: Probe, url: str) -> None:
    """Entra takes https, http on the own machine, no fragment, no special characters, 256 characters."""
    body = {"displayName": "n", "web": {"redirectUris": [url]}}

    message = "Invalid value specified for property 'web' of resource 'Application'."
    assert refusal(probe.call("POST", "applications", body)) == (400, "Request_BadRequest", message)


@pytest.mark.parametrize(
    "url",
    [
        "https://contoso.example",
        "https://contoso.example/cb?tenant=1",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "https://contoso.example/" + "x" * 232,
    ],
)
def test_a_good_reply_url_is_taken(probe: Probe, url: str) -> None:
    """What Entra's limits allow is kept as it was sent."""
    made = probe.create(web={"redirectUris": [url]})

    assert made["web"]["redirectUris"] == [url]


@given(st.text() | st.from_regex(r"https?://[a-z.@:*\[\]]{1,12}(/[a-z#?!]{0,4})?", fullmatch=True))
def test_no_reply_url_leads_readable_to_another_machine(url: str) -> None:
    """Whatever the text, the rule answers, and takes http only where the host is the own machine."""
    if holds([url], personal=False) and url.lower().startswith("http:"):
        assert urlsplit(url).hostname in {"localhost", "127.0.0.1"}


_ODD: list[Any] = [
    *(None, True, 7, "", "x", [], {}, [[]], [{}], [None]),
    {"redirectUris": None},
    {"redirectUris": "x"},
    {"redirectUris": [{}]},
    {"implicitGrantSettings": [], "logoutUrl": 7},
    [access(_GUID) | {"resourceAccess": [{"id": _GUID, "type": []}]}],
    [access(_GUID) | {"resourceAppId": []}],
]


@pytest.mark.parametrize("name", sorted(blank("application")))
def test_any_value_is_judged(name: str) -> None:
    """Whatever JSON stands in a property, it is taken or refused in Graph's words, and nothing breaks."""
    verdicts = set()

    for value in _ODD:
        try:
            check({name: value}, limits_of("AzureADMyOrg"))
        except GraphRefusal as refused:
            verdicts.add(refused.status)

    assert verdicts == {400}


def test_reply_urls_are_counted(probe: Probe) -> None:
    """An application for work accounts holds 256 reply URLs, one for personal accounts 100."""
    urls = [f"https://contoso.example/{number}" for number in range(257)]

    sizes = [(256, {}), (257, {}), (100, _PERSONAL), (101, _PERSONAL)]
    answers = [
        probe.call("POST", "applications", {"displayName": "n", "web": {"redirectUris": urls[:size]}, **more})
        for size, more in sizes
    ]

    assert [answer.status_code for answer in answers] == [201, 400, 201, 400]


def test_an_owner_that_is_not_there_is_missing(probe: Probe) -> None:
    """Binding an object that the tenant does not hold is a 404 for that object."""
    body = {"displayName": "n", "owners@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{_GUID}"]}

    assert refusal(probe.call("POST", "applications", body))[:2] == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"endDateTime": "tomorrow"}, "Cannot convert the literal 'tomorrow'"),
        ({"endDateTime": "2027-01-01T00:00:00"}, "Cannot convert the literal"),
        ({"endDateTime": "2026-10-05T08:30:15Z"}, "passwordCredentials"),
        ({"startDateTime": "9999-12-31T23:59:59-10:00"}, "Cannot convert the literal"),
        ({"keyId": _GUID}, "passwordCredentials"),
        ({"description": "d"}, "Invalid property 'passwordCredential.description'."),
    ],
)
def test_a_password_that_does_not_hold_is_refused(probe: Probe, wanted: dict[str, str], message: str) -> None:
    """An end must be a moment with its zone and lie ahead; what Entra makes itself cannot be chosen."""
    object_id = probe.create()["id"]

    answer = probe.call("POST", f"applications/{object_id}/addPassword", {"passwordCredential": wanted})

    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert probe.entra.secrets(object_id) == ()


def test_a_tenant_may_force_a_reference(probe: Probe) -> None:
    """Where serviceManagementReference is required, a create without it is refused, and one with it is not."""
    probe.entra.require_service_management_reference = True

    answer = probe.call("POST", "applications", {"displayName": "n"})

    message = "ServiceManagementReference field is required for Create/Update, but is missing in the request"
    assert refusal(answer) == (400, "Request_BadRequest", message)
    assert probe.create(serviceManagementReference="42")["serviceManagementReference"] == "42"


def test_a_graph_may_take_no_unique_name(probe: Probe) -> None:
    """Where a uniqueName may not be sent, the refusal names the property and is not that of a taken one."""
    probe.entra.refuse_unique_name = True

    answer = probe.call("POST", "applications", {"displayName": "n", "uniqueName": "req-1"})

    message = "Property 'uniqueName' is read-only and cannot be set."
    assert refusal(answer) == (400, "Request_BadRequest", message)


def test_a_unique_name_is_set_once(probe: Probe) -> None:
    """An old application may be given a uniqueName, and keeps it."""
    path = f"applications/{probe.create()['id']}"

    answers = [probe.call("PATCH", path, {"uniqueName": name}).status_code for name in ("a", "a", "b")]

    assert answers == [204, 204, 400]
