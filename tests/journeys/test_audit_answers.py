"""A year later, from the exported rows alone: who asked, who agreed, and when the secret was seen."""

import json
from typing import Any

import pytest

from tests.cli.terminal import Terminal
from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.one_time_link import let_proof_end
from tests.journeys.world import World

pytestmark = BOTH_ENGINES

Row = dict[str, Any]


@pytest.fixture
def years(world: World) -> World:
    """A world in which a secret was looked at, reminded of, rotated, and said not to have been seen."""
    world.use_policy(quorum=2)
    ada = world.around.person("ada")
    world.ask(co_owners=["alan"])
    world.approve("grace")
    world.approve("katherine")
    ada.click(world.link_message(), "renew_link")
    world.settle()
    token = world.press()
    world.reveal(token)
    world.post("seen", token)
    let_proof_end(world)
    world.restart()
    world.advance(days=121)
    ada.click(next(m for m in reversed(ada.dm) if "Rotate now" in str(m.blocks)), "rotate")
    world.settle()
    world.secret()
    ada.click(next(m for m in reversed(ada.dm) if "I did not see it" in str(m.blocks)), "not_seen")
    world.settle()
    return world


def exported(world: World) -> list[Row]:
    """What `audit export` writes."""
    environment = world.around.environment(public_url="https://apps.contoso.example", database=world.database)
    terminal = Terminal(folder=world.folder, environment=environment)
    said = terminal.run("audit", "export", DATABASE_URL=world.settings().database_url)
    assert (said.code, said.err) == (0, "")
    return [json.loads(line) for line in said.lines]


def of(rows: list[Row], event: str, **fields: object) -> list[Row]:
    """The rows of one event with these fields."""
    return [row for row in rows if row["event"] == event and all(row[name] == fields[name] for name in fields)]


def test_from_the_look_to_those_who_answer_for_it(years: World) -> None:
    """A look at a secret leads to who asked, to who agreed, and to the client id."""
    rows, ids = exported(years), years.around.ids
    look = of(rows, "secret:view")[0]
    asked = of(rows, "request:submit", request_id=look["request_id"])
    agreed = of(rows, "request:agree", request_id=look["request_id"])
    made = of(rows, "application:create", application_id=look["application_id"])

    assert [row["actor"] for row in asked] == [ids["ada"]]
    assert [row["actor"] for row in agreed] == [ids["grace"], ids["katherine"]]
    assert [row["details"]["app_id"] for row in made] == [years.entra.applications[0].app_id]
    assert look["details"]["key_id"]


def test_every_row_names_its_request(years: World) -> None:
    """Whatever happened to an application, a link or a secret is found by the request that it came of."""
    rows = exported(years)
    about = [row for row in rows if row["event"].partition(":")[0] in {"application", "link", "secret", "reminder"}]
    request = of(rows, "request:submit")[0]["request_id"]

    assert {row["event"] for row in about} >= {
        *("application:create", "link:issue", "link:replace", "link:arm", "link:claim", "secret:view", "secret:seen"),
        *("secret:accepted", "reminder:send", "secret:supersede", "secret:disown", "secret:restore", "secret:remove"),
    }
    assert {row["request_id"] for row in about} == {request}
    assert {row["application_id"] for row in about} == {about[0]["application_id"]}
