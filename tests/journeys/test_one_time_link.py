"""The one-time link: armed in Slack, minted at the press, shown once; whatever fails, one live secret at most."""

import copy
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import requests

from bot.lifecycle import LinkStage
from bot.minting import LEASE
from bot.records import Link
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.entra.faults import ADD_PASSWORD, REMOVE_PASSWORD
from tests.sandbox.entra.probe import Probe
from tests.sandbox.entra.records import Password
from tests.sandbox.slack.faults import posted_then_lost
from tests.sandbox.slack.records import Message
from tests.sandbox.trouble import Fault

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SLACKBOT = "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"
AFTER_THE_LEASE = LEASE + timedelta(seconds=1)


@pytest.fixture
def approved(world: World) -> World:
    """A world in which Ada has just been sent her link."""
    world.ask()
    world.approve()
    return world


def leaked(world: World) -> str:
    """The newest token, read from the message without pressing its button."""
    return token_in(world.link_message())


def token_in(message: Message) -> str:
    """The token in a message."""
    return str(message.blocks).partition("secret#")[2][:43]


def link_messages(world: World) -> list[Message]:
    """Every message in which a link stands now."""
    return [message for message in world.around.person("ada").dm if "secret#" in str(message.blocks)]


def newest_link(world: World) -> Link:
    """The link of the newest message, as the bot knows it."""
    found = world.bot.use_cases.links.find(leaked(world))
    assert found is not None
    return found


def secrets(world: World) -> tuple[Password, ...]:
    """The client secrets that stand in Entra."""
    found: tuple[Password, ...] = world.entra.secrets(world.entra.applications[0].id)
    return found


def state(answer: requests.Response) -> str:
    """What the page is told."""
    return str(answer.json()["state"])


def accepts(world: World, secret: str) -> bool:
    """Whether Entra takes this secret for the application."""
    with Probe(world.entra) as probe:
        return probe.sign_in(client_id=world.entra.applications[0].app_id, client_secret=secret).ok


def events(world: World, link_id: str) -> list[str]:
    """What the audit says of one link, in order."""
    return [row["event"] for row in world.bot.store.audit.rows() if row["link_id"] == link_id]


def let_proof_end(world: World) -> None:
    """Wait until the trial of the new secret is over, and let what it found out be said."""
    world.bot.background.shutdown(wait=True)
    world.settle()


def ended_message(world: World, word: str) -> Message:
    """The newest message that says `word`."""
    return next(message for message in reversed(world.around.person("ada").dm) if word in message.reads)


def mint_as_a_dead_process_did(world: World, link: Link) -> str:
    """Make a secret under the link's mark that no row records; return its key id."""
    with Probe(world.entra) as probe:
        made = probe.add_password(world.entra.applications[0].id, displayName=f"production web server [{link.id}]")
    return str(made["keyId"])


def test_message(approved: World) -> None:
    """The message has all that a client needs but the secret, and the link with its end."""
    application = approved.entra.applications[0]
    authority = f"{approved.entra.authority}/{approved.entra.tenant_id}"
    reads = approved.link_message().reads

    for fact in (
        "“Ward dashboard”",
        f"`{application.app_id}`",
        f"`{approved.entra.tenant_id}`",
        f"`{authority}`",
        f"`{authority}/oauth2/v2.0/token`",
        "`00000003-0000-0000-c000-000000000000/User.Read`",
        "lives 180 days from the moment it is shown",
        "24 Nov 2026, 09:00 UTC",
        "for you only",
    ):
        assert fact in reads


def test_link_address(approved: World) -> None:
    """The link is a button's address with the token in its fragment, which stands nowhere in the message's text."""
    token = leaked(approved)
    outcome = approved.around.person("ada").click(approved.link_message(), "open_link")

    assert outcome.url == f"{approved.server.url}/secret#{token}"
    assert token not in approved.link_message().reads
    assert b"secret#" not in b"".join(path.read_bytes() for path in approved.folder.glob("bot.sqlite3*"))


