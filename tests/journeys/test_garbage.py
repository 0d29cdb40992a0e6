"""Answers that are none: a proxy's page, half a text, JSON of another shape; from Graph, from Entra, from Slack."""

import io
from typing import Final

import pytest

from tests.domain import nouns
from tests.handlers import extremes
from tests.journeys.making import applications, assert_made_once, events, let_time_pass
from tests.journeys.one_time_link import accepts, secrets
from tests.journeys.world import World
from tests.sandbox.entra.faults import (
    ADD_PASSWORD,
    CREATE_APPLICATION,
    CREATE_SERVICE_PRINCIPAL,
    REMOVE_PASSWORD,
    TOKEN,
)
from tests.sandbox.slack import faults
from tests.sandbox.slack.records import Message
from tests.sandbox.trouble import Fault

#: Stands in every garbage that is long enough to hold it; no log line may.
QUOTED: Final = "quoted-from-an-answer"
GARBAGE: Final = {
    "a proxy's page": f"<!doctype html><title>{QUOTED}</title>".encode(),
    "half a text": f'{{"id": "{QUOTED}'.encode(),
    "a list": f'["{QUOTED}"]'.encode(),
    "a text": f'"{QUOTED}"'.encode(),
    "null": b"null",
    "an empty object": b"{}",
    "another object": f'{{"ok": true, "value": "{QUOTED}", "error": ["{QUOTED}"]}}'.encode(),
    "an object of nulls": b'{"ok": true, "id": null, "appId": null, "value": null, "ts": null, "secretText": null}',
    "no text": b"\x89PNG\r\n\x1a\n\xff\xfe",
    "a very deep text": b"[" * 200_000,
    "nothing": b"",
}
OF_GRAPH: Final = (
    CREATE_APPLICATION,
    CREATE_SERVICE_PRINCIPAL,
    ADD_PASSWORD,
    r"GET /v1.0/applications\(",
    "GET /v1.0/applications/",
    "GET /v1.0/applications$",
    "GET /v1.0/users$",
)
OF_SLACK: Final = (
    "chat.postMessage",
    "chat.update",
    "users.info",
    "auth.test",
    "views.open",
    "usergroups.users.list",
)
EVERY_GARBAGE = pytest.mark.parametrize("body", GARBAGE.values(), ids=list(GARBAGE))


def garbage(match: str, body: bytes, *, times: int = 1, status: int = 200) -> Fault:
    """The call has its effect, and the answer is garbage."""
    return Fault(match=match, when="after", times=times, status=status, body=body)


def asked(world: World) -> None:
    """Ask for an application as somebody does who tries again when told to."""
    ada = world.around.person("ada")
    for _ in range(4):
        if ada.modal is None:
            ada.command("/register-app")
    world.fill()
    assert any(ada.submit().closed for _ in range(4))
    world.settle()


def approved(world: World) -> None:
    """Approve it as somebody does who presses again when told to."""
    let_time_pass(world)
    for _ in range(4):
        if "request:approve" not in events(world):
            world.approve()
    let_time_pass(world)


def looked_at(world: World) -> str:
    """Press in Slack and on the page, and again on the page while it says so; return the secret."""
    token = world.press()
    answers = [world.reveal(token).json() for _ in range(4)]
    let_time_pass(world)
    (text,) = [answer["secret"] for answer in answers if "secret" in answer]
    return str(text)


def cards(world: World) -> list[Message]:
    """The messages in the approvers' channel that are in no thread."""
    return [m for m in world.around.person("grace").messages(world.around.channel) if not m.thread_ts]


def assert_all_is_well(world: World) -> None:
    """One application with one link and one secret, which works; nothing failed on the way."""
    assert "request:fail" not in events(world)
    assert_made_once(world)
    text = looked_at(world)
    assert [password.hint for password in secrets(world)] == [text[:3]]
    assert accepts(world, text)


@EVERY_GARBAGE
@pytest.mark.parametrize("call", OF_GRAPH)
def test_graph(world: World, lines: io.StringIO, call: str, body: bytes) -> None:
    """A garbled answer of Graph's is no answer: in the end one of everything is there, and no log line quotes it."""
    world.entra.trouble.add(garbage(call, body, times=2))
    asked(world)
    approved(world)

    assert_all_is_well(world)
    assert QUOTED not in lines.getvalue()
    assert "Traceback" not in lines.getvalue()


