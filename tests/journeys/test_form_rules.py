"""The form's rules: each is checked on the server and told beside its field, all at once, with nothing lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.journeys.test_asking import GRAPH, key_of, requests_of
from tests.journeys.world import NAME, REPLY_URL, WHY, World
from tests.sandbox.slack import CannotDo
from tests.sandbox.slack.person import Person

INVISIBLE = "\N{RIGHT-TO-LEFT OVERRIDE}"


def typed(field: str, text: str) -> Callable[[World, Person], object]:
    """What a person types into one field, in a client that sends everything."""
    return lambda _, ada: ada.type(field, text, crafted=True)


def chosen(field: str, *values: str) -> Callable[[World, Person], object]:
    """What a crafted client chooses in one menu."""
    return lambda _, ada: ada.choose(field, *values, crafted=True)


def last_day(days: int) -> Callable[[World, Person], object]:
    """A last day so many days from now, with the duration that goes with it."""

    def pick(world: World, ada: Person) -> None:
        ada.choose("duration", "custom")
        ada.pick_date("last_day", (world.clock.now() + timedelta(days=days)).date())

    return pick


def both_durations(world: World, ada: Person) -> None:
    """A number of days and a last day at once."""
    ada.pick_date("last_day", (world.clock.now() + timedelta(days=30)).date())


CASES = [
    ("display_name", typed("display_name", ""), "Enter a display name."),
    ("display_name", typed("display_name", "   "), "Enter a display name."),
    ("display_name", typed("display_name", "x" * 121), "At most 120 characters"),
    ("display_name", typed("display_name", f"Ward{INVISIBLE}"), "invisible or control characters"),
    ("reply_urls", typed("reply_urls", ""), "Enter at least one reply URL"),
    ("reply_urls", typed("reply_urls", "http://ward.contoso.example/cb"), "https"),
    ("reply_urls", typed("reply_urls", f"{REPLY_URL}#x"), "#"),
    ("reply_urls", typed("reply_urls", "https://*.contoso.example/cb"), "*"),
    ("reply_urls", typed("reply_urls", f"{REPLY_URL}\n{REPLY_URL}"), "twice"),
    ("reply_urls", typed("reply_urls", "javascript:alert(1)"), "https"),
    ("scopes", chosen("scopes", f"{GRAPH}:00000000-0000-0000-0000-000000000000"), "not in the tenant's catalogue"),
    ("scopes", chosen("scopes", "nonsense"), "not in the tenant's catalogue"),
    ("secret_description", typed("secret_description", ""), "Enter what the secret is for."),
    ("secret_description", typed("secret_description", "x" * 61), "At most 60 characters"),
    ("duration", chosen("duration", "9999"), "Choose one of the durations offered."),
    ("duration", chosen("duration", "-1"), "Choose one of the durations offered."),
    ("duration", chosen("duration", "forever"), "Choose a duration."),
    ("last_day", chosen("duration", "custom"), "Choose the last day"),
    ("last_day", last_day(0), "tomorrow at the earliest"),
    ("last_day", last_day(-30), "tomorrow at the earliest"),
    ("last_day", last_day(366), "2027-11-23 at the latest (365 days)"),
    ("last_day", both_durations, "Clear this day"),
    ("justification", typed("justification", " \n "), "Say in a sentence"),
    ("justification", typed("justification", "x" * 1001), "At most 1000 characters"),
]


@pytest.mark.parametrize(("field", "act", "sentence"), CASES)
def test_each_rule(world: World, field: str, act: Callable[[World, Person], object], sentence: str) -> None:
    """What does not hold is told beside its own field and no other, and nothing is made."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    act(world, ada)
    outcome = ada.submit(crafted=True)

    assert list(outcome.errors) == [field]
    assert sentence in outcome.errors[field]
    assert requests_of(world) == []