def test_slack_is_told_not_to_unfurl(approved: World) -> None:
    """The message is posted with both unfurl flags off, so that Slack fetches nothing."""
    posts = [e.request_body.decode() for e in approved.slack.journal.exchanges if e.call.endswith("chat.postMessage")]
    post = json.loads(next(body for body in posts if "secret#" in body))

    assert (post["unfurl_links"], post["unfurl_media"]) == (False, False)


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


def test_shown_once(approved: World) -> None:
    """Pressed in Slack and on the page the secret is shown, is the one in Entra, and is never shown again."""
    token = approved.press()
    looked = approved.post("look", token)
    before = secrets(approved)
    shown = approved.reveal(token).json()["secret"]
    again = approved.reveal(token)

    assert state(looked) == "ready"
    assert before == ()
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert accepts(approved, shown)
    assert state(again) == "viewed"
    assert shown not in again.text


def test_life_begins_at_the_look(approved: World) -> None:
    """The 180 days of the secret begin when it is looked at, not at the approval."""
    approved.clock.advance(timedelta(hours=20))
    approved.secret()

    assert secrets(approved)[0].ends_at == approved.clock.now() + timedelta(days=180)


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


READABLE = {("", "GET"), ("", "HEAD")}


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


def test_expiry(approved: World) -> None:
    """After a day the link is dead, its message says so without it, and offers a new one, which works."""
    old = approved.press()
    approved.advance(hours=24)
    message = ended_message(approved, "Nobody opened this link")
    reads = message.reads
    told = state(approved.reveal(old))
    links = link_messages(approved)
    approved.around.person("ada").click(message, "renew_link")
    approved.settle()

    assert told == "expired"
    assert links == []
    assert "before <!date^1795510800^" in reads
    assert "No secret was made" in reads
    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_just_before_the_expiry(approved: World) -> None:
    """A minute before its end the link is as good as at first."""
    approved.advance(hours=23, minutes=59)

    assert approved.secret()


def test_new_link_before_viewing(approved: World) -> None:
    """A new link kills the older one, armed or not, and makes no second secret."""
    old = approved.press()
    approved.around.person("ada").click(approved.link_message(), "renew_link")
    approved.settle()
    told = state(approved.reveal(old))
    links = link_messages(approved)

    assert told == "replaced"
    assert len(links) == 1
    assert ended_message(approved, "A newer link took the place of this one")
    assert approved.secret()
    assert len(secrets(approved)) == 1


@pytest.mark.parametrize("button", ["renew_link", "not_seen"])
def test_two_clicks_are_one(approved: World, button: str) -> None:
    """Two clicks at once, and one on an old screen later, send one new link; the others are told what happened."""
    ada = approved.around.person("ada")
    if button == "not_seen":
        approved.secret()
    message = ended_message(approved, "I did not see it" if button == "not_seen" else "Show the secret")
    with ThreadPoolExecutor(2) as hands:
        clicks = [hands.submit(ada.click, message.now, button, stale=True) for _ in range(2)]
        outcomes = [click.result() for click in clicks]
    approved.settle()
    late = ada.click(message, button, stale=True)
    approved.settle()

    assert len(link_messages(approved)) == 1
    assert {outcome.status for outcome in outcomes} == {200}
    assert "newer link was sent to you" in " ".join(late.texts)
    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_new_link_after_viewing(approved: World) -> None:
    """On an old screen "Send me a new link" after the view does nothing, and says what to press instead."""
    message = approved.link_message()
    shown = approved.secret()
    outcome = approved.around.person("ada").click(message, "renew_link", stale=True)
    approved.settle()

    assert "press “I did not see it”" in " ".join(outcome.texts)
    assert link_messages(approved) == []
    assert accepts(approved, shown)


@pytest.mark.parametrize("lag", [0, 2])
def test_not_seen(approved: World, lag: int) -> None:
    """The button "I did not see it" removes that secret from Entra, also a young one, and sends a new link."""
    approved.entra.removal_lag = lag
    lost = approved.secret()
    approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()
    after = secrets(approved)
    shown = approved.secret()

    assert after == ()
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert (accepts(approved, lost), accepts(approved, shown)) == (False, True)


