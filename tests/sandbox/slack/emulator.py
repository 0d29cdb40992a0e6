"""The emulated Slack itself: one workspace, its Web API on a loopback port, and the people in it."""

import copy
import json
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from tests.sandbox.slack import payloads
from tests.sandbox.slack.administration import Administration
from tests.sandbox.slack.clockwork import Clock, wall_clock
from tests.sandbox.slack.courier import Courier, Delivery, Forgery, RawRequest
from tests.sandbox.slack.hands import Backstage
from tests.sandbox.slack.openid import OpenIdConnect
from tests.sandbox.slack.pace import Pace
from tests.sandbox.slack.person import Person
from tests.sandbox.slack.snapshot import snapshot
from tests.sandbox.slack.socket import SocketMode
from tests.sandbox.slack.texts import strings
from tests.sandbox.slack.tickets import Tickets
from tests.sandbox.slack.web_api import Gate, web_api
from tests.sandbox.slack.workspace import Event, Workspace
from tests.sandbox.trouble import Trouble
from tests.sandbox.wire import Journal, LoopbackServer, TroubledApp


class Slack(Administration):
    """A local Slack. `clock` is the emulated one: it ages trigger_ids, response URLs and the pace of messages."""

    def __init__(self, clock: Clock = wall_clock, port: int = 0) -> None:
        self.trouble = Trouble()
        self.journal = Journal()
        super().__init__(Workspace(clock))
        self.signing_secret = secrets.token_hex(16)
        self._tickets = Tickets(clock, self.workspace.mint)
        self._gate = Gate(
            bot_token=f"xoxb-sandbox-{secrets.token_hex(12)}",
            app_token=f"xapp-sandbox-{secrets.token_hex(12)}",
            openid=OpenIdConnect(workspace=self.workspace),
        )
        self._courier = Courier(signing_secret=self.signing_secret)
        app = web_api(self.workspace, self._tickets, self._gate)
        self._server = LoopbackServer(TroubledApp(app, self.trouble, self.journal), port)
        self._backstage = Backstage(
            workspace=self.workspace, tickets=self._tickets, courier=self._courier, url=self._server.url
        )
        self._socket: SocketMode | None = None

    @property
    def url(self) -> str:
        """The emulator's address, without a slash at its end."""
        return self._server.url

    @property
    def api_url(self) -> str:
        """What WebClient takes as `base_url`."""
        return f"{self.url}/api/"

    @property
    def bot_token(self) -> str:
        """The bot's token."""
        return self._gate.bot_token

    @property
    def app_token(self) -> str:
        """The app-level token, for Socket Mode."""
        return self._gate.app_token

    @property
    def openid(self) -> OpenIdConnect:
        """The app as a client of Sign in with Slack; it has no redirect URL and no user scope unless it is told."""
        return self._gate.openid

    @property
    def team_id(self) -> str:
        """The workspace's id."""
        return self.workspace.team_id

    @property
    def bot_user_id(self) -> str:
        """The bot's own user."""
        return self.workspace.bot_user_id

    @property
    def scopes(self) -> set[str]:
        """The scopes of the bot's token; change the set to grant or take away."""
        return self.workspace.scopes

    @property
    def events_url(self) -> str:
        """Where the bot listens, such as `http://127.0.0.1:3000/slack/events`; empty for Socket Mode."""
        return self._courier.events_url

    @events_url.setter
    def events_url(self, url: str) -> None:
        self._courier.events_url = url

    @property
    def patience(self) -> float:
        """How many real seconds Slack waits for an answer: 3, unless a test has less time."""
        return self._courier.patience

    @patience.setter
    def patience(self, seconds: float) -> None:
        self._courier.patience = seconds

    @property
    def pace(self) -> Pace:
        """How many messages are too many, by the emulated clock; nothing is, unless it is told."""
        return self._gate.pace

    @property
    def token_error(self) -> str | None:
        """What the Web API answers to the right token: None, or `token_revoked`, `account_inactive` and so on."""
        return self._gate.token_error

    @token_error.setter
    def token_error(self, error: str | None) -> None:
        self._gate.token_error = error

    @property
    def deliveries(self) -> list[Delivery]:
        """Every request to the bot so far, with its status and how long it took."""
        return list(self._courier.deliveries)

    def person(self, user_id: str) -> Person:
        """The person, to act as them."""
        if user_id not in self.workspace.people:
            raise KeyError(user_id)
        return Person(self._backstage, user_id)

    def deliver(self, raw: RawRequest) -> Delivery:
        """Send a captured request (`delivery.raw`) once more, as it was: a replay."""
        return self._courier.deliver(raw)

    def retry(self, delivery: Delivery, number: int = 1, reason: str = "http_timeout") -> Delivery:
        """Send an event again as the Events API does, freshly signed and with the retry's headers."""
        headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return self._courier.send(delivery.kind, delivery.raw.payload, Forgery(headers=headers))

    def send_event(self, event: dict[str, Any]) -> Delivery:
        """Send any event of the Events API, in its wrapper."""
        with self.workspace.changing():
            payload = payloads.event_callback(self.workspace, event)
        return self._courier.send("event", payload)

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Hear of every change as a dict with `type` and `seq`; the answer ends the subscription."""
        self.workspace.listeners.append(listener)

        def end() -> None:
            self.workspace.listeners.remove(listener)

        return end

    def wait_until(self, holds: Callable[[], object], seconds: float = 5.0) -> None:
        """Block until `holds()` is true, asking again after every change here; raises TimeoutError."""
        self.workspace.wait_until(holds, seconds)

    def snapshot(self) -> dict[str, Any]:
        """The whole workspace as plain JSON."""
        with self.workspace.changing():
            return copy.deepcopy(snapshot(self.workspace))

    def all_text(self) -> list[str]:
        """Every text that ever went through this Slack in either direction: where to look for leaks."""
        with self.workspace.changing():
            found = [*strings(self.workspace.said), *strings(snapshot(self.workspace))]
        for exchange in tuple(self.journal.exchanges):
            found += _readable(exchange.request_body) + _readable(exchange.response_body)
        for delivery in self.deliveries:
            found += [
                *strings(dict(delivery.raw.payload)),
                *_readable(delivery.raw.body),
                *_readable(delivery.answer),
            ]
        return found

    def socket_mode(self) -> SocketMode:
        """Switch Socket Mode on: apps.connections.open then answers with a WebSocket address."""
        if self._socket is None:
            self._socket = SocketMode()
            self._courier.line = self._socket
            self._gate.socket_url = self._socket.new_url
        return self._socket

    def stop(self) -> None:
        """Free the ports."""
        if self._socket is not None:
            self._socket.stop()
        self._server.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _readable(body: bytes) -> list[str]:
    """A body as it is, and the strings in it where it is JSON (which may hide them behind escapes)."""
    text = body.decode(errors="replace")
    try:
        return [text, *strings(json.loads(text))]
    except ValueError:
        return [text]
