"""Signed requests with anything in them: Slack's signature says who sent them, and nothing about what is in them."""

import copy
import io
import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers import ids
from tests.engines import ENGINES
from tests.fuzzing.keeping import WORK, Contents, kept
from tests.fuzzing.listening import TRACE
from tests.fuzzing.mutation import JUNK, broken
from tests.journeys.world import World
from tests.sandbox.slack.courier import Forgery, RawRequest, RequestKind, pack, sign

FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
BOTH_ENGINES = pytest.mark.parametrize("world", sorted(ENGINES), indirect=True)
ACTIONS = (
    *(ids.APPROVE, ids.DENY, ids.RETRY, ids.WITHDRAW, ids.CHANGE, ids.OPEN_LINK, ids.RENEW_LINK, ids.NOT_SEEN),
    *(ids.TAKE_LINK, ids.ROTATE, ids.ROTATE_APPLICATION, ids.SNOOZE, "unknown", "", "__proto__"),
)
# What a client could put into a button besides.
ODD = (
    *(
        "REQ-00000000:1",
        "REQ-00000000",
        "",
        ":",
        ":1",
        "1' OR '1'='1",
        "\x00",
        "\x00:1",
        "\ud800",
        "\ud800:1",
        "x" * 5000,
    ),
    *(f"REQ-00000000:{version}" for version in ("-1", "0", "2147483648", "9223372036854775808", "9" * 400, "²", "1.0")),
)
Payload = dict[str, Any]
# How a trace looks in the log.
TRACED = re.compile(r'"exception": "')


def all_of(logged: io.StringIO) -> str:
    """What was logged since this was asked last."""
    told = logged.getvalue()
    logged.seek(0)
    logged.truncate()
    return told


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
        payload = delivery.raw.payload
        action = (payload.get("actions") or [{}])[0].get("action_id")
        found[delivery.kind, action or payload.get("view", {}).get("callback_id") or payload.get("text")] = payload
    return [(kind, dict(payload)) for (kind, _), payload in found.items()]


def by(world: World, name: str, kind: RequestKind, payload: Payload) -> Payload:
    """The same done by somebody else."""
    person = world.around.ids[name]
    return {**payload, "user_id": person} if kind == "command" else {**payload, "user": {"id": person, "name": name}}


def everything_named(world: World) -> list[str]:
    """Every id in the database, and what a client could make of one."""
    found = [key for rows in kept(world).values() for key in rows]
    versions = [f"{key}:{version}" for key in found for version in (1, 2)]
    return [*found, *versions, *ODD]


@BOTH_ENGINES
@FUZZ
@given(data=st.data())
def test_broken_payloads(world: World, logged: io.StringIO, data: st.DataObject) -> None:
    """A signed payload with fields missing or changed brings no 5xx, and neither a trace nor a secret into the log."""
    kind, payload = data.draw(st.sampled_from(payloads(world)))
    send(world, kind, data.draw(broken(payload)))
    told = all_of(logged)

    assert world.slack.signing_secret not in told
    assert world.slack.bot_token not in told
    assert "secret#" not in told
    assert not TRACED.search(told)


@FUZZ
@given(data=st.data())
def test_edited_inside(world: World, logged: io.StringIO, data: st.DataObject) -> None:
    """The same of what a form carries through Slack and back, when something inside of it is changed."""
    forms = [payload for kind, payload in payloads(world) if kind == "view_submission"]
    payload = copy.deepcopy(data.draw(st.sampled_from(forms)))
    payload["view"]["private_metadata"] = json.dumps(data.draw(broken(json.loads(payload["view"]["private_metadata"]))))
    send(world, "view_submission", payload)

    assert not TRACED.search(all_of(logged))


def test_edited_inside_by_somebody_else(world: World) -> None:
    """Whoever puts any request, version or form into a form that they were given changes nothing of anybody else's."""
    before = kept(world)
    forms = [payload for kind, payload in payloads(world) if kind == "view_submission"]
    for form, name, named in itertools.product(forms, ("alan", "stan", "gus"), everything_named(world)):
        carried = {"form_id": named, "request_id": named.partition(":")[0], "version": 1}
        view = {**form["view"], "private_metadata": json.dumps(carried)}
        send(world, "view_submission", by(world, name, "view_submission", {**form, "view": view}))

    assert changed(before, world) == []


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
def test_every_button_with_every_value(world: World, logged: io.StringIO, name: str) -> None:
    """Whoever has no part in a thing changes nothing with any button, known or not, and any value; no trace is left."""
    before = kept(world)
    template = next(p for kind, p in payloads(world) if kind == "block_actions")
    for action, value in itertools.product(ACTIONS, everything_named(world)):
        pressed = {**template["actions"][0], "action_id": action, "value": value, "block_id": value or "b"}
        send(world, "block_actions", by(world, name, "block_actions", {**template, "actions": [pressed]}))

    assert not TRACED.search(logged.getvalue())
    assert changed(before, world) == []


@FUZZ
@given(body=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_any_body(world: World, logged: io.StringIO, body: bytes) -> None:
    """A signed body of any bytes, of either kind, brings no 5xx and no trace."""
    for content_type in ("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data"):
        deliver(world, signed(world, body, content_type))

    assert not TRACED.search(all_of(logged))


@FUZZ
@given(payload=JUNK, field=st.sampled_from(["payload", "command", "ssl_check", "type", "body"]))
def test_any_json(world: World, logged: io.StringIO, payload: Any, field: str) -> None:
    """A signed form whose one field is any JSON, and a signed body that is any JSON, bring no 5xx and no trace."""
    text = json.dumps(payload).encode()
    deliver(world, signed(world, field.encode() + b"=" + text, "application/x-www-form-urlencoded"))
    deliver(world, signed(world, text, "application/json"))

    assert not TRACED.search(all_of(logged))


def signed(world: World, body: bytes, content_type: str) -> RawRequest:
    """A request with this body, signed as Slack signs."""
    raw = pack("event", {}, world.slack.signing_secret, Forgery())
    stamp = raw.headers["X-Slack-Request-Timestamp"]
    signature = sign(world.slack.signing_secret, stamp, body)
    headers = {**raw.headers, "Content-Type": content_type, "X-Slack-Signature": signature}
    return RawRequest(kind="event", payload={}, headers=headers, body=body)