def test_switched_off_scope(world: World) -> None:
    """A scope that the tenant switched off is named and refused, though a crafted client sends it."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.choose("scopes", key_of(world, "FHIR Service", "patient.export"), crafted=True)

    assert ada.submit(crafted=True).errors == {
        "scopes": "patient.export is switched off in the tenant. Remove it and choose another."
    }


def test_too_many_scopes(world: World) -> None:
    """More than forty scopes in one request are refused, though a crafted client sends them."""
    graph = next(found for found in world.bot.entra.catalogue.resources if found.app_id == GRAPH)
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.choose("scopes", *[scope.key for scope in graph.scopes if scope.value][:41], crafted=True)

    assert ada.submit(crafted=True).errors == {"scopes": "At most 40 scopes in one request, please."}


@pytest.mark.parametrize(
    ("kind", "name"),
    [({"guest": True}, "Gil Guest"), ({"deactivated": True}, "Dora Gone"), ({"bot": True}, "Robo Bot")],
)
def test_unfit_co_owner(world: World, kind: dict[str, bool], name: str) -> None:
    """Only full, active members can co-own; who cannot is named."""
    unfit = world.slack.add_person(name, "unfit@contoso.example", **kind)
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.pick_user("co_owners", world.around.ids["alan"], unfit)

    assert ada.submit().errors["co_owners"].startswith(f"{name} cannot own an application")


def test_unknown_co_owner(world: World) -> None:
    """A co-owner of whom Slack knows nothing is refused, and the form stays."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    ada.choose("co_owners", "U00000NOBODY", crafted=True)
    outcome = ada.submit(crafted=True)

    assert list(outcome.errors) == ["co_owners"]
    assert requests_of(world) == []


def test_fewest_co_owners(world: World) -> None:
    """Where policy wants one co-owner, oneself does not count, whatever a crafted client leaves out."""
    world.use_policy(fewest_co_owners=1)
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill()
    stopped = ada.submit().stopped
    none = ada.submit(crafted=True).errors
    ada.pick_user("co_owners", world.around.ids["ada"])
    oneself = ada.submit().errors
    ada.pick_user("co_owners", world.around.ids["alan"])

    assert list(stopped) == ["co_owners"]
    assert none == oneself == {"co_owners": "Name at least 1 co-owner besides yourself."}
    assert ada.submit().closed


def test_localhost_by_policy(world: World) -> None:
    """Where policy forbids localhost, it is refused beside the field."""
    world.use_policy(allow_localhost=False)
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill(reply_urls="http://localhost:3000/cb")

    assert "localhost" in ada.submit().errors["reply_urls"]


def test_all_faults_at_once(world: World) -> None:
    """Every fault is told in one answer, each beside its field, and nothing that was typed is lost."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill(display_name="Ward\tdashboard", reply_urls="ftp://x.example\nhttps://ok.example/#a", justification="  ")
    ada.choose("duration", "custom")
    ada.pick_user("co_owners", world.around.ids["gus"])
    view = ada.modal
    assert view is not None
    before = view.state
    outcome = ada.submit(crafted=True)

    assert set(outcome.errors) == {"display_name", "reply_urls", "last_day", "co_owners", "justification"}
    assert view.state == before
    assert not outcome.closed


def test_corrected(world: World) -> None:
    """After the faults are corrected the same form makes one request with everything that was typed."""
    ada = world.around.person("ada")
    ada.command("/register-app")
    world.fill(reply_urls="http://ward.contoso.example", scopes=("User.Read", "patient.read"))
    ada.submit()
    ada.submit()
    ada.type("reply_urls", REPLY_URL)
    ada.submit()
    form: Any = requests_of(world)[0].form

    assert (form.display_name, form.reply_urls, form.justification) == (NAME, (REPLY_URL,), WHY)
    assert [scope.value for scope in form.scopes] == ["User.Read", "patient.read"]
    assert len(requests_of(world)) == 1


def test_client_stops_too_long(world: World) -> None:
    """The form's own fields stop a name that is too long before anything is sent."""
    ada = world.around.person("ada")
    ada.command("/register-app")

    with pytest.raises(CannotDo, match="120 characters at most"):
        ada.type("display_name", "x" * 121)
