"""The connection over which Slack is heard where Socket Mode is set (Slack, "Using Socket Mode").

Slack not being there is no reason for anything else to wait: the connection is tried for in the background, and what
works without it goes on. Slack may send an envelope again that was not acknowledged, so each has its effect once; and
what was begun is acknowledged before the connection is closed.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest

from storage.deliveries import handling

log = logging.getLogger(__name__)

# Between tries to connect; the last is kept to.
PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 60.0)
# What is in hand when the connection is closed gets this long to be acknowledged: Slack waits three seconds.
LAST_WORDS_SECONDS: Final = 5.0
# Slack, "apps.connections.open": what no waiting mends.
NOT_MENDED: Final = frozenset({"invalid_auth", "not_authed", "not_allowed_token_type", "account_inactive"})


class _Ear(SocketModeHandler):
    """Bolt's handler, in which an envelope is a delivery, and which knows what is in hand."""

    def __init__(self, app: App, app_token: str, clock: Callable[[], datetime]) -> None:
        super().__init__(app, app_token)
        self._now = clock
        self._in_hand = 0
        self._changed = threading.Condition()

    def handle(self, client: Any, req: SocketModeRequest) -> None:
        """Handle one envelope as one delivery, known by its id."""
        with self._changed:
            self._in_hand += 1
        try:
            with handling(f"envelope:{req.envelope_id}", self._now()):
                super().handle(client, req)
        finally:
            with self._changed:
                self._in_hand -= 1
                self._changed.notify_all()

    def finish(self) -> None:
        """Wait until everything that is in hand was acknowledged."""
        with self._changed:
            self._changed.wait_for(lambda: not self._in_hand, LAST_WORDS_SECONDS)


class Hearing:
    """Holds one connection. Several processes may hold one each, up to ten: every event goes to one of them."""

    def __init__(self, app: App, app_token: str, clock: Callable[[], datetime]) -> None:
        self._ear = _Ear(app, app_token, clock)
        self._ending = threading.Event()
        self._trying = threading.Thread(target=self._connect, name="socket-mode", daemon=True)

    def begin(self) -> None:
        """Try for a connection until there is one."""
        self._trying.start()

    def close(self) -> None:
        """Acknowledge what is in hand, then close the connection."""
        self._ending.set()
        self._trying.join()
        self._ear.finish()
        self._ear.close()  # type: ignore[no-untyped-call]  # bolt leaves this one untyped

    def _connect(self) -> None:
        pauses = iter(PAUSES)
        pause = next(pauses)
        while not self._connected():
            if self._ending.wait(pause):
                return
            pause = next(pauses, PAUSES[-1])

    def _connected(self) -> bool:
        word = self._obstacle()
        if not word:
            log.info("Register App hears Slack over Socket Mode.")
        elif word in NOT_MENDED:
            log.error("Slack refuses SLACK_APP_TOKEN (%s): correct it and start again. The rest goes on.", word)
        else:
            log.warning("Slack cannot be heard over Socket Mode just now (%s); it is tried again.", word)
        return not word

    def _obstacle(self) -> str:
        """Try to connect; return what is in the way, empty when nothing is. The client raises all kinds of errors."""
        try:
            self._ear.connect()  # type: ignore[no-untyped-call]  # bolt leaves this one untyped
        except SlackApiError as error:
            return str(error.response.get("error"))
        except Exception as error:  # noqa: BLE001 - its socket's, its TLS's or its parser's
            return type(error).__name__
        return ""
