"""From approval to application: exactly what was approved is made, once, whatever Entra does meanwhile."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.world import NAME, REPLY_URL, WHY, World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL, DELETE_APPLICATION
from tests.sandbox.entra.policies import PasswordPolicy
from tests.sandbox.entra.probe import Probe
from tests.sandbox.slack.records import Message
from tests.sandbox.trouble import Fault
from tests.sandbox.wire import json_body

PRINCIPALS = "POST /v1.0/servicePrincipals"
DENIED = "Authorization_RequestDenied"
PLAIN_SENTENCE = "Entra refused to make it. Your approvers see why and can retry"


def applications(world: World) -> list[dict[str, Any]]:
    """What stands in the tenant under the name that was asked for."""
    found: list[dict[str, Any]] = world.entra.snapshot()["applications"]
    return [application for application in found if application["displayName"] == NAME]


def asked_of_graph(world: World) -> dict[str, Any]:
    """The body of the one POST /applications."""
    sent = [e for e in world.entra.journal.exchanges if e.call == "POST /v1.0/applications"]
    assert len(sent) == 1
    body: dict[str, Any] = json.loads(sent[0].request_body)
    return body


def statuses(world: World, call: str) -> list[int]:
    """The statuses of the answers to one kind of call, in order; 0 where the connection was reset."""
    return [exchange.status for exchange in world.entra.journal.exchanges if exchange.call == call]


def events(world: World) -> list[str]:
    """What the audit says, in order."""
    return [row["event"] for row in world.bot.store.audit.rows()]


def links(world: World) -> list[Message]:
    """Every message in which a one-time link stands."""
    return [message for message in world.around.person("ada").dm if "secret#" in str(message.blocks)]


def assert_made_once(world: World) -> None:
    """One application, one service principal, one link; nothing in the bin, and no secret yet."""
    found = applications(world)

    assert [application["passwordCredentials"] for application in found] == [[]]
    assert [principal.app_id for principal in world.entra.service_principals] == [found[0]["appId"]]
    assert world.entra.deleted == ()
    assert len(links(world)) == 1
    assert found[0]["appId"] in links(world)[0].reads
    assert "Done; the application exists" in world.card().reads


def let_time_pass(world: World) -> None:
    """Let every pause between tries run out."""
    for _ in range(4):
        world.advance(minutes=6)


def approved(world: World, **fields: Any) -> str:
    """Have a request approved and worked on; return its id."""
    request_id = world.ask(**fields)
    world.approve()
    return request_id


def last_refusal(world: World) -> dict[str, Any]:
    """The error object of the last refusal that Graph sent."""
    refused = [e for e in world.entra.journal.exchanges if e.status >= 400 and "/v1.0/" in e.call]
    error: dict[str, Any] = json_body(refused[-1])["error"]
    return error


def test_exactly_what_was_approved(world: World) -> None:
    """The application has the approved name, reply URLs, scopes, audience and owners, the bot itself first."""
    urls = (REPLY_URL, "http://localhost:5000/callback")
    request_id = approved(
        world, reply_urls="\n".join(urls), scopes=("User.Read", "patient.read"), co_owners=("alan",)
    ).lower()
    application = applications(world)[0]
    owners = [world.entra.person_id(f"{name}@contoso.example") for name in ("ada", "alan")]
    body = asked_of_graph(world)

    assert body["web"] == {"redirectUris": list(urls)}
    assert body["signInAudience"] == "AzureADMyOrg"
    assert body["uniqueName"] == f"register-app-{request_id}"
    assert body["tags"] == ["register-app", f"register-app:{request_id}"]
    assert WHY in body["notes"]
    assert {entry["value"]: entry["resource"] for entry in application["scopes"]} == {
        "User.Read": "Microsoft Graph",
        "patient.read": "FHIR Service",
    }
    assert {access["type"] for entry in body["requiredResourceAccess"] for access in entry["resourceAccess"]} == {
        "Scope"
    }
    assert [owner["id"] for owner in application["owners"]] == [world.entra.bot_service_principal_id, *owners]
    assert_made_once(world)


def test_nothing_is_made_before_the_approval(world: World) -> None:
    """A request that waits has caused nothing in the tenant."""
    world.ask()

    assert world.entra.applications == ()
    assert world.entra.journal.calls("POST /v1.0/") == []


def test_no_secret_and_no_consent(world: World) -> None:
    """Provisioning makes an application and a service principal, asks for no secret and grants no consent."""
    approved(world)

    assert world.entra.journal.calls("POST /v1.0/") == ["POST /v1.0/applications", PRINCIPALS]
    assert "passwordCredentials" not in asked_of_graph(world)


def test_audience(world: World) -> None:
    """Where policy offers other organisations and one asks for them, the application is made for them."""
    world.use_policy(audiences=["AzureADMyOrg", "AzureADMultipleOrgs"])
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.choose("audience", "AzureADMultipleOrgs")
    ada.submit()
    world.settle()
    world.approve()

    assert applications(world)[0]["signInAudience"] == "AzureADMultipleOrgs"


def test_requester_without_an_entra_user(world: World) -> None:
    """A requester whom Entra does not know gets the application all the same; the bot and the co-owner own it."""
    world.entra.remove_person(world.entra.person_id("ada@contoso.example"))
    approved(world, co_owners=("alan",))
    owners = [owner["id"] for owner in applications(world)[0]["owners"]]

    assert owners == [world.entra.bot_service_principal_id, world.entra.person_id("alan@contoso.example")]
    assert_made_once(world)


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 5])
def test_service_principal_too_early(world: World, lag: int) -> None:
    """While the application is not known everywhere the misleading 400 and 403 are waited out."""
    world.entra.lag = lag
    approved(world)

    assert set(statuses(world, PRINCIPALS)[:-1]) == ({403} if lag == 1 else {400, 403})
    assert statuses(world, PRINCIPALS)[-1] == 201
    assert "request:fail" not in events(world)
    assert_made_once(world)


def test_service_principal_far_too_early(world: World) -> None:
    """Replication that takes longer than one try's patience is no refusal: the next try finishes the work."""
    world.entra.lag_seconds = 150
    approved(world)
    failed_meanwhile = "request:fail" in events(world)
    let_time_pass(world)

    assert not failed_meanwhile
    assert_made_once(world)