def test_not_seen_while_entra_is_down(approved: World) -> None:
    """When Entra is down the lost secret is removed as soon as it is up again."""
    lost = approved.secret()
    approved.entra.trouble.add(faults.unavailable(REMOVE_PASSWORD, times=100_000))
    approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()
    still_there = accepts(approved, lost)
    approved.entra.trouble.clear()
    approved.advance(minutes=16)

    assert still_there
    assert secrets(approved) == ()


def test_not_seen_too_late(approved: World) -> None:
    """After a day the secret may be in use: the click removes nothing and says what to do instead."""
    shown = approved.secret()
    approved.advance(hours=25)
    outcome = approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()

    assert "the secret may be in use" in " ".join(outcome.texts)
    assert link_messages(approved) == []
    assert accepts(approved, shown)


FAILURES = [
    faults.unavailable,
    faults.failed_500,
    faults.applied_then_500,
    faults.gateway_timeout,
    faults.reset_before,
    faults.reset_after,
    faults.half_an_answer,
]


@pytest.mark.parametrize("read_lag", [0, 2])
@pytest.mark.parametrize("make", FAILURES)
def test_entra_fails_at_the_press(approved: World, make: Callable[..., Fault], read_lag: int) -> None:
    """The press costs nothing: the same link shows a secret afterwards, and no orphan stays, however reads lag."""
    approved.entra.read_lag = read_lag
    approved.entra.trouble.add(make(ADD_PASSWORD, times=100))
    token = approved.press()
    failed = approved.reveal(token)
    approved.entra.trouble.clear()
    shown = approved.reveal(token).json()["secret"]
    for _ in range(5):
        approved.advance(minutes=20)

    assert state(failed) == "unavailable"
    assert "Nothing was used up" in failed.text
    assert failed.json()["offer"]["label"] == "Try again"
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert accepts(approved, shown)


@pytest.mark.parametrize("make", [faults.applied_then_500, faults.reset_after])
def test_orphan_of_a_link_that_ends(approved: World, make: Callable[..., Fault]) -> None:
    """When nobody presses again after a lost answer, the secret that it left is found and removed."""
    approved.entra.trouble.add(make(ADD_PASSWORD))
    approved.reveal(approved.press())
    left = len(secrets(approved))
    approved.advance(hours=24)
    for _ in range(5):
        approved.advance(minutes=20)

    assert left == 1
    assert secrets(approved) == ()


@pytest.mark.parametrize("fault", [faults.throttled(5, ADD_PASSWORD), faults.concurrency(times=2)])
def test_short_trouble_at_the_press(approved: World, fault: Fault) -> None:
    """A 429 or a 409 of concurrent writes that passes in some seconds is not even noticed."""
    approved.entra.trouble.add(copy.copy(fault))

    assert approved.secret()
    assert len(secrets(approved)) == 1


def test_young_application(approved: World) -> None:
    """A 404 of an application that is not yet known everywhere is waited out at the press."""
    approved.entra.applications[0].denials_left = 2

    assert approved.secret()


def test_link_lives_longer_after_a_failure(approved: World) -> None:
    """When the link's time runs out while Entra fails it lives on for ten minutes, and then ends as usual."""
    approved.advance(hours=23, minutes=55)
    token = approved.press()

    def take_long() -> None:
        approved.clock.advance(timedelta(minutes=6))

    approved.entra.trouble.add(Fault(match=ADD_PASSWORD, act=take_long, status=503, body={}, times=1))
    approved.entra.trouble.add(faults.unavailable(ADD_PASSWORD, times=100))
    approved.reveal(token)
    approved.entra.trouble.clear()
    approved.advance(minutes=9)

    assert approved.press() == token
    assert approved.reveal(token).json()["secret"]


def test_application_is_gone(approved: World) -> None:
    """When somebody deleted the application the page says so, and the approvers are told."""
    token = approved.press()
    with Probe(approved.entra) as probe:
        probe.call("DELETE", f"applications/{approved.entra.applications[0].id}")
    answer = approved.reveal(token)
    approved.settle()

    assert state(answer) == "refused"
    assert "does not exist in Entra any more" in answer.text
    assert "Entra refused to make the client secret" in approved.thread()[-1]


