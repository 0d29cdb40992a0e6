"""What the stories about making an application ask of the tenant, the audit and the messages; and what goes wrong."""

import json
from typing import Any

from tests.journeys.world import NAME, World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import CREATE_SERVICE_PRINCIPAL
from tests.sandbox.slack.records import Message
from tests.sandbox.wire import json_body

PRINCIPALS = "POST /v1.0/servicePrincipals"
DENIED = "Authorization_RequestDenied"
PLAIN_SENTENCE = "It was approved, but could not be made. Your approvers see why and can retry"


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
    """The error object of the last refusal of something that was to be made; a look that finds nothing is none."""
    refused = [e for e in world.entra.journal.exchanges if e.status >= 400 and "POST /v1.0/" in e.call]
    error: dict[str, Any] = json_body(refused[-1])["error"]
    return error


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