@pytest.mark.parametrize("call", [CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL])
@pytest.mark.parametrize(
    "make",
    [
        faults.concurrency,
        faults.unavailable,
        faults.failed_500,
        faults.applied_then_500,
        faults.gateway_timeout,
        faults.reset_before,
        faults.reset_after,
        faults.half_an_answer,
    ],
)
@pytest.mark.parametrize("times", [1, 3])
def test_trouble_that_passes(world: World, make: Callable[..., Fault], call: str, times: int) -> None:
    """409 of concurrent writes, 5xx, lost answers and lost effects: in the end one of everything, nobody alarmed."""
    world.entra.trouble.add(make(call=call, times=times))
    approved(world)
    let_time_pass(world)

    assert "request:fail" not in events(world)
    assert_made_once(world)


@pytest.mark.parametrize("call", [CREATE_APPLICATION, CREATE_SERVICE_PRINCIPAL])
def test_throttled(world: World, call: str) -> None:
    """After a 429 the bot comes back when Retry-After says, not earlier, and makes everything once."""
    world.entra.trouble.add(faults.throttled(17, call=call))
    before = world.clock.now()
    approved(world)
    waited = world.clock.now() - before

    assert timedelta(seconds=17) <= waited < timedelta(seconds=18)
    assert_made_once(world)


def test_lost_answer_is_adopted(world: World) -> None:
    """An application whose answer was lost is found by its uniqueName, which Graph refuses with 400, and adopted."""
    world.entra.trouble.add(faults.reset_after(CREATE_APPLICATION))
    approved(world)
    let_time_pass(world)

    assert statuses(world, "POST /v1.0/applications") == [0, 400]
    assert "application:adopt" in events(world)
    assert_made_once(world)


