"""Signed requests with anything in them: Slack's signature says who sent them, and nothing about what is in them."""

import io
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import ids
from tests.fuzzing.keeping import WORK, Contents, kept
from tests.fuzzing.listening import TRACE
from tests.fuzzing.mutation import JUNK, broken
from tests.journeys.world import World
from tests.sandbox.slack.courier import Forgery, RawRequest, RequestKind, pack, sign

FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
ACTIONS = (
    *(ids.APPROVE, ids.DENY, ids.RETRY, ids.WITHDRAW, ids.CHANGE, ids.OPEN_LINK, ids.RENEW_LINK, ids.NOT_SEEN),
    *(ids.TAKE_LINK, ids.ROTATE, ids.ROTATE_APPLICATION, ids.SNOOZE, "unknown", "", "__proto__"),
)
Payload = dict[str, Any]


def deliver(world: World, raw: RawRequest) -> int:
    """Send one request to the bot; return the status, after the answer was looked at."""
    answer = world.bot.web.test_client().post("/slack/events", data=raw.body, headers=dict(raw.headers))
    assert answer.status_code < 500, answer.text
    assert not TRACE.search(answer.text), answer.text
    return answer.status_code


def send(world: World, kind: RequestKind, payload: Payload) -> int:
    """Sign and send a payload; the form of a command carries text alone, and no half of a character."""
    if kind == "command":
        payload = {name: str(value).encode(errors="replace").decode() for name, value in payload.items()}
    return deliver(world, pack(kind, payload, world.slack.signing_secret, Forgery()))


def changed(before: Contents, world: World) -> list[tuple[str, str]]:
    """Which rows are not as they were, once everything that was begun has ended; a new request is nobody else's."""
    world.bot.slack.listener_runner.listener_executor.shutdown(wait=True)
    world.settle()
    after = kept(world)
    new = [(t, key) for t in WORK if t != "app_requests" for key in after[t].keys() - before[t].keys()]
    return new + [(t, key) for t in WORK for key in before[t] if after[t].get(key) != before[t][key]]


def payloads(world: World) -> list[tuple[RequestKind, Payload]]:
    """One true payload of each kind of thing that people did."""
    found = {}
    for delivery in world.slack.deliveries:
        actions = delivery.raw.payload.get("actions") or [{}]
        found[delivery.kind, actions[0].get("action_id")] = delivery.raw.payload
    return [(kind, dict(payload)) for (kind, _), payload in found.items()]


def by(world: World, name: str, kind: RequestKind, payload: Payload) -> Payload:
    """The same done by somebody else."""
    person = world.around.ids[name]
    return {**payload, "user_id": person} if kind == "command" else {**payload, "user": {"id": person, "name": name}}


def everything_named(world: World) -> list[str]:
    """Every id in the database, and what a client could make of one."""
    found = [key for rows in kept(world).values() for key in rows]
    return [*found, *(f"{key} {version}" for key in found for version in (1, 2)), "REQ-00000000 1", "", "1' OR '1'='1"]


@FUZZ
@given(data=st.data())
def test_broken_payloads(world: World, logged: io.StringIO, data: st.DataObject) -> None:
    """A signed payload with fields missing or changed brings no 5xx and no trace, and no secret into the log."""
    kind, payload = data.draw(st.sampled_from(payloads(world)))
    send(world, kind, data.draw(broken(payload)))

    assert world.slack.signing_secret not in logged.getvalue()
    assert world.slack.bot_token not in logged.getvalue()
    assert "secret#" not in logged.getvalue()


def test_broken_payloads_of_a_stranger(world: World) -> None:
    """Whatever a stranger's or a colleague's payload holds, nothing of anybody else changes."""
    before = kept(world)

    @FUZZ
    @given(data=st.data(), name=st.sampled_from(["alan", "stan", "gus"]))
    def break_one(data: st.DataObject, name: str) -> None:
        kind, payload = data.draw(st.sampled_from(payloads(world)))
        made = data.draw(broken(payload))
        send(world, kind, by(world, name, kind, made))

    break_one()

    assert changed(before, world) == []


@pytest.mark.parametrize("name", ["alan", "stan", "gus"])
def test_every_button_with_every_value(world: World, name: str) -> None:
    """Whoever has no part in a thing changes nothing with any button, known or not, and any value."""
    before = kept(world)
    template = next(p for kind, p in payloads(world) if kind == "block_actions")
    for action, value in itertools.product(ACTIONS, everything_named(world)):
        pressed = {**template["actions"][0], "action_id": action, "value": value, "block_id": value or "b"}
        send(world, "block_actions", by(world, name, "block_actions", {**template, "actions": [pressed]}))

    assert changed(before, world) == []


@FUZZ
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_body(world: World, body: bytes) -> None:
    """A signed body of any bytes, of either kind, brings no 5xx and no trace."""
    for content_type in ("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data"):
        deliver(world, signed(world, body, content_type))


@FUZZ
@given(payload=JUNK, field=st.sampled_from(["payload", "command", "ssl_check", "type", "body"]))
def test_any_json(world: World, payload: Any, field: str) -> None:
    """A signed form whose one field is any JSON, and a signed body that is any JSON, bring no 5xx and no trace."""
    text = json.dumps(payload).encode()
    deliver(world, signed(world, field.encode() + b"=" + text, "application/x-www-form-urlencoded"))
    deliver(world, signed(world, text, "application/json"))


def signed(world: World, body: bytes, content_type: str) -> RawRequest:
    """A request with this body, signed as Slack signs."""
    raw = pack("event", {}, world.slack.signing_secret, Forgery())
    stamp = raw.headers["X-Slack-Request-Timestamp"]
    signature = sign(world.slack.signing_secret, stamp, body)
    headers = {**raw.headers, "Content-Type": content_type, "X-Slack-Signature": signature}
    return RawRequest(kind="event", payload={}, headers=headers, body=body)
