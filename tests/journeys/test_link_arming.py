"""Nothing but the recipient's press in Slack makes the page able to show; looking uses nothing up."""

import copy

import pytest
import requests

from tests.journeys.one_time_link import FIREFOX, ended_message, leaked, link_messages, secrets, state
from tests.journeys.world import World

SLACKBOT = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
READABLE = {("", "GET"), ("", "HEAD")}


def test_not_armed(approved: World) -> None:
    """A leaked link that nobody pressed in Slack mints nothing, tells nothing, and uses nothing up."""
    token = leaked(approved)
    answers = [approved.post("look", token), approved.reveal(token)]

    assert [state(answer) for answer in answers] == ["not_armed", "not_armed"]
    for answer in answers:
        assert approved.entra.applications[0].app_id not in answer.text
    assert secrets(approved) == ()
    assert approved.entra.journal.calls("addPassword") == []
    assert approved.secret()


@pytest.mark.parametrize("button", ["open_link", "renew_link", "not_seen"])
def test_press_of_somebody_else(approved: World, button: str) -> None:
    """Somebody else's click on the link's buttons, however it is made, arms, renews and removes nothing."""
    ada, alan = approved.around.person("ada"), approved.around.person("alan")
    if button == "not_seen":
        approved.secret()
    message = ended_message(approved, "I did not see it" if button == "not_seen" else "Show the secret")
    links, stood = len(link_messages(approved)), secrets(approved)
    block = next(block for block in message.blocks if block["type"] == "actions")
    pressed = next(element for element in block["elements"] if element["action_id"] == button)
    genuine = ada.click(approved.around.person("ada").dm[0], "withdraw", stale=True)
    assert genuine.delivery is not None
    payload = copy.deepcopy(dict(genuine.delivery.raw.payload))
    payload["actions"][0].update(action_id=button, block_id=block["block_id"], value=pressed["value"])
    payload["user"]["id"] = alan.id
    before = len(ada.ephemerals())
    delivery = alan._send("block_actions", payload)
    approved.settle()

    assert delivery.status == 200
    assert [message.reads for message in ada.ephemerals()[before:]] == ["This link was sent to somebody else."]
    assert (len(link_messages(approved)), secrets(approved)) == (links, stood)
    if button != "not_seen":
        assert state(approved.post("look", leaked(approved))) == "not_armed"


def test_arming_ends(approved: World) -> None:
    """Ten minutes after the press in Slack the page sends back to Slack; another press arms it again."""
    token = approved.press()
    approved.advance(minutes=9, seconds=59)
    in_time = state(approved.post("look", token))
    approved.advance(seconds=1)
    late = approved.reveal(token)

    assert (in_time, state(late)) == ("ready", "not_armed")
    assert secrets(approved) == ()
    assert approved.press() == token
    assert approved.reveal(token).json()["secret"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["", "/look", "/reveal", "/seen"])
def test_fetching_consumes_nothing(approved: World, method: str, path: str) -> None:
    """GET, HEAD and OPTIONS by browsers, previews and scanners leave an armed link as it was."""
    token = approved.press()
    url = f"{approved.server.url}/secret{path}"
    answers = [
        requests.request(method, url, params=params, headers={"User-Agent": agent}, timeout=10)
        for agent in (FIREFOX, SLACKBOT)
        for params in ({}, {"token": token})
    ]

    assert {answer.status_code for answer in answers} == ({200} if (path, method) in READABLE else {405})
    assert len({answer.content for answer in answers}) == 1
    assert secrets(approved) == ()
    assert approved.reveal(token).json()["secret"]


def test_prefetch_consumes_nothing(approved: World) -> None:
    """A browser that fetches ahead, and another site's page, are turned away without using the link up."""
    token = approved.press()
    for headers in ({"Sec-Purpose": "prefetch"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        url = f"{approved.server.url}/secret/reveal"
        assert requests.post(url, json={"token": token}, headers=headers, timeout=10).status_code == 403

    assert secrets(approved) == ()
    assert approved.reveal(token).json()["secret"]


def test_looking_consumes_nothing(approved: World) -> None:
    """Looking as often as one likes leaves the link as it was, and is told everything but the secret."""
    token = approved.press()
    answers = [approved.post("look", token) for _ in range(10)]

    assert {answer.text for answer in answers} == {answers[0].text}
    assert approved.entra.applications[0].app_id in answers[0].text
    assert secrets(approved) == ()


@pytest.mark.parametrize("act", ["look", "reveal"])
def test_no_oracle(approved: World, act: str) -> None:
    """Every wrong token hears the same constant answer: same status, same bytes, whatever is wrong with it."""
    token = approved.press()
    wrong = ["", "x", "A" * 43, token[:-1], token + "A", token[1:] + token[0], "ä" * 43]
    answers = [approved.post(act, guess) for guess in wrong]

    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}
    assert state(answers[0]) == "unknown"
    assert secrets(approved) == ()