def test_answer_lost(approved: World) -> None:
    """Who lost the answer reads on a second look that it was shown, and what to press in Slack, which helps."""
    token = approved.press()
    approved.reveal(token)
    looked = approved.post("look", token)
    approved.settle()
    approved.around.person("ada").click(ended_message(approved, "I did not see it"), "not_seen")
    approved.settle()

    assert state(looked) == "viewed"
    assert "I did not see it" in looked.text
    assert approved.secret()
    assert len(secrets(approved)) == 1


@pytest.mark.parametrize("minted", [False, True])
@pytest.mark.parametrize("recovered", [False, True])
def test_process_died_while_minting(approved: World, *, minted: bool, recovered: bool) -> None:
    """A press left by a dead process keeps others out for its lease; the next one removes its orphan and mints."""
    token, link, now = approved.press(), newest_link(approved), approved.clock.now()
    approved.bot.store.links.claim(link.id, "lease-of-the-dead", now=now, until=now + LEASE)
    orphan = mint_as_a_dead_process_did(approved, link) if minted else ""
    meanwhile = [state(approved.post("look", token)), state(approved.reveal(token))]
    approved.clock.advance(AFTER_THE_LEASE)
    if recovered:
        approved.settle()
    shown = approved.reveal(token).json()["secret"]
    for _ in range(5):
        approved.advance(minutes=20)

    assert meanwhile == ["minting", "minting"]
    assert [password.hint for password in secrets(approved)] == [shown[:3]]
    assert orphan not in {password.key_id for password in secrets(approved)}
    assert ("secret:orphan_remove" in events(approved, link.id)) == minted


def test_death_of_which_nobody_hears(approved: World) -> None:
    """Without another press the dead process's orphan is removed, and the link is open again."""
    link, now = newest_link(approved), approved.clock.now()
    approved.press()
    approved.bot.store.links.claim(link.id, "lease-of-the-dead", now=now, until=now + LEASE)
    mint_as_a_dead_process_did(approved, link)
    approved.advance(seconds=AFTER_THE_LEASE.total_seconds())

    assert secrets(approved) == ()
    assert newest_link(approved).stage is LinkStage.OPEN


def test_secrets_of_others_are_left_alone(approved: World) -> None:
    """Looking for orphans removes no secret that was made by hand, or under another link's mark."""
    with Probe(approved.entra) as probe:
        for name in ("by hand", "production web server", "x [link-0000000000000000]"):
            probe.add_password(approved.entra.applications[0].id, displayName=name)
    approved.entra.trouble.add(faults.reset_after(ADD_PASSWORD))
    token = approved.press()
    approved.reveal(token)
    approved.reveal(token)
    for _ in range(5):
        approved.advance(minutes=20)

    assert [password.display_name for password in secrets(approved)][:3] == [
        "by hand",
        "production web server",
        "x [link-0000000000000000]",
    ]
    assert len(secrets(approved)) == 4


def test_minted_too_late(approved: World) -> None:
    """A process that was so slow that it lost its lease shows nothing, and removes what it minted."""
    recover = next(entry.work for entry in approved.bot.rounds if entry.name == "abandoned presses")

    def lose_the_lease() -> None:
        approved.clock.advance(AFTER_THE_LEASE)
        recover()

    approved.entra.trouble.add(Fault(match=ADD_PASSWORD, act=lose_the_lease))
    token = approved.press()
    answer = approved.reveal(token)

    assert state(answer) == "ready"
    assert "secret" not in answer.json()
    assert secrets(approved) == ()
    assert approved.reveal(token).json()["secret"]
    assert len(secrets(approved)) == 1


def reveal_in_firefox(world: World) -> str:
    """Press in Slack, and on the page in a browser that says who it is; return the secret."""
    token = world.press()
    answer = requests.post(
        f"{world.server.url}/secret/reveal", json={"token": token}, headers={"User-Agent": FIREFOX}, timeout=30
    )
    secret: str = answer.json()["secret"]
    return secret


