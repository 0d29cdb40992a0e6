"""The client secret's text and the link's token are nowhere but where they belong."""

import io
from pathlib import Path

from tests.journeys.signing_in import Window, query, signed_in
from tests.journeys.world import World
from tests.sandbox.entra import faults
from tests.sandbox.slack import faults as slack_faults


def files(folder: Path) -> bytes:
    """Every byte that the bot has on its disk, the write-ahead log included."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def tell(world: World) -> tuple[list[str], list[str], list[bytes]]:
    """Play ask, approve, presses that fail and one that wins, a rotation; return secrets, tokens, other answers."""
    secrets, tokens, answers = [], [], []
    world.ask()
    world.approve()
    for attempt in range(2):
        if attempt:
            world.advance(days=121)
            reminder = next(m for m in reversed(world.around.person("ada").dm) if "Rotate now" in str(m.blocks))
            world.around.person("ada").click(reminder, "rotate")
            world.settle()
        token = world.press()
        tokens.append(token)
        answers.append(world.post("look", token).content)
        world.entra.trouble.add(faults.applied_then_500(faults.ADD_PASSWORD))
        answers.append(world.reveal(token).content)
        shown = world.reveal(token)
        secrets.append(shown.json()["secret"])
        answers += [world.reveal(token).content, world.post("look", token).content]
        world.settle()
    return secrets, tokens, answers


def test_secret_text(world: World, lines: io.StringIO) -> None:
    """The secret's text is in one web answer, and in no file, log line, Slack message or other answer."""
    secrets, _, answers = tell(world)
    world.bot.background.shutdown(wait=True)
    world.settle()
    said = "\n".join(world.slack.all_text())
    kept, logged, answered = files(world.folder), lines.getvalue(), b"".join(answers)

    for secret in secrets:
        assert secret not in said
        assert secret.encode() not in kept
        assert secret not in logged
        assert secret.encode() not in answered


def test_link_token(world: World, lines: io.StringIO) -> None:
    """The link's token is in its one message, and in no file, log line, call to Graph or answer of the page."""
    _, tokens, answers = tell(world)
    world.bot.background.shutdown(wait=True)
    kept, logged, answered = files(world.folder), lines.getvalue(), b"".join(answers)
    graph = b"".join(e.request_body + e.call.encode() for e in world.entra.journal.exchanges)
    posts = [e for e in world.slack.journal.exchanges if tokens[0].encode() in e.request_body]

    assert [e.call for e in posts] == ["POST /api/chat.postMessage"]
    for token in tokens:
        assert token.encode() not in kept
        assert token not in logged
        assert token.encode() not in graph
        assert token.encode() not in answered


def test_bearer_tokens(world: World, lines: io.StringIO) -> None:
    """No access token, bot token, signing secret or own credential is in a file, a log line or a Slack message."""
    tell(world)
    world.bot.background.shutdown(wait=True)
    bearer = world.bot.entra.tokens.token()
    kept, logged, said = files(world.folder), lines.getvalue(), "\n".join(world.slack.all_text())

    for text in (bearer, world.slack.bot_token, world.slack.signing_secret, world.entra.bot_secret):
        assert text.encode() not in kept
        assert text not in logged
        assert text not in said
    assert logged


def test_sign_in(guarded: World, lines: io.StringIO) -> None:
    """Of a sign-in no code, token, state, nonce or cookie, and not the client's secret, is in a file, log or message.

    That holds also for one that fails: of somebody else, cancelled, not answered, refused, not for us.
    """
    token, openid = guarded.press(), guarded.slack.openid
    window = Window(world=guarded)
    asked = query(window.begin().headers["Location"])
    going = window.cookie("sign-in")
    for person in ("grace", None):
        window.sign_in(person)
    window.post("reveal", token)
    for fault in (slack_faults.down("openid.connect.token"), slack_faults.refused("openid.connect.token", "bad_word")):
        guarded.slack.trouble.add(fault)
        window.sign_in("ada")
    openid.claims = {"nonce": "A" * 43}
    window.sign_in("ada")
    openid.claims = {}
    ada = signed_in(guarded, "ada")
    ada.post("reveal", token)
    guarded.settle()
    kept, logged = files(guarded.folder), our_lines(lines)
    read = "\n".join(message.reads for message in guarded.slack.workspace.messages)
    texts = [*openid.codes, *openid.id_tokens, *openid.access_tokens, openid.client_secret]
    texts += [asked["state"], asked["nonce"], str(going), str(window.cookie("viewer")), str(ada.cookie("viewer"))]

    assert len(texts) == len(openid.codes) + 12
    assert [text for text in texts if text.encode() in kept] == []
    assert [text for text in texts if text in logged] == []
    assert [text for text in texts if text in read] == []
    assert "/secret/signed-in 200" in logged


def our_lines(lines: io.StringIO) -> str:
    """What the bot logged; the testers' own requests, which hold what their browser was told, are left out."""
    return "\n".join(line for line in lines.getvalue().splitlines() if '"logger": "urllib3' not in line)
