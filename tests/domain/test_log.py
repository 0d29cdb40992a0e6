"""What a log line holds, and what no log line ever holds."""

import io
import json
import logging
import sys
import warnings
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult

from bot import log
from bot.model import SecretText

CLIENT_SECRETS = st.from_regex(r"[a-zA-Z0-9_~.]{3}[0-9]Q~[a-zA-Z0-9_~.-]{31,40}", fullmatch=True)
LINK_TOKENS = st.binary(min_size=32, max_size=32).map(lambda raw: urlsafe_b64encode(raw).decode().rstrip("="))
JSON_WEB_TOKENS = st.from_regex(r"eyJ[A-Za-z0-9_-]{20,60}\.[A-Za-z0-9_-]{20,60}\.[A-Za-z0-9_-]{20,60}", fullmatch=True)
SLACK_TOKENS = st.from_regex(r"(xox[bpe]|xapp|xoxe\.xoxp)-[0-9]{1,12}-[A-Za-z0-9-]{20,40}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
# What may stand right beside a secret: a link token is only told from other words when it stands alone, so something
# always stands between it and the text that follows. At the very end of a text it stands in an example below.
BESIDE = st.sampled_from(
    [" ", "\n", "\t", "'", '"', "#", "secret#", "secret%23", "=", "/", ":", "(", ",", "{", "é", "\u2028", "\x00"]
)
AFTER = st.sampled_from([" ", "\n", "'", '"', "%0A", "&", ",", "}", ")", ".", "é", "\u2028"])
SURROUNDED = st.tuples(TEXT, BESIDE, CLIENT_SECRETS | LINK_TOKENS | JSON_WEB_TOKENS | SLACK_TOKENS, AFTER, TEXT)
ONE_SECRET = "aB38Q~" + "x1_~.-y" * 5
# Written apart from its use: linters count the arguments of a format that they can see.
TOO_FEW = "%s of %s"
A_TOKEN = "A" * 21 + "-" + "b" * 21


@contextmanager
def logging_to(stream: io.StringIO, **options: Any) -> Iterator[logging.Logger]:
    """A logger whose lines go to a stream; the process's own logging is put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        log.configure(stream, **options)
        yield logging.getLogger("bot.some.room")
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = handlers
        root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line of a stream as the object that it is."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class Speaker:
    """Something that says a text when it is made one, and another way when it is shown."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Speaker({self._text!r})"


class Mute:
    """Something that cannot be made a text."""

    def __str__(self) -> str:
        raise RuntimeError(ONE_SECRET)

    __repr__ = __str__


def fail(text: str) -> None:
    """Fail at once."""
    raise KeyError(text)


def raise_with(text: str) -> None:
    """Fail with a text in the error, its cause and its note, and with another in a variable."""
    hidden = "the value of a variable"
    try:
        fail(text)
    except KeyError as cause:
        error = RuntimeError(f"{len(hidden)} {text}")
        error.add_note(text)
        raise error from cause


def log_and_fail(logger: logging.Logger) -> None:
    """Log a line, then fail."""
    logger.info("two")
    fail("boom")


def test_a_line_is_one_object_with_its_facts() -> None:
    """A reader of lines finds time, level, logger, event, and whatever was given beside."""
    stream = io.StringIO()
    with logging_to(stream, json=True) as logger:
        logger.info("Graph answered %s with %d", "GET", 200, extra={"tries": 2, "path": "/me", "parts": ["a", 1.5]})
    line = lines(stream)[0]
    moment = datetime.fromisoformat(line.pop("time"))

    assert line == {
        "level": "INFO",
        "logger": "bot.some.room",
        "event": "Graph answered GET with 200",
        "tries": 2,
        "path": "/me",
        "parts": ["a", 1.5],
    }
    assert moment.utcoffset() == UTC.utcoffset(None)


def test_a_line_for_the_eye_says_the_same() -> None:
    """On a terminal the same facts stand in a readable line."""
    stream = io.StringIO()
    with logging_to(stream, json=False) as logger, log.context(request_id="req-1"):
        logger.warning("It waits.", extra={"tries": 2})
    moment, rest = stream.getvalue().split(" ", 1)

    assert rest == "WARNING bot.some.room: It waits. request_id=req-1 tries=2\n"
    assert datetime.fromisoformat(moment).utcoffset() == UTC.utcoffset(None)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.mark.parametrize(("stream", "is_object"), [(io.StringIO(), True), (Terminal(), False)])
def test_a_terminal_gets_text_and_anything_else_gets_objects(stream: io.StringIO, *, is_object: bool) -> None:
    """Nobody has to say which it is."""
    with logging_to(stream) as logger:
        logger.info("Ready.")

    assert is_object == stream.getvalue().startswith("{")


def test_context_is_on_every_line_inside_and_on_none_outside() -> None:
    """What one request is about is said once, nests, and ends with it, also when it fails."""
    stream = io.StringIO()
    with logging_to(stream, json=True) as logger:
        with log.context(request_id="req-1", correlation="a"):
            logger.info("one")
            with pytest.raises(KeyError, match="boom"), log.context(correlation="b"):
                log_and_fail(logger)
            logger.info("three")
        logger.info("four")

    assert [(line.get("request_id"), line.get("correlation")) for line in lines(stream)] == [
        ("req-1", "a"),
        ("req-1", "b"),
        ("req-1", "a"),
        (None, None),
    ]


def test_a_fact_cannot_pass_for_one_of_the_lines_own() -> None:
    """An extra called level or time is kept under another name, and the line's own stays."""
    stream = io.StringIO()
    with logging_to(stream, json=True) as logger, log.context(level="context"):
        logger.info("x", extra={"event": "forged", "time": "forged"})
    line = lines(stream)[0]

    assert (line["level"], line["event"]) == ("INFO", "x")
    assert (line["level_"], line["event_"], line["time_"]) == ("context", "forged", "forged")


@given(TEXT, TEXT)
@example("x\n2026-01-01T00:00:00+00:00 INFO bot: forged", "\x1b[2J")
@example("\u2028\x85\x0b\x0c\r", "\r\n")
def test_a_record_is_one_line_whatever_it_says(message: str, fact: str) -> None:
    """Nobody forges a line, or moves a terminal's cursor, by what they type into Slack."""
    for structured in (True, False):
        stream = io.StringIO()
        with logging_to(stream, json=structured) as logger:
            logger.info("%s", message, extra={"fact": fact})
        text = stream.getvalue()

        assert text.endswith("\n")
        assert text[:-1].isprintable()


def test_a_traceback_tells_calls_and_no_values() -> None:
    """What went wrong and where is there, with its cause; what variables held is not."""
    for structured in (True, False):
        stream = io.StringIO()
        with logging_to(stream, json=structured) as logger:
            try:
                raise_with("boom")
            except RuntimeError:
                logger.exception("It failed.")
        text = stream.getvalue()

        assert "RuntimeError: 23 boom" in text
        assert "KeyError: 'boom'" in text
        assert "in raise_with" in text
        assert "hidden = " not in text


def test_a_traceback_for_the_eye_is_indented() -> None:
    """No line of an error's text stands where a record begins."""
    stream = io.StringIO()
    with logging_to(stream, json=False) as logger:
        try:
            raise_with("one\n2026-01-01 INFO bot: forged\x1b[2J")
        except RuntimeError:
            logger.exception("It failed.")
    first, *rest = stream.getvalue().splitlines()

    assert first.endswith("It failed.")
    assert rest
    assert all(line.startswith("    ") and line.isprintable() for line in rest)


def test_a_stack_is_shown_when_it_is_asked_for() -> None:
    """stack_info reaches the line, as the calls that led there."""
    stream = io.StringIO()
    with logging_to(stream, json=True) as logger:
        logger.info("Here.", stack_info=True)

    assert "test_a_stack_is_shown" in lines(stream)[0]["exception"]


def everything_logged(text: str, *, structured: bool) -> str:
    """What comes out when a text stands in every place of a record."""
    stream = io.StringIO()
    with (
        logging_to(stream, json=structured, level="DEBUG") as logger,
        log.context(correlation=text, nested=[{text: 1}]),
    ):
        logger.info(text.replace("%", "%%"), extra={"fact": text, "deep": {"list": [(text,), {text}]}})
        logger.info("%s %r", text, text)
        logger.info("%s", {"key": [text, text.encode()]})
        logger.info("x", extra={"speaker": Speaker(text), "bytes": text.encode(), "deeper": [[[[[[[text]]]]]]]})
        logger.info(Speaker(text))
        logger.info(TOO_FEW, text)
        logger.info("x", extra={f"fact {text}": 1})
        logging.getLogger("slack_sdk.web").error("The answer has a non-JSON format: %s", text)
        try:
            raise_with(text)
        except RuntimeError:
            logger.exception(text.replace("%", "%%"))
    return stream.getvalue()


@given(SURROUNDED, st.booleans())
@example(("", "", ONE_SECRET, "", ""), True)
@example(("aB3", "8Q~", ONE_SECRET, "-x", ""), True)
@example(("eyJaaaaaaaaaaaaaaa", "", ONE_SECRET, "", ""), True)
@example(("xoxb-12345", "", ONE_SECRET, "", ""), True)
@example(("Bearer ", "", ONE_SECRET, "", ""), False)
@example(("client_secret=", "'", A_TOKEN, "'", ""), False)
@example(("https://apps.example.com/", "secret#", A_TOKEN, "", ""), True)
@example(("https://apps.example.com/", "secret%23", A_TOKEN, "", ""), False)
@example(("", "\n", A_TOKEN, "\n", ""), True)
def test_a_secret_never_comes_out(parts: tuple[str, str, str, str, str], structured: bool) -> None:  # noqa: FBT001 - drawn by hypothesis
    """Wherever in a record a secret stands, no line shows it, not even half of it."""
    secret = parts[2]
    out = everything_logged("".join(parts), structured=structured)
    half = len(secret) // 2

    assert log.MASK in out
    assert secret[:half] not in out
    assert secret[half:] not in out


@pytest.mark.parametrize(
    ("text", "out"),
    [
        (f"made {ONE_SECRET}.", "made [masked]"),
        (f"client_secret={ONE_SECRET.replace('~', '%7E')}&x=1", "client_secret=[masked]&x=1"),
        ("client_secret=short&scope=a", "client_secret=[masked]&scope=a"),
        ("{'access_token': 'opaque', 'expires_in': 3599}", "{'access_token': '[masked]', 'expires_in': 3599}"),
        ("Authorization: Bearer abcdefghijklmnop.qrs", "Authorization: Bearer [masked]"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln", "token [masked]"),
        ("xoxb-1-2-abc and xapp-1-A-2-b and xoxe.xoxp-1-abc", "[masked] and [masked] and [masked]"),
        ("https://hooks.slack.com/actions/T1/2/abc failed", "https://hooks.slack.com/[masked] failed"),
        ("wss://wss.slack.com/link/?ticket=abc-def&app_id=1", "wss://wss.slack.com/link/?ticket=[masked]&app_id=1"),
        (f"https://apps.example.com/secret#{A_TOKEN}", "https://apps.example.com/secret#[masked]"),
        (f"['{A_TOKEN}']", "['[masked]']"),
    ],
)
def test_what_is_shaped_like_a_secret_is_masked(text: str, out: str) -> None:
    """The mask covers the secret and leaves what stands around it."""
    assert out == log.masked(text)
    assert out == log.masked(out)


@pytest.mark.parametrize(
    "text",
    [
        "Graph answered POST /applications/{id}/addPassword with 200",
        "request-id 11111111-2222-3333-4444-555555555555",
        "a bearer of news, a password, a token: none of them is one",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "A" * 42,
        "A" * 44,
        "hint abc",
    ],
)
def test_what_is_no_secret_stays_readable(text: str) -> None:
    """A log that masks ids and plain words helps nobody."""
    assert text == log.masked(text)


def test_a_value_named_as_a_secret_is_masked_whatever_its_shape() -> None:
    """A key that names a secret is enough, at any depth."""
    stream = io.StringIO()
    with logging_to(stream, json=True) as logger:
        logger.info("x", extra={"client_secret": "short", "answer": {"access_token": ["opaque"], "expires_in": 3599}})
    line = lines(stream)[0]

    assert (line["client_secret"], line["answer"]) == (log.MASK, {"access_token": log.MASK, "expires_in": 3599})


def test_a_secret_text_shows_itself_to_no_log() -> None:
    """The type that carries a new client secret prints as a name."""
    stream = io.StringIO()
    with logging_to(stream, json=True) as logger:
        logger.info("%s", SecretText("plain"), extra={"text": SecretText("plain")})

    assert "plain" not in stream.getvalue()


def test_a_record_that_cannot_be_written_costs_no_other_and_tells_nothing() -> None:
    """Arguments that do not fit or cannot be read leave a line, and nothing on standard error."""
    stream, errors, kept = io.StringIO(), io.StringIO(), sys.stderr
    sys.stderr = errors
    try:
        with logging_to(stream, json=True) as logger:
            logger.info(TOO_FEW, "one")
            logger.info("%s", Mute(), extra={"mute": Mute()})
            logger.info("number", extra={"number": 10**5000})
            logger.info("still here", extra={"ratio": float("nan"), "\ud800": "\ud800"})
    finally:
        sys.stderr = kept
    first, second, third, fourth = stream.getvalue().splitlines()

    assert json.loads(first)["event"] == "%s of %s (with arguments that do not fit)"
    assert json.loads(second)["mute"] == "<Mute>"
    assert third == "A line of bot.some.room could not be written."
    assert json.loads(fourth)["ratio"] == "nan"
    assert not errors.getvalue()


def test_a_stream_of_few_characters_gets_every_line() -> None:
    """A terminal that knows ASCII alone costs no line; what it cannot show is spelled out."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    with logging_to(stream, json=False) as logger:  # type: ignore[arg-type]  # a real stream, not a StringIO
        logger.info("Zoë \ud800")
    stream.flush()

    assert raw.getvalue().endswith(rb"Zo\xeb \ud800" + b"\n")


def test_the_log_is_the_only_place() -> None:
    """Configuring twice writes each line once, to the later stream; nothing else hears the root."""
    first, second = io.StringIO(), io.StringIO()
    with logging_to(first, json=True) as logger:
        log.configure(second, json=True)
        logger.info("once")

    assert (lines(first), [line["event"] for line in lines(second)]) == ([], ["once"])


def test_the_level_is_the_operators() -> None:
    """Below the level nothing is written."""
    stream = io.StringIO()
    with logging_to(stream, json=True, level="WARNING") as logger:
        logger.info("quiet")
        logger.warning("heard")

    assert [line["event"] for line in lines(stream)] == ["heard"]


def test_a_warning_of_pythons_is_a_line() -> None:
    """What a library warns of is logged, and masked like everything else."""
    stream = io.StringIO()
    with warnings.catch_warnings(), logging_to(stream, json=True):
        warnings.simplefilter("always")
        warnings.warn(f"old way {ONE_SECRET}", UserWarning, stacklevel=1)

    assert "old way [masked]" in lines(stream)[0]["event"]


def test_an_adopted_logger_speaks_through_this_log() -> None:
    """The handlers that gunicorn gives its own logger are taken away, and its lines are masked."""
    stream, own = io.StringIO(), io.StringIO()
    logger = logging.getLogger("gunicorn.like")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(own))
    with logging_to(stream, json=True):
        log.adopt("gunicorn.like")
        logger.error("Error handling request %s", ONE_SECRET)

    assert lines(stream)[0]["event"] == "Error handling request [masked]"
    assert not own.getvalue()


@pytest.mark.parametrize(
    "name", ["slack_bolt.App", "slack_sdk.web.base_client", "urllib3.connectionpool", "msal.token"]
)
def test_a_library_that_logs_bodies_cannot_be_made_to(name: str) -> None:
    """Not by the operator's DEBUG, and not by a level that the library sets for itself."""
    stream = io.StringIO()
    with logging_to(stream, json=True, level="DEBUG"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.DEBUG)
        logger.debug("body: everything")
        logger.info("body: everything")
        logger.warning("It will be tried again.")
        logger.setLevel(logging.NOTSET)

    assert [line["event"] for line in lines(stream)] == ["It will be tried again."]


def swallow() -> None:
    """A middleware that neither goes on nor answers."""


def test_bolt_logs_no_body() -> None:
    """A body that is not from Slack, and one that a middleware swallowed, stay out of a log at DEBUG."""
    stream = io.StringIO()
    known = AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1-a", bot_id="B1", bot_user_id="U1")
    with logging_to(stream, json=True, level="DEBUG"):
        app = App(signing_secret="x", authorize=lambda: known)
        refused = app.dispatch(BoltRequest(body="text=planted", headers={"x-slack-signature": ["v0=1"]}))
        app = App(authorize=lambda: known, request_verification_enabled=False)
        app.use(swallow)
        swallowed = app.dispatch(BoltRequest(body={"type": "block_actions", "value": "planted"}, mode="socket_mode"))

    assert (refused.status, swallowed.status) == (401, 404)
    assert [line["event"].endswith("for the request (left out)") for line in lines(stream)] == [True]
    assert "planted" not in stream.getvalue()