def test_stranger_with_our_unique_name(world: World) -> None:
    """Somebody else's application under our uniqueName is a refusal, and is left exactly as it was."""
    request_id = world.ask()
    with Probe(world.entra) as probe:
        probe.create("Somebody's own", uniqueName=f"register-app-{request_id.lower()}", tags=["theirs"])
    before = world.entra.snapshot()
    world.approve()
    world.advance(hours=2)

    assert "has the uniqueName" in world.card().reads
    assert "NotOurs" in world.card().reads
    assert world.entra.snapshot() == before
    assert links(world) == []


def test_stranger_who_comes_in_between(world: World) -> None:
    """The same holds when the stranger takes the name between our look and our POST."""
    request_id = world.ask()
    name = f"register-app-{request_id.lower()}"

    def take_the_name() -> None:
        with Probe(world.entra) as probe:
            probe.create("Somebody's own", uniqueName=name)

    world.entra.trouble.add(Fault(match=CREATE_APPLICATION, act=take_the_name))
    world.approve()
    let_time_pass(world)

    assert "NotOurs" in world.card().reads
    assert [found["displayName"] for found in world.entra.snapshot()["applications"]] == ["Somebody's own"]


def test_tenant_without_unique_names(world: World) -> None:
    """Where Graph takes no uniqueName in a POST the application is made without one, under the request's tag."""
    world.entra.refuse_unique_name = True
    request_id = approved(world)

    assert statuses(world, "POST /v1.0/applications") == [400, 201]
    assert applications(world)[0]["uniqueName"] is None
    assert f"register-app:{request_id.lower()}" in applications(world)[0]["tags"]
    assert_made_once(world)


@pytest.mark.parametrize("make", [faults.reset_after, faults.applied_then_500, faults.gateway_timeout])
def test_lost_answer_without_unique_names(world: World, make: Callable[..., Fault]) -> None:
    """There a lost answer is not repeated blindly: a minute later what it made is found by its tag."""
    world.entra.refuse_unique_name = True
    world.entra.lag_seconds = 30
    fault = make(CREATE_APPLICATION)
    fault.skip = 1
    world.entra.trouble.add(fault)
    approved(world)
    let_time_pass(world)

    assert len(statuses(world, "POST /v1.0/applications")) == 2
    assert "application:adopt" in events(world)
    assert_made_once(world)


@pytest.mark.parametrize("lag", [0, 3])
def test_service_principal_is_there_already(world: World, lag: int) -> None:
    """A service principal that exists is success: it is read, also where 404 says at first that it is not there."""
    request_id = world.ask()

    def somebody_makes_it() -> None:
        made = world.entra.application(f"register-app-{request_id.lower()}")
        with Probe(world.entra) as probe:
            probe.call("POST", "servicePrincipals", {"appId": made.app_id}).raise_for_status()
        world.entra.service_principals[0].denials_left = lag

    world.entra.trouble.add(Fault(match=CREATE_SERVICE_PRINCIPAL, act=somebody_makes_it))
    world.approve()
    reads = [e.status for e in world.entra.journal.exchanges if "GET /v1.0/servicePrincipals(appId=" in e.call]

    assert 409 in statuses(world, PRINCIPALS)
    assert reads[-lag - 1 :] == [404] * lag + [200]
    assert_made_once(world)


def test_entra_down_for_long(world: World) -> None:
    """While Entra stays down the approvers are told once and the requester not at all; then it succeeds."""
    world.entra.trouble.add(faults.unavailable(times=100_000))
    approved(world)
    world.advance(hours=1)
    for _ in range(30):
        world.advance(minutes=10)
    told = [text for text in world.thread() if "Entra does not answer as it should; I go on trying" in text]
    seen_by_ada = world.around.person("ada").dm[-1].reads
    world.entra.trouble.clear()
    let_time_pass(world)

    assert len(told) == 1
    assert "serviceNotAvailable" in told[0]
    assert "It is being made in Entra" in seen_by_ada
    assert_made_once(world)


