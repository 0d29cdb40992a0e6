"""What approvers read: the risks first, then everything that will be made; and that a request waits, or lapsed."""

from datetime import timedelta
from typing import Any

import pytest

from bot.lifecycle import RequestState
from tests.journeys.test_asking import requests_of
from tests.journeys.world import NAME, REPLY_URL, WHY, World
from tests.sandbox.entra import faults as entra_faults

LOCAL = "http://localhost:3000/cb"
FOREIGN = "https://ward.elsewhere.example/cb"


def worth_a_look(world: World) -> list[str]:
    """The lines under “Worth a look”, in order."""
    texts = [block["text"]["text"] for block in world.card().blocks if block["type"] == "section" and "text" in block]
    found = next(text for text in texts if text.startswith("*Worth a look*"))
    return [line.removeprefix("• ") for line in found.splitlines()[1:]]


def test_everything_that_will_be_made(world: World) -> None:
    """The card tells who asks, why, for what, and exactly what an approval makes."""
    request_id = world.ask(co_owners=("alan",), scopes=("User.Read", "patient.read"))
    reads = world.card().reads
    ada, alan = (f"<@{world.around.ids[name]}>" for name in ("ada", "alan"))

    for expected in (
        f"Register “{NAME}”",
        f"{ada} asks for this application · `{request_id}`",
        WHY,
        REPLY_URL,
        "production web server",
        "180 days from the moment it is shown",
        "Only this tenant",
        f"{ada} and {alan}",
        "Approving creates one application with 1 reply URL and 2 requested scopes, and its service principal.",
        "No consent is granted.",
    ):
        assert expected in reads


def test_scopes_by_api(world: World) -> None:
    """Scopes stand grouped by API, each with its risk in a word, its reason, and never by colour alone."""
    world.ask(scopes=("User.Read", "patient.read", "Mail.Read"))
    lines = world.card().reads.splitlines()
    fhir, graph = lines.index("*FHIR Service*"), lines.index("*Microsoft Graph*")

    assert fhir < graph
    assert lines[fhir + 1].startswith(":grey_question: Not rated `patient.read`: An API of your own tenant")
    assert [line.split("`")[1] for line in lines[graph + 1 : graph + 3]] == ["Mail.Read", "User.Read"]
    assert lines[graph + 2].startswith(":large_green_circle: Low `User.Read`")


def test_risks_in_order(world: World) -> None:
    """The gravest scope comes first, then consent, reply URLs, a taken name, the long life."""
    world.use_policy(own_domains=["contoso.example"])
    world.ask()
    world.approve()
    world.ask(
        reply_urls=f"{FOREIGN}\n{LOCAL}",
        scopes=("patient.write", "RoleManagement.ReadWrite.Directory"),
        duration="365",
    )
    lines = worth_a_look(world)
    begins = [line.partition(" ")[0].rstrip(":") for line in lines]

    assert "`RoleManagement.ReadWrite.Directory`" in lines[0]
    assert begins[0] == ":red_circle"
    assert "`patient.write`" in lines[1]
    assert "An administrator must consent to" in lines[2]
    assert FOREIGN in lines[3]
    assert "none of your own domains" in lines[3]
    assert LOCAL in lines[4]
    assert "belongs to development" in lines[4]
    assert lines[5].endswith("Another application in the tenant has this display name.")
    assert lines[6].endswith("The secret lives longer than 180 days.")
    assert len(lines) == 7


def test_risks_stand_first(world: World) -> None:
    """What is worth a look stands before what is asked for, and before the buttons."""
    world.ask(reply_urls=LOCAL)
    reads = world.card().reads

    assert reads.index("Worth a look") < reads.index("*Why*")
    assert world.card().blocks[-1]["type"] == "actions"


def test_nothing_stands_out(world: World) -> None:
    """A modest request is said to be one: a low scope, an own domain, an ordinary life."""
    world.use_policy(own_domains=["contoso.example"])
    world.ask()

    assert worth_a_look(world) == ["Nothing stands out."]


