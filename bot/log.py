"""Structured logging on the standard library, with a last line of defence: what is shaped like a secret is masked.

Nothing is meant to log a secret in the first place; the mask is there for the day on which something does. It is laid
over every text on its own (message, extra, traceback) before the line is put together, because quoting and escaping
would change the shapes.
"""

import contextlib
import contextvars
import json as json_format
import logging
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from traceback import TracebackException
from types import MappingProxyType
from typing import Any, Final, TextIO

MASK: Final = "[masked]"

# The shapes, the widest first, so that no shape leaves the tail of another. Client secrets as Entra makes them; JSON
# web tokens; Slack's tokens and the addresses that act as one; bearer tokens and values named as secrets; and our link
# tokens: 43 base64url characters standing alone, where an escape such as \n or %23 before them counts as no part.
_SHAPES: Final = (
    re.compile(r"()[A-Za-z0-9_~.]{3}[0-9]Q(?:~|%7[Ee])(?:[A-Za-z0-9_~.-]|%7[Ee]){31,}"),
    re.compile(r"()eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)*"),
    re.compile(r"()x(?:ox[a-z]|app|oxe\.xox[a-z])-[A-Za-z0-9_.-]{4,}"),
    re.compile(r"(hooks\.slack\.com/)[^\s\"'<>\\]+"),
    re.compile(r"(\bbearer\s+)[A-Za-z0-9._~+/=-]{16,}", re.IGNORECASE),
    re.compile(
        r"(\b(?:access_token|client_assertion|client_secret|id_token|passphrase|refresh_token|secretText"
        r"|signing_secret|ticket)[\"']?\s*[=:]\s*[\"']?)(?!\[masked\])[^\s\"'&,;}\])]+",
        re.IGNORECASE,
    ),
    re.compile(
        r"()(?:(?<![A-Za-z0-9_-])|(?<=\\[abfnrtv0])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4})|(?<=%[0-9A-Fa-f]{2}))"
        r"[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"
    ),
)

# What a library may say below a level holds whole requests or answers. Bolt says the body of every request whose
# signature does not hold (INFO), Slack's client each call with its answer, urllib3 each address, MSAL its exchanges;
# psycopg's pool warns of each try to connect, of which our own sentence tells once.
QUIET: Final[Mapping[str, int]] = MappingProxyType(
    {
        "apscheduler": logging.ERROR,
        "msal": logging.WARNING,
        "psycopg": logging.ERROR,
        "slack_bolt": logging.WARNING,
        "slack_sdk": logging.WARNING,
        "urllib3": logging.WARNING,
        "werkzeug": logging.WARNING,
    }
)
# Above that level, Bolt and Slack's client quote a body at the end of their sentence, after one of these words.
_QUOTES: Final = re.compile(
    r"(auth\.test result: |body: |for the request |non-JSON format: |payload: |response: ).*", re.DOTALL
)

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_DEEPEST: Final = 5
_context: contextvars.ContextVar[Mapping[str, object]] = contextvars.ContextVar("log_context")


def masked(text: str) -> str:
    """Return a text in which everything shaped like a secret is masked."""
    for shape in _SHAPES:
        text = shape.sub(rf"\1{MASK}", text)
    return text


@contextlib.contextmanager
def context(**facts: object) -> Iterator[None]:
    """Add facts, such as `request_id`, to every line that this thread logs inside."""
    token = _context.set({**_context.get({}), **facts})
    try:
        yield
    finally:
        _context.reset(token)


def configure(stream: TextIO, *, level: str = "INFO", json: bool | None = None) -> logging.Handler:
    """Send every log line to `stream`, and nowhere else; return the handler.

    `json` writes one JSON object a line; left out, it does so when the stream is no terminal. Whatever the level, the
    libraries of QUIET stay quiet.
    """
    structured = not stream.isatty() if json is None else json
    handler = _Handler(stream)
    handler.setFormatter(_Formatter(_json_line if structured else _readable))
    handler.addFilter(_is_welcome)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    return handler


