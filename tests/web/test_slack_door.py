"""What Slack's framework never sees: signature headers of no form, and bodies of no sane length."""

import hashlib
import hmac
import time
from collections.abc import Callable

import pytest
from flask import Flask, Request, Response
from slack_bolt import App
from slack_bolt.adapter.flask import SlackRequestHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

GOOD_SIGNATURE = f"v0={'0' * 64}"
ARABIC_DIGITS = "".join(chr(0x660 + int(digit)) for digit in "1700000000")
MALFORMED: tuple[dict[str, str], ...] = (
    ({}),
    ({"X-Slack-Request-Timestamp": "1700000000"}),
    ({"X-Slack-Signature": GOOD_SIGNATURE}),
    ({"X-Slack-Request-Timestamp": "abc", "X-Slack-Signature": GOOD_SIGNATURE}),
    ({"X-Slack-Request-Timestamp": "1.5e9", "X-Slack-Signature": GOOD_SIGNATURE}),
    ({"X-Slack-Request-Timestamp": "-1700000000", "X-Slack-Signature": GOOD_SIGNATURE}),
    ({"X-Slack-Request-Timestamp": ARABIC_DIGITS, "X-Slack-Signature": GOOD_SIGNATURE}),
    ({"X-Slack-Request-Timestamp": "9" * 5000, "X-Slack-Signature": GOOD_SIGNATURE}),
    ({"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": "v0=é" + "0" * 63}),
    ({"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": "0" * 64}),
    ({"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": f"v1={'0' * 64}"}),
    ({"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": f"v0={'0' * 63}"}),
)


@pytest.mark.parametrize("headers", MALFORMED)
def test_malformed_signatures_never_reach_slacks_framework(
    make_web: Callable[..., Flask], headers: dict[str, str]
) -> None:
    """Signature headers that are missing or not of Slack's form are 401, and the framework is not called."""
    heard: list[Request] = []

    def slack(request: Request) -> Response:
        heard.append(request)
        return Response("")

    latin = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    answer = make_web(slack=slack).test_client().post("/slack/events", data="token=x", headers=latin)

    assert (answer.status_code, heard) == (401, [])


def test_long_slack_body_is_refused(make_web: Callable[..., Flask]) -> None:
    """A body over one MiB is 413 before the framework reads, checks or logs it."""
    heard: list[Request] = []

    def slack(request: Request) -> Response:
        heard.append(request)
        return Response("")

    client = make_web(slack=slack).test_client()
    headers = {"X-Slack-Request-Timestamp": "1700000000", "X-Slack-Signature": GOOD_SIGNATURE}
    statuses = [
        client.post("/slack/events", data=b"x" * size, headers=headers).status_code for size in (2**20, 2**20 + 1)
    ]

    assert (statuses, len(heard)) == ([200, 413], 1)


@pytest.mark.parametrize(("key", "status"), [("the-signing-secret", 200), ("another-secret", 401)])
def test_well_formed_signatures_are_for_bolt_to_judge(make_web: Callable[..., Flask], key: str, status: int) -> None:
    """Real Bolt behind the door gets the raw body: a true signature is heard, a false one is its own 401."""
    bolt = App(
        client=WebClient(token="xoxb-test"),
        signing_secret="the-signing-secret",
        token_verification_enabled=False,
        request_verification_enabled=True,
        ssl_check_enabled=False,
        authorize=lambda: AuthorizeResult(enterprise_id=None, team_id=None),
    )
    client = make_web(slack=SlackRequestHandler(bolt).handle).test_client()
    headers, body = signed(key, b'{"type":"url_verification","challenge":"canary \xc3\xa9"}')
    answer = client.post("/slack/events", data=body, headers=headers, content_type="application/json")

    assert status == answer.status_code


def signed(key: str, body: bytes) -> tuple[dict[str, str], bytes]:
    """Sign a body now, as Slack does."""
    stamp = str(int(time.time()))
    digest = hmac.new(key.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}, body