def missing_privilege(world: World) -> None:
    """The bot may read applications but make none."""
    world.entra.grant_roles = {"Application.Read.All", "User.ReadBasic.All"}
    world.restart()


def full_tenant(world: World) -> None:
    """The tenant holds as many objects as it may."""
    world.entra.quota = 0


def no_service_principals(world: World) -> None:
    """The application is made, and its service principal refused."""
    world.entra.trouble.add(faults.refused(CREATE_SERVICE_PRINCIPAL, 403, DENIED, "Insufficient privileges."))


REFUSALS = [
    (missing_privilege, DENIED),
    (full_tenant, "Directory_QuotaExceeded"),
    (no_service_principals, DENIED),
]


@pytest.mark.parametrize(("cause", "code"), REFUSALS)
def test_final_refusal(world: World, cause: Callable[[World], None], code: str) -> None:
    """The approvers read Graph's code, message and request-id and get Retry; the requester a plain sentence."""
    world.ask()
    cause(world)
    world.approve()
    said = last_refusal(world)
    in_thread = next(text for text in world.thread() if "Entra refused" in text)

    for word in (code, said["message"], said["innerError"]["request-id"]):
        assert word in world.card().reads
        assert word in in_thread
    assert "Retry" in world.card().reads
    assert "Approve" not in world.card().reads.splitlines()
    assert PLAIN_SENTENCE in world.around.person("ada").dm[-1].reads
    assert code not in world.around.person("ada").dm[-1].reads
    assert links(world) == []


@pytest.mark.parametrize(("cause", "code"), REFUSALS)
def test_nothing_is_left_of_a_failure(world: World, cause: Callable[[World], None], code: str) -> None:
    """What a failed request had made is gone for good, from the deleted items too."""
    world.ask()
    cause(world)
    world.approve()

    assert code in world.card().reads
    assert (world.entra.applications, world.entra.deleted, world.entra.service_principals) == ((), (), ())


def test_removal_is_told_and_kept(world: World) -> None:
    """The removal of a half-made application is said in the thread, with its object ID, and audited."""
    no_service_principals(world)
    approved(world)
    removed = [row for row in world.bot.store.audit.rows() if row["event"] == "application:remove"]
    object_id = json.loads(removed[0]["details"])["object_id"]

    assert len(removed) == 1
    assert any(object_id in text and "was removed for good" in text for text in world.thread())


def test_only_its_own_is_removed(world: World) -> None:
    """A failure removes no other application, not even one of the same name made for an earlier request."""
    approved(world)
    no_service_principals(world)
    approved(world)

    assert len(applications(world)) == 1
    assert world.entra.deleted == ()
    assert "Entra refused" in world.card().reads


@pytest.mark.parametrize("step", [DELETE_APPLICATION, "DELETE /v1.0/directory/deletedItems"])
def test_removal_that_fails(world: World, step: str) -> None:
    """A removal that fails is told to the approvers, tried again an hour later, and then told as done."""
    no_service_principals(world)
    world.entra.trouble.add(faults.refused(step, 403, DENIED, "Not now."))
    approved(world)
    left = len(world.entra.applications) + len(world.entra.deleted)
    told = [text for text in world.thread() if "could not be removed" in text]
    world.advance(minutes=61)

    assert left == 1
    assert len(told) == 1
    assert "Not now." in told[0]
    assert (world.entra.applications, world.entra.deleted) == ((), ())
    assert "was removed for good" in world.thread()[-1]


