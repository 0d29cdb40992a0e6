"""With the sign-in the page shows a secret to the person it was sent to, and tells everybody else nothing."""

import pytest
import requests

from tests.journeys.conftest import BOTH_ENGINES
from tests.journeys.one_time_link import events, leaked, newest_link, secrets, state
from tests.journeys.signing_in import Window, signed_in, told_of_others, turned_away
from tests.journeys.world import World

TOKENS = ["u" * 43, "short", "", None, 5, ["A" * 43]]


def test_recipient(guarded: World) -> None:
    """Pressed in Slack, signed in, pressed on the page: the recipient sees the secret, and the audit names them."""
    token = guarded.press()
    window = signed_in(guarded, "ada")
    looked = window.post("look", token)
    shown = window.post("reveal", token)
    window.post("seen", token)
    rows = {row["event"]: row["actor"] for row in guarded.bot.store.audit.rows()}

    assert state(looked) == "ready"
    assert [password.hint for password in secrets(guarded)] == [shown.json()["secret"][:3]]
    assert {rows[name] for name in ("link:claim", "secret:view", "secret:seen")} == {guarded.around.ids["ada"]}
    assert turned_away(guarded) == []


def test_press_in_slack_is_still_needed(guarded: World) -> None:
    """Being the recipient is not enough: the link is also opened from its button in Slack."""
    window = signed_in(guarded, "ada")

    assert state(window.post("reveal", leaked(guarded))) == "not_armed"
    assert secrets(guarded) == ()


@pytest.mark.parametrize("act", ["look", "reveal"])
def test_nobody_signed_in(guarded: World, act: str) -> None:
    """Without a sign-in every token, right, unknown or none at all, hears the same, and nothing is used up."""
    token = guarded.press()
    window = Window(world=guarded)
    right, *wrong = [window.post(act, tried) for tried in (token, *TOKENS)]

    assert (right.status_code, state(right)) == (200, "sign_in")
    assert right.json()["offer"] == {"act": "sign_in", "label": "Sign in with Slack"}
    assert {(answer.status_code, answer.content) for answer in wrong} == {(right.status_code, right.content)}
    assert secrets(guarded) == ()
    assert turned_away(guarded) == []
    assert signed_in(guarded, "ada").post("reveal", token).json()["secret"]


def headers(answer: requests.Response) -> dict[str, str]:
    """The headers of an answer, but for the time of day."""
    return {name: value for name, value in answer.headers.items() if name != "Date"}


@BOTH_ENGINES
@pytest.mark.parametrize("act", ["look", "reveal"])
def test_somebody_else(world: World, act: str) -> None:
    """Somebody else hears what an unknown token hears: status, headers and bytes; nothing is minted or used up."""
    world.sign_in = True
    world.restart()
    world.ask()
    world.approve()
    token = world.press()
    grace = signed_in(world, "grace")
    refused, again, unknown = (grace.post(act, tried) for tried in (token, token, "u" * 43))

    assert refused.status_code == 404
    assert {(a.status_code, a.content) for a in (refused, again)} == {(unknown.status_code, unknown.content)}
    assert headers(refused) == headers(again) == headers(unknown)
    assert secrets(world) == ()
    assert world.entra.journal.calls("addPassword") == []
    assert signed_in(world, "ada").post("reveal", token).json()["secret"]


def test_recipient_is_told(guarded: World) -> None:
    """The recipient is told once that somebody else opened their link, and the audit says who it was."""
    token = guarded.press()
    grace = signed_in(guarded, "grace")
    for act in ("look", "reveal", "look", "seen"):
        grace.post(act, token)
    told = told_of_others(guarded)

    assert len(told) == 1
    assert "“Ward dashboard”" in told[0]
    assert "nothing was used up" in told[0]
    assert guarded.around.ids["grace"] not in told[0]
    assert [(row["actor"], row["link_id"]) for row in turned_away(guarded)] == [
        (guarded.around.ids["grace"], newest_link(guarded).id)
    ]
    assert told_of_others(guarded, "grace") == []


