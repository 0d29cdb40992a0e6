"""Ready-made trouble for the emulated Slack: put it in force with `slack.trouble.add(…)`."""

import re
import threading

from tests.sandbox.trouble import Fault


def _call(method: str) -> str:
    """How the journal names a call of this Web API method; an empty name stands for all of them."""
    return rf" /api/{re.escape(method)}$" if method else r" /api/"


def rate_limited(method: str = "", seconds: int = 30, times: int = 1) -> Fault:
    """429 with Retry-After; the call has no effect (Slack, "Rate limits")."""
    return Fault(
        match=_call(method),
        times=times,
        status=429,
        headers={"Retry-After": str(seconds)},
        body={"ok": False, "error": "ratelimited"},
    )


def down(method: str = "", times: int = 1) -> Fault:
    """503 without effect, as in an outage."""
    return Fault(match=_call(method), times=times, status=503, body={"ok": False, "error": "service_unavailable"})


def refused(method: str, error: str, times: int = 1) -> Fault:
    """The method answers `ok: false` with this error and has no effect, such as `fatal_error`."""
    return Fault(match=_call(method), times=times, status=200, body={"ok": False, "error": error})


def unreachable(method: str = "", times: int = 1) -> Fault:
    """The connection is reset before the call has any effect."""
    return Fault(match=_call(method), times=times, reset=True)


def posted_then_lost(method: str = "chat.postMessage", times: int = 1) -> Fault:
    """The call takes effect and its answer is lost: the connection is reset."""
    return Fault(match=_call(method), when="after", times=times, reset=True)


def slow(method: str = "", seconds: float = 1.0, times: int = 1) -> Fault:
    """The answer is true but late; `seconds` are real ones."""
    return Fault(match=_call(method), times=times, seconds=seconds)


def held(method: str, until: threading.Event, times: int = 1, longest: float = 10.0) -> Fault:
    """The call waits until somebody sets `until`, at most `longest` real seconds: lateness without a clock."""

    def wait() -> None:
        until.wait(longest)

    return Fault(match=_call(method), times=times, act=wait)