@pytest.mark.parametrize("value", ["patient.read", "Payslips.Read"])
def test_unknown_is_never_low(world: World, value: str) -> None:
    """A scope that nobody rates is worth a look and is not called low."""
    world.ask(scopes=(value,))
    about = [line for line in worth_a_look(world) if f"`{value}`" in line]

    assert about
    assert all(line.startswith(":grey_question: Not rated") for line in about)
    assert "Low" not in world.card().reads


def test_no_domains_known(world: World) -> None:
    """Where policy names no own domains, no host is called foreign."""
    world.ask(reply_urls=FOREIGN)

    assert worth_a_look(world) == ["Nothing stands out."]


def test_entra_cannot_be_asked(world: World) -> None:
    """When Entra cannot be asked about the display name, the card stands all the same and says so."""
    world.entra.trouble.add(entra_faults.unavailable("GET /v1.0/applications", times=50))
    world.ask()

    assert "Entra could not be asked whether the display name exists already" in world.card().reads
    world.entra.trouble.clear()
    world.approve()
    assert len(world.entra.applications) == 1


def test_harmless_words(world: World) -> None:
    """What a requester types cannot mention, link or look like the bot's own words on the card."""
    evil = "<!channel> <https://evil.example|Approve> *bold* `code`"
    world.ask(display_name=evil[:100], secret_description=evil[:60], justification=evil)
    mrkdwn = [text for text in _mrkdwn(world.card().blocks) if "evil" in text or "channel" in text]

    assert mrkdwn
    assert all("<!channel>" not in text and "<https" not in text for text in mrkdwn)
    assert "<!channel>" not in world.card().text


def _mrkdwn(blocks: Any) -> list[str]:
    if isinstance(blocks, list):
        return [text for block in blocks for text in _mrkdwn(block)]
    if not isinstance(blocks, dict):
        return []
    if blocks.get("type") == "mrkdwn":
        return [blocks["text"]]
    return [text for value in blocks.values() for text in _mrkdwn(value)]


def test_reminded_once(world: World) -> None:
    """A request that waits is recalled in its thread once, and its requester is told."""
    world.ask()
    world.advance(hours=23)
    early = world.thread()
    for _ in range(4):
        world.restart()
        world.advance(hours=2)
    ada = world.around.person("ada")

    assert early == []
    assert len(world.thread()) == 1
    assert f"<@{world.around.ids['ada']}> is still waiting" in world.thread()[0]
    assert "lapses in 143 hours" in world.thread()[0]
    assert len([m for m in ada.dm if "The approvers were reminded" in m.reads]) == 1


def test_reminded_late(world: World) -> None:
    """When the bot was down meanwhile, the hours that are told are those that are left."""
    world.ask()
    world.advance(hours=160)

    assert "lapses in 8 hours" in world.thread()[0]


def test_lapsed(world: World) -> None:
    """A request that nobody decides on ends once; card, thread and requester say so, and the buttons are gone."""
    request_id = world.ask()
    world.advance(days=7)
    world.restart()
    world.advance(days=1)
    ada = world.around.person("ada")

    assert requests_of(world)[0].state is RequestState.LAPSED
    assert "*Lapsed*: nobody decided in time" in world.card().reads
    assert "actions" not in [block["type"] for message in (world.card(), ada.dm[0]) for block in message.blocks]
    assert [text for text in world.thread() if "Nobody decided in time" in text] == [world.thread()[-1]]
    told = [m.reads for m in ada.dm if f"Nobody decided on your request `{request_id}`" in m.reads]
    assert len(told) == 1
    assert "/register-app to ask again" in told[0]


def test_lapse_without_a_reminder(world: World) -> None:
    """After the bot was down for longer than a request may wait, it lapses and is not recalled as still waiting."""
    world.ask()
    world.end()
    world.clock.advance(timedelta(days=30))
    world.start()
    world.settle()
    world.restart()

    assert requests_of(world)[0].state is RequestState.LAPSED
    assert len(world.thread()) == 1
    assert "Nobody decided in time" in world.thread()[0]
    assert not any("were reminded" in message.reads for message in world.around.person("ada").dm)


def test_partial_agreement_lapses(world: World) -> None:
    """A request with too few approvals lapses like any other."""
    world.use_policy(quorum=2)
    world.ask()
    world.approve("grace")
    world.advance(days=8)

    assert requests_of(world)[0].state is RequestState.LAPSED
    assert world.entra.applications == ()
