"""People, the bot's own service principal, and the tenant's policy."""

from datetime import timedelta
from typing import Any

import pytest

from bot.errors import EntraMissing, EntraUnavailable
from bot.graph.client import GraphClient
from bot.graph.directory import Directory
from bot.model import PasswordRules
from tests.graph.hourglass import Hourglass
from tests.graph.tiny_graph import TinyGraph, Told, graph_error

POLICY = "GET /v1.0/policies/defaultAppManagementPolicy"
ADA = {
    "id": "ada-id",
    "displayName": "Ada Lovelace",
    "mail": "Ada@Contoso.example",
    "userPrincipalName": "ada_l@contoso.example",
}


@pytest.fixture
def directory(client: GraphClient) -> Directory:
    """The directory of the small Graph."""
    return Directory(client)


def policy_with(*rules: dict[str, Any], enabled: bool = True) -> Told:
    """The tenant's default policy with rules for passwords."""
    body = {"isEnabled": enabled, "applicationRestrictions": {"passwordCredentials": list(rules)}}
    return Told(status=200, body=body)


def rule(kind: str, *, state: str = "enabled", limit: str | None = None) -> dict[str, Any]:
    """One rule as Graph describes it."""
    return {"restrictionType": kind, "state": state, "maxLifetime": limit}


@pytest.mark.parametrize("email", ["ada@contoso.example", "ADA@CONTOSO.EXAMPLE", "Ada_L@contoso.example"])
def test_a_person_is_found_by_either_name(directory: Directory, tiny: TinyGraph, email: str) -> None:
    """A person is found by mail or user principal name, in any case."""
    tiny.tell("GET /v1.0/users", Told(status=200, body={"value": [ADA]}))

    person = directory.find_person(email)

    assert person is not None
    assert (person.object_id, person.name, person.user_principal_name) == (
        "ada-id",
        "Ada Lovelace",
        "ada_l@contoso.example",
    )


@pytest.mark.parametrize("found", [[], [ADA, {**ADA, "id": "other"}], [{**ADA, "mail": None}]])
def test_no_person_is_guessed(directory: Directory, tiny: TinyGraph, found: list[Any]) -> None:
    """None, several, or one of another name: nobody becomes an owner by a guess."""
    tiny.tell("GET /v1.0/users", Told(status=200, body={"value": found}))

    assert directory.find_person("ada@contoso.example") is None


def test_an_apostrophe_in_a_name_stays_one(directory: Directory, tiny: TinyGraph) -> None:
    """The apostrophe of an Irish name is doubled in both halves of the filter."""
    tiny.tell("GET /v1.0/users", Told(status=200, body={"value": []}))

    directory.find_person("o'neill@contoso.example")

    written = "'o''neill@contoso.example'"
    assert tiny.heard[-1].query.startswith(f"$filter=mail eq {written} or userPrincipalName eq {written}&")


def test_the_bots_own_service_principal_is_read_by_its_client_id(directory: Directory, tiny: TinyGraph) -> None:
    """The first owner of what the bot makes is the bot's own service principal."""
    tiny.tell("GET /v1.0/servicePrincipals(appId='bot')", Told(status=200, body={"id": "bot-sp"}))

    assert directory.own_service_principal("bot") == "bot-sp"


def test_a_bot_without_service_principal_is_told(directory: Directory) -> None:
    """A wrong client id is an error and not an empty owner."""
    with pytest.raises(EntraMissing):
        directory.own_service_principal("bot")


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("P90D", timedelta(days=90)),
        ("P4DT12H30M5S", timedelta(days=4, hours=12, minutes=30, seconds=5)),
        ("P2W", timedelta(weeks=2)),
        ("P1Y", timedelta(days=365)),
        ("P6M", timedelta(days=168)),
        ("PT0S", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_a_limit_is_read_as_a_duration(
    directory: Directory, tiny: TinyGraph, limit: str | None, expected: timedelta | None
) -> None:
    """An ISO 8601 duration is read at its shortest, and what is none limits nothing."""
    tiny.tell(POLICY, policy_with(rule("passwordLifetime", limit=limit)))

    assert directory.password_rules().longest == expected


def test_the_strictest_of_several_limits_counts(directory: Directory, tiny: TinyGraph) -> None:
    """Rules for applications of different ages are all taken for ours; the shortest wins."""
    tiny.tell(POLICY, policy_with(*(rule("passwordLifetime", limit=limit) for limit in ("P180D", "P30D", "P365D"))))

    assert directory.password_rules().longest == timedelta(days=30)


def test_secrets_may_be_forbidden(directory: Directory, tiny: TinyGraph) -> None:
    """A rule against adding passwords forbids secrets altogether, and limits no lifetime."""
    tiny.tell(POLICY, policy_with(rule("passwordAddition")))

    assert directory.password_rules() == PasswordRules(allowed=False, longest=None)


@pytest.mark.parametrize(
    "told",
    [
        policy_with(rule("passwordAddition"), rule("passwordLifetime", limit="P1D"), enabled=False),
        policy_with(
            rule("passwordAddition", state="disabled"), rule("passwordLifetime", state="disabled", limit="P1D")
        ),
        policy_with(rule("symmetricKeyAddition"), rule("symmetricKeyLifetime", limit="P1D")),
        policy_with(),
        Told(status=200, body={"isEnabled": True, "applicationRestrictions": None}),
        Told(status=204),
    ],
)
def test_rules_that_are_not_in_force_change_nothing(directory: Directory, tiny: TinyGraph, told: Told) -> None:
    """A policy or rule that is switched off, or is about something else, restricts nothing."""
    tiny.tell(POLICY, told)

    assert directory.password_rules() == PasswordRules()


@pytest.mark.parametrize(
    "told", [Told(status=403, body=graph_error("Authorization_RequestDenied")), Told(status=404), Told(status=503)]
)
def test_an_unreadable_policy_stops_nothing(
    directory: Directory, tiny: TinyGraph, hourglass: Hourglass, told: Told
) -> None:
    """Without the right to read the policy, or with Graph down, the bot goes on, after some seconds at most."""
    tiny.tell(POLICY, told)

    assert directory.password_rules() == PasswordRules()
    assert sum(hourglass.sleeps) <= 10.0


def test_a_person_is_not_given_up_because_graph_is_down(directory: Directory, tiny: TinyGraph) -> None:
    """Graph being down is an error and never "no such person"."""
    tiny.tell("GET /v1.0/users", Told(status=503))

    with pytest.raises(EntraUnavailable):
        directory.find_person("ada@contoso.example")