def adopt(*names: str) -> None:
    """Take loggers that a library gave handlers of its own, such as gunicorn.error, into this log."""
    for logger in map(logging.getLogger, names):
        for handler in tuple(logger.handlers):
            logger.removeHandler(handler)
        logger.propagate = True


class _Handler(logging.StreamHandler[TextIO]):
    def format(self, record: logging.LogRecord) -> str:
        """Return the line in characters that the stream can carry."""
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        return super().format(record).encode(encoding, "backslashreplace").decode(encoding)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library names it so
        """Say that a line is missing; the standard library would print the record with its arguments, unmasked."""
        with contextlib.suppress(Exception):
            self.stream.write(f"A line of {record.name} could not be written.\n")


class _Formatter(logging.Formatter):
    def __init__(self, render: Callable[[Mapping[str, Any]], str]) -> None:
        super().__init__()
        self._render = render

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as it may be read: masked, in UTC, with its context."""
        fixed: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": masked(_message(record)),
        }
        if trace := _trace(record):
            fixed["exception"] = masked(trace)
        extra = {name: value for name, value in vars(record).items() if name not in _STANDARD}
        facts = _masked_value({**_context.get({}), **extra})
        return self._render({**fixed, **{f"{k}_" if k in fixed else k: v for k, v in facts.items()}})


def _is_welcome(record: logging.LogRecord) -> bool:
    """Drop what a noisy library says below its level, whatever level its logger was given since."""
    return record.levelno >= QUIET.get(record.name.partition(".")[0], 0)


def _message(record: logging.LogRecord) -> str:
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 - whatever an argument raises while it becomes text, the line is written
        message = f"{_text(record.msg)} (with arguments that do not fit)"
    is_slacks = record.name.partition(".")[0] in {"slack_bolt", "slack_sdk"}
    return _QUOTES.sub(r"\1(left out)", message) if is_slacks else message


def _trace(record: logging.LogRecord) -> str:
    """Return the traceback: calls and source lines, and never the value of a variable."""
    parts = [record.stack_info or ""]
    if record.exc_info and record.exc_info[1] is not None:
        parts += TracebackException.from_exception(record.exc_info[1], capture_locals=False).format()
    return "".join(parts).rstrip()


def _masked_value(value: Any, depth: int = 0) -> Any:
    """Return a value as JSON can hold it, with every text in it masked."""
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping) and depth < _DEEPEST:
        return {masked(_text(k)): _masked_entry(_text(k), v, depth + 1) for k, v in value.items()}
    if isinstance(value, Collection) and not isinstance(value, str | bytes | bytearray) and depth < _DEEPEST:
        return [_masked_value(entry, depth + 1) for entry in value]
    return masked(_text(value))


def _masked_entry(key: str, value: Any, depth: int) -> Any:
    """Return the value of a key, or the mask where the key itself names a secret."""
    return MASK if masked(f"{key}=x") != f"{key}=x" and masked(key) == key else _masked_value(value, depth)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a value that cannot say itself must not cost the line
        return f"<{type(value).__name__}>"


def _json_line(line: Mapping[str, Any]) -> str:
    return json_format.dumps(line)


def _readable(line: Mapping[str, Any]) -> str:
    """Return one line for the eye; a traceback stands below it, indented, so that no text passes for a line."""
    known = ("time", "level", "logger", "event", "exception")
    facts = "".join(f" {_flat(name)}={_flat(_text(value))}" for name, value in line.items() if name not in known)
    first = f"{line['time']} {line['level']:7} {line['logger']}: {_flat(line['event'])}{facts}"
    trace = line.get("exception", "").splitlines()
    return "\n".join([first, *(f"    {_flat(text)}" for text in trace)])


def _flat(text: str) -> str:
    """Return a text on one line, with line breaks and control characters spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