def test_each_other_person_is_told_of(guarded: World) -> None:
    """Two other people are two messages, whichever instance they came to."""
    token = leaked(guarded)
    signed_in(guarded, "grace").post("look", token)
    guarded.restart()
    signed_in(guarded, "grace").post("look", token)
    signed_in(guarded, "alan").post("look", token)

    assert len(told_of_others(guarded)) == 2
    assert [row["actor"] for row in turned_away(guarded)] == [guarded.around.ids[name] for name in ("grace", "alan")]


def test_unknown_tokens_are_told_to_nobody(guarded: World) -> None:
    """A token that is nobody's is written down nowhere."""
    grace = signed_in(guarded, "grace")
    for token in TOKENS:
        grace.post("reveal", token)

    assert told_of_others(guarded) == []
    assert turned_away(guarded) == []


def test_nobody_else_learns_how_it_stands(guarded: World) -> None:
    """Also of a link that was viewed, somebody else hears only what an unknown token hears."""
    token = guarded.press()
    ada, grace = signed_in(guarded, "ada"), signed_in(guarded, "grace")
    ada.post("reveal", token)

    assert state(ada.post("look", token)) == "viewed"
    assert grace.post("look", token).content == grace.post("look", "u" * 43).content


def test_seen_by_somebody_else(guarded: World) -> None:
    """Nobody but the recipient can say that the page showed the secret; the answer is the same nothing."""
    token = guarded.press()
    ada, grace, nobody = signed_in(guarded, "ada"), signed_in(guarded, "grace"), Window(world=guarded)
    ada.post("reveal", token)
    link_id = newest_viewed(guarded)
    answers = [window.post("seen", token) for window in (grace, nobody)]
    before = events(guarded, link_id)
    ada.post("seen", token)

    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert "secret:seen" not in before
    assert events(guarded, link_id)[-1] == "secret:seen"


def newest_viewed(world: World) -> str:
    """The link that was viewed last."""
    return next(str(row["link_id"]) for row in world.bot.store.audit.rows() if row["event"] == "secret:view")


def test_guesses_are_still_counted(guarded: World) -> None:
    """Somebody else's link counts as a wrong token: after ten of them within a minute one waits."""
    token = leaked(guarded)
    grace = signed_in(guarded, "grace")
    answers = [grace.post("look", token).status_code for _ in range(11)]

    assert answers == [404] * 10 + [429]


def test_without_a_script(guarded: World) -> None:
    """The form asks for the sign-in on a page with a link to it, and afterwards shows the secret."""
    token = guarded.press()
    window = Window(world=guarded)
    address = f"{guarded.server.url}/secret/reveal"
    first = window.session.post(address, data={"token": token}, timeout=30)
    page = window.get(f"{guarded.server.url}/secret")
    window.sign_in("ada")
    shown = window.session.post(address, data={"token": token}, timeout=30)

    assert 'href="/secret/sign-in"' in first.text
    assert 'href="/secret/sign-in"' in page.text
    assert "Here is your client secret" in shown.text


def test_page_is_the_same_for_everybody(guarded: World) -> None:
    """GET /secret tells nobody anything: signed in or not, its bytes and headers are the same."""
    address = f"{guarded.server.url}/secret"
    stranger, ada = Window(world=guarded).get(address), signed_in(guarded, "ada").get(address)

    assert (stranger.content, headers(stranger)) == (ada.content, headers(ada))


def test_another_owner_takes_the_link(guarded: World) -> None:
    """A link goes by who it was sent to: with a renewed one the recipient is let in, by the older one nobody."""
    older = leaked(guarded)
    guarded.around.person("ada").click(guarded.link_message(), "renew_link")
    guarded.settle()
    ada = signed_in(guarded, "ada")

    assert state(ada.post("reveal", older)) == "replaced"
    assert ada.post("reveal", guarded.press()).json()["secret"]