@pytest.mark.parametrize("lag", [0, 3])
def test_message_after_the_view(approved: World, lag: int) -> None:
    """The message loses its link and says when and from which browser and address family, and that Entra accepts it."""
    approved.entra.secret_lag = lag
    approved.advance(hours=2)
    shown = reveal_in_firefox(approved)
    let_proof_end(approved)
    reads = ended_message(approved, "Shown").reads
    line = next(line for line in reads.splitlines() if "Shown" in line)

    assert link_messages(approved) == []
    assert "23 Nov 2026, 11:00 UTC" in line
    assert "Firefox on Linux, IPv4" in line
    assert "127.0.0.1" not in line
    assert f"begins with `{shown[:3]}` and ends on *22 May 2027*" in line
    assert "Entra accepted it" in line


def test_not_proven(approved: World) -> None:
    """A secret that Entra does not accept within a minute is said to be not proven, and what to do then."""
    approved.entra.secret_lag = 1000
    reveal_in_firefox(approved)
    let_proof_end(approved)

    assert "That Entra accepts it was not proven" in ended_message(approved, "Shown").reads


def test_proof_that_died(approved: World) -> None:
    """When the process that was trying the secret out dies, it is said to be not proven some minutes later."""
    approved.entra.secret_lag = 1000
    approved.bot.ending.set()
    reveal_in_firefox(approved)
    approved.restart()
    approved.advance(minutes=4)

    assert "That Entra accepts it was not proven" in ended_message(approved, "Shown").reads


def test_audit_of_a_look(approved: World) -> None:
    """Every change and every look is one row, in order, with who did it, and without token or secret."""
    link, token = newest_link(approved), approved.press()
    shown = approved.reveal(token).json()["secret"]
    approved.post("seen", token)
    approved.post("seen", token)
    let_proof_end(approved)
    rows = [row for row in approved.bot.store.audit.rows() if row["link_id"] == link.id]

    assert sorted(row["event"] for row in rows) == [
        "link:arm",
        "link:claim",
        "link:issue",
        "secret:accepted",
        "secret:seen",
        "secret:view",
    ]
    actors = {row["event"]: row["actor"] for row in rows}
    assert (actors["link:arm"], actors["secret:view"]) == (approved.around.ids["ada"], "browser")
    assert not [word for word in (token, shown) if word in str(rows)]


def fail_once(world: World) -> None:
    """Press while Entra is down."""
    world.entra.trouble.add(faults.reset_before(ADD_PASSWORD))
    world.reveal(world.press())


def lose(world: World) -> None:
    """See the secret, and say that one did not."""
    world.secret()
    world.around.person("ada").click(ended_message(world, "I did not see it"), "not_seen")
    world.settle()


AUDITED: list[tuple[str, Callable[[World], Any]]] = [
    ("link:expire", lambda world: world.advance(hours=24)),
    ("link:replace", lambda world: world.around.person("ada").click(world.link_message(), "renew_link")),
    ("link:give_back", fail_once),
    ("secret:disown", lose),
    ("secret:remove", lose),
]


@pytest.mark.parametrize(("event", "act"), AUDITED)
def test_audit_of_changes(approved: World, event: str, act: Callable[[World], Any]) -> None:
    """Each change of a link or of its secret leaves exactly one row of its own."""
    link = newest_link(approved)
    act(approved)

    assert events(approved, link.id).count(event) == 1


@pytest.mark.parametrize("may_read_history", [True, False])
def test_posted_and_the_answer_lost(world: World, *, may_read_history: bool) -> None:
    """Of a link message posted twice because Slack's answer was lost, only one link works; better, it is found."""
    if not may_read_history:
        world.slack.scopes.discard("im:history")
    world.ask()
    fault = posted_then_lost()
    # The first post after the approval is that into the thread, the second is the link's message.
    fault.skip = 1
    world.slack.trouble.add(fault)
    world.approve()
    world.advance(minutes=1)
    messages = link_messages(world)
    *older, newest = [token_in(message) for message in messages]
    world.press(message=messages[-1])

    assert len(older) == (0 if may_read_history else 1)
    assert [state(world.reveal(token)) for token in older] == ["unknown"] * len(older)
    assert world.reveal(newest).json()["secret"]
    assert len(secrets(world)) == 1