@EVERY_GARBAGE
@pytest.mark.parametrize("status", [200, 400])
def test_token_endpoint(world: World, lines: io.StringIO, status: int, body: bytes) -> None:
    """A garbled answer of the token endpoint's is waited out, with whatever status it came."""
    world.restart()
    world.entra.trouble.add(garbage(TOKEN, body, times=2, status=status))
    asked(world)
    approved(world)

    assert_all_is_well(world)
    assert QUOTED not in lines.getvalue()
    assert "Traceback" not in lines.getvalue()


@EVERY_GARBAGE
@pytest.mark.parametrize("status", [400, 503])
def test_garbled_refusal(world: World, lines: io.StringIO, status: int, body: bytes) -> None:
    """A refusal without Graph's envelope is told by its status, and Retry mends what it stopped."""
    world.entra.trouble.add(Fault(match=CREATE_SERVICE_PRINCIPAL, times=99, status=status, body=body))
    asked(world)
    approved(world)
    world.entra.trouble.clear()
    let_time_pass(world)
    if "request:fail" in events(world):
        world.around.person("grace").click(world.card(), "retry")
        let_time_pass(world)

    assert_made_once(world)
    assert QUOTED not in lines.getvalue()
    assert "Traceback" not in lines.getvalue()


@EVERY_GARBAGE
def test_removal(world: World, lines: io.StringIO, body: bytes) -> None:
    """A garbled answer to the removal of a secret leaves it in doubt until Entra is seen without it."""
    asked(world)
    approved(world)
    world.secret()
    world.entra.trouble.add(garbage(REMOVE_PASSWORD, body, times=2))
    shown = next(m for m in reversed(world.around.person("ada").dm) if "I did not see it" in str(m.blocks))
    world.around.person("ada").click(shown, "not_seen")
    let_time_pass(world)

    assert secrets(world) == ()
    assert "Traceback" not in lines.getvalue()


@EVERY_GARBAGE
@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("method", OF_SLACK)
def test_slack(world: World, lines: io.StringIO, method: str, status: int, body: bytes) -> None:
    """A garbled answer of Slack's is no answer: everything is said once, and no log line or row quotes it."""
    world.slack.trouble.add(garbage(f" /api/{method}$", body, status=status))
    asked(world)
    approved(world)

    assert_all_is_well(world)
    assert len(cards(world)) == 1
    assert len(applications(world)) == 1
    assert QUOTED not in lines.getvalue() + str(world.bot.store.database.all("SELECT * FROM outbox"))
    assert "Traceback" not in lines.getvalue()


@EVERY_GARBAGE
@pytest.mark.parametrize("method", ["conversations.open", "conversations.history"])
def test_looking_for_a_post(world: World, lines: io.StringIO, method: str, body: bytes) -> None:
    """While Slack's answer about a post in doubt is garbled nothing is posted again; then it is found."""
    world.slack.trouble.add(faults.posted_then_lost(times=2))
    fault = world.slack.trouble.add(garbage(f" /api/{method}$", body))
    asked(world)
    let_time_pass(world)

    assert fault.times == 0
    assert (len(cards(world)), len(world.around.person("ada").dm)) == (1, 1)
    assert QUOTED not in lines.getvalue()
    assert "Traceback" not in lines.getvalue()


@EVERY_GARBAGE
def test_a_further_part(world: World, lines: io.StringIO, body: bytes) -> None:
    """A garbled answer to a further part of a long answer is written down, and nobody is told of an error."""
    world.bot.store.requests.add(nouns.request(form=extremes.largest()))
    fault = world.slack.trouble.add(garbage("POST /respond/", body))
    grace = world.around.person("grace")
    outcome = grace.command("/register-app", f"status {nouns.request().id}")
    world.slack.wait_until(lambda: any("Part 2 of" in text for text in outcome.texts))
    world.bot.slack.listener_runner.listener_executor.shutdown(wait=True)

    assert fault.times == 0
    assert "error" not in " ".join(outcome.texts)
    assert QUOTED not in lines.getvalue()
    assert "Traceback" not in lines.getvalue()
