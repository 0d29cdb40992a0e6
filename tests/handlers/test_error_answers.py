"""The one error handler: it answers where the person stands, whatever came, and never fails itself."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.errors import AlreadySettled, Refusal
from handlers import errors, ids, views

INPUT = {"type": "input", "block_id": "why"}
TEXT = {"type": "section", "block_id": "said"}
LATE = AlreadySettled("Grace was faster.")


class Mute(Refusal):
    """An error that cannot say itself."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError


@pytest.fixture
def app() -> Iterator[App]:
    """Bolt with our error handler, and listeners that raise what a test wants."""
    made = App(
        client=WebClient(token="xoxb-test"),
        signing_secret="not asked",
        request_verification_enabled=False,
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
        raise_error_for_unhandled_request=True,
    )
    errors.register(made)
    yield made
    made.listener_runner.listener_executor.shutdown(wait=True)


def answer(app: App, error: Exception, **body: Any) -> tuple[int, Any]:
    """What is answered to a request whose listener raises `error`."""

    def fail() -> None:
        raise error

    app.view(ids.REQUEST_FORM)(fail)
    app.action(ids.APPROVE)(fail)
    app.command(ids.COMMAND)(fail)
    said = app.dispatch(BoltRequest(body=json.dumps(body), headers={"content-type": "application/json"}))
    return said.status, json.loads(said.body) if said.body else None


def submission(**view: Any) -> dict[str, Any]:
    """A submitted form, as far as the error handler looks at it."""
    return {"type": "view_submission", "view": {"type": "modal", "callback_id": ids.REQUEST_FORM, **view}}


@pytest.mark.parametrize(
    "blocks",
    [None, 5, "why", [], [None], [TEXT], [{"type": "input"}], [{"type": "input", "block_id": 5}], {"0": INPUT}],
)
def test_no_field_to_stand_beside(app: App, blocks: object) -> None:
    """A refusal that finds no field to stand beside takes the modal's place."""
    status, said = answer(app, Refusal("Not now."), **submission(blocks=blocks))

    assert (status, said["response_action"]) == (200, "update")
    assert "Not now." in str(said["view"])


def test_beside_the_last_field(app: App) -> None:
    """What may go well at the next try stands beside the last field that is one."""
    said = answer(app, Refusal("Not now."), **submission(blocks=[INPUT, {**INPUT, "block_id": "last"}, TEXT, None]))

    assert said == (200, {"response_action": "errors", "errors": {"last": "Not now."}})


@pytest.mark.parametrize("view", [None, 5, [], "view"])
def test_no_modal(view: object) -> None:
    """A refusal about something that is no modal is said in a modal of its own."""
    assert views.refused(LATE, view) == views.instead("Grace was faster.")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (submission(blocks=[INPUT]), views.instead(errors.NOT_ANSWERED)),
        ({"command": ids.COMMAND}, {"response_type": "ephemeral", "text": errors.NOT_ANSWERED}),
        ({"type": "block_actions", "actions": [{"type": "button", "action_id": ids.APPROVE, "block_id": "b"}]}, None),
    ],
)
def test_it_never_fails(app: App, caplog: pytest.LogCaptureFixture, body: dict[str, Any], expected: object) -> None:
    """When answering an error fails, somebody is told all the same, at once, and the log knows."""
    assert answer(app, Mute(), **body) == (200, expected)
    assert [record.levelno for record in caplog.records if record.name == errors.__name__] == [logging.ERROR]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (submission(blocks=[INPUT], state={"values": 5}, private_metadata=""), ".user"),
        (
            {"type": "block_actions", "actions": [{"type": "button", "action_id": ids.APPROVE, "block_id": "b"}]},
            ".user",
        ),
        ({"command": ids.COMMAND, "user_id": "U1", "trigger_id": "1", "text": "\ud800"}, "a text"),
    ],
)
def test_what_slack_never_sends(app: App, caplog: pytest.LogCaptureFixture, body: dict[str, Any], field: str) -> None:
    """An error over a request that has not the form of Slack's is no error of ours: a warning, without a trace."""
    status, said = answer(app, KeyError("user"), **body)
    (record,) = [record for record in caplog.records if record.name == errors.__name__]

    assert (status, errors.UNREADABLE in str(said) or said is None) == (200, True)
    assert (record.levelno, record.exc_info, field in record.getMessage()) == (logging.WARNING, None, True)


def test_what_slack_does_send(app: App, caplog: pytest.LogCaptureFixture) -> None:
    """The same error over a request of Slack's form is ours: the log has its trace, under the number that is told."""
    _, said = answer(app, KeyError("user"), command=ids.COMMAND, user_id="U1", trigger_id="1", text="list")
    (record,) = [record for record in caplog.records if record.name == errors.__name__]

    assert (record.levelno, record.exc_info is not None) == (logging.ERROR, True)
    assert record.getMessage().split()[2] in said["text"]