@pytest.mark.parametrize("step", [DELETE_APPLICATION, "DELETE /v1.0/directory/deletedItems"])
def test_retry_before_the_removal(world: World, step: str) -> None:
    """A Retry while something is still to be removed removes it first, and what it makes then stays."""
    no_service_principals(world)
    world.entra.trouble.add(faults.refused(step, 403, DENIED, "Not now."))
    approved(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()
    world.advance(hours=2)
    world.advance(hours=2)

    assert_made_once(world)


def test_removal_lags(world: World) -> None:
    """An application that is deleted but not yet among the deleted items is waited for, and gone for good."""
    no_service_principals(world)
    world.ask()
    world.entra.lag = 2
    world.approve()

    assert 404 in [e.status for e in world.entra.journal.exchanges if "deletedItems" in e.call]
    assert (world.entra.applications, world.entra.deleted) == ((), ())


POLICIES = [
    (PasswordPolicy(passwords_allowed=False), "CredentialTypeNotAllowedAsPerAppPolicy"),
    (PasswordPolicy(max_lifetime_days=90), "CredentialInvalidLifetimeAsPerAppPolicy"),
]


@pytest.mark.parametrize(("policy", "code"), POLICIES)
def test_policy_that_may_be_read(world: World, policy: PasswordPolicy, code: str) -> None:
    """With the right to read policy, one that forbids the secret fails the request before anything is made."""
    world.entra.grant_roles = {*world.entra.grant_roles, "Policy.Read.All"}
    world.restart()
    world.entra.policy = policy
    approved(world)

    assert code in world.card().reads
    assert PLAIN_SENTENCE in world.around.person("ada").dm[-1].reads
    assert world.entra.journal.calls("POST /v1.0/") == []


def test_policy_that_is_kept(world: World) -> None:
    """A policy whose longest life is that of the secret asked for is no hindrance."""
    world.entra.grant_roles = {*world.entra.grant_roles, "Policy.Read.All"}
    world.restart()
    world.entra.policy = PasswordPolicy(max_lifetime_days=180)
    approved(world)

    assert_made_once(world)
    assert world.secret()


@pytest.mark.parametrize(("policy", "code"), POLICIES)
def test_policy_that_may_not_be_read(world: World, policy: PasswordPolicy, code: str) -> None:
    """Without it Entra refuses at the press: the approvers read why, and the link is good once that is mended."""
    world.entra.policy = policy
    approved(world)
    answer = world.reveal(world.press()).json()
    world.settle()
    said = last_refusal(world)
    world.entra.policy = None

    assert answer["state"] == "refused"
    assert "secret" not in answer
    for word in (code, said["message"], said["innerError"]["request-id"], "The link stays good"):
        assert word in world.thread()[-1]
    assert world.secret()


def test_retry(world: World) -> None:
    """Once the cause is mended, an approver's Retry makes exactly what was approved, and the card says so."""
    full_tenant(world)
    approved(world)
    failed = world.card().now
    world.entra.quota = None
    world.around.person("grace").click(world.card(), "retry")
    world.settle()
    late = world.around.person("katherine").click(failed, "retry", stale=True)

    assert_made_once(world)
    assert "Retry" not in world.card().reads
    assert any(f"<@{world.around.ids['grace']}> has it made again" in text for text in world.thread())
    assert "the application was made" in " ".join(late.texts)
    assert events(world).count("request:retry") == 1


def test_retry_after_a_removal(world: World) -> None:
    """A Retry after what was made had been removed makes a new one under the same uniqueName."""
    no_service_principals(world)
    request_id = approved(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()

    assert applications(world)[0]["uniqueName"] == f"register-app-{request_id.lower()}"
    assert_made_once(world)


def test_retry_that_fails_again(world: World) -> None:
    """A Retry before the cause is mended fails again, tells again, and can be retried again."""
    full_tenant(world)
    approved(world)
    world.around.person("grace").click(world.card(), "retry")
    world.settle()

    assert len([text for text in world.thread() if "Entra refused" in text]) == 2
    assert "Retry" in world.card().reads


def test_retry_by_somebody_else(world: World) -> None:
    """Somebody in the channel who is no approver is told so, and nothing happens."""
    full_tenant(world)
    approved(world)
    world.slack.set_group(world.around.group, members=[world.around.ids["grace"]])
    world.restart()
    outcome = world.around.person("katherine").click(world.card(), "retry")
    world.settle()

    assert outcome.texts == ("Only the configured approvers may retry this.",)
    assert "request:retry" not in events(world)
    assert "Retry" in world.card().reads
