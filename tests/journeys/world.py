"""The real bot, in this process, between the emulators; and the steps that people take in most stories."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests

from bot.app import Bot, build
from bot.graph import open_entra
from bot.policy import Policy
from bot.settings import Settings, load_settings
from tests.sandbox.slack.outcomes import SubmitOutcome
from tests.sandbox.slack.records import Message
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.timepiece import HeldClock
from tests.sandbox.wire import LoopbackServer

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NAME = "Ward dashboard"
REPLY_URL = "https://ward.contoso.example/auth/callback"
WHY = "Nurses see the beds of their ward."


@dataclass(kw_only=True)
class World:
    """One small world. Nothing in it moves by itself: `settle` does what is due, `advance` moves the clock."""

    folder: Path
    policy: dict[str, Any] = field(default_factory=dict)
    # An address of its own where the database is not to be a file of this world's folder.
    database_url: str = ""
    # Whether the page asks its viewer to sign in with Slack.
    sign_in: bool = False
    # Settings besides those that every world has, by field name.
    more: dict[str, Any] = field(default_factory=dict)
    # Another way to Entra than the product's own.
    session: requests.Session | None = None
    clock: HeldClock = field(default_factory=lambda: HeldClock(START))
    around: Surroundings = field(init=False)
    bot: Bot = field(init=False)
    server: LoopbackServer = field(init=False)

    def __post_init__(self) -> None:
        self.around = Surroundings(clock=self.clock.now)
        # The server stands before the bot, which must know its own address.
        self.server = LoopbackServer(self.server_app)
        self.slack.events_url = f"{self.server.url}/slack/events"
        self.start()

    def server_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer as the bot that runs now."""
        return self.bot.web(environ, start_response)

    @property
    def slack(self) -> Any:
        """The emulated Slack."""
        return self.around.slack

    @property
    def entra(self) -> Any:
        """The emulated Entra."""
        return self.around.entra

    @property
    def database(self) -> Path:
        """The bot's database file."""
        return self.folder / "bot.sqlite3"

    def settings(self) -> Settings:
        """The bot's settings."""
        environment = self.around.environment(public_url=self.server.url, database=self.database, sign_in=self.sign_in)
        values: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
        if self.database_url:
            values["database_url"] = self.database_url
        values.update(self.more)
        if self.policy:
            values["policy_file"] = self._policy_file()
        return load_settings(values)

    def _policy_file(self) -> Path:
        path = self.folder / "policy.toml"
        lines = [f"{name} = {_toml(value)}" for name, value in self.policy.items()]
        path.write_text("\n".join(lines))
        return path

    def start(self) -> None:
        """Start the bot, as after a restart."""
        self.bot = self.instance()

    def instance(self) -> Bot:
        """Build a bot on this world's database. Where it would pause between tries of a Graph call, the clock moves."""
        connect = partial(
            open_entra,
            session=self.session,
            sleep=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
            monotonic=lambda: self.clock.now().timestamp(),
        )
        bot = build(self.settings(), now=self.clock.now, proof_pause_seconds=0, connect=connect)
        bot.entra.catalogue.refresh()
        return bot

    def end(self) -> None:
        """End the bot, keeping its database."""
        self.bot.close()

    def restart(self) -> None:
        """End the bot and start it again."""
        self.end()
        self.start()

    def stop(self) -> None:
        """End everything."""
        self.server.stop()
        self.end()
        self.around.stop()

    def settle(self) -> None:
        """Do everything that is due now."""
        self.bot.settle()

    def advance(self, **distance: float) -> None:
        """Move the clock forward and do what became due, the daily round included."""
        self.clock.advance(timedelta(**distance))
        self.bot.use_cases.reminders.remind_due()
        self.settle()

    def fill(self, person: str = "ada", **fields: Any) -> None:
        """Fill the open form as `person`; `fields` override what is typed by default."""
        hands = self.around.person(person)
        hands.type("display_name", fields.get("display_name", NAME))
        hands.type("reply_urls", fields.get("reply_urls", REPLY_URL))
        hands.type("secret_description", fields.get("secret_description", "production web server"))
        hands.type("justification", fields.get("justification", WHY))
        for wanted in fields.get("scopes", ("User.Read",)):
            self.choose_scope(person, wanted)
        if "duration" in fields:
            hands.choose("duration", fields["duration"])
        if "last_day" in fields:
            hands.pick_date("last_day", fields["last_day"])
        if "co_owners" in fields:
            hands.pick_user("co_owners", *(self.around.ids[name] for name in fields["co_owners"]))

    def choose_scope(self, person: str, value: str) -> None:
        """Search a scope by its value and choose it besides those chosen before."""
        hands = self.around.person(person)
        found = [
            option
            for group in hands.suggest("scopes", value)
            for option in group.get("options", [group])
            if option["text"]["text"].startswith(f"{value} ·")
        ]
        view = hands.modal
        assert view is not None
        typed = view.typed.get("scopes", {}).get("scopes", {})
        chosen = [option["value"] for option in typed.get("selected_options", [])]
        hands.choose("scopes", *chosen, found[0]["value"])

    def ask(self, person: str = "ada", **fields: Any) -> str:
        """Open the form, fill it, submit it, let the messages go out; return the request's id."""
        self.around.person(person).command("/register-app")
        self.fill(person, **fields)
        outcome: SubmitOutcome = self.around.person(person).submit()
        assert outcome.closed, outcome.errors or outcome.notice
        self.settle()
        return self.bot.store.requests.of_person(self.around.ids[person], limit=1)[0].id

    def card(self) -> Message:
        """The newest request in the approvers' channel."""
        cards = [m for m in self.around.person("grace").messages(self.around.channel) if not m.thread_ts]
        return cards[-1]

    def thread(self) -> list[str]:
        """What the thread under the newest request says."""
        card = self.card()
        messages = self.around.person("grace").messages(self.around.channel)
        return [message.reads for message in messages if message.thread_ts == card.ts]

    def approve(self, person: str = "grace") -> Any:
        """Press Approve and let everything happen that follows."""
        outcome = self.around.person(person).click(self.card(), "approve")
        self.settle()
        return outcome

    def link_message(self, person: str = "ada") -> Message:
        """The newest message with a one-time link."""
        return next(m for m in reversed(self.around.person(person).dm) if "secret#" in str(m.blocks))

    def press(self, person: str = "ada", message: Message | None = None) -> str:
        """Press "Show the secret" in Slack, and return the token that the browser now has."""
        outcome = self.around.person(person).click(message or self.link_message(person), "open_link")
        assert outcome.url is not None
        return outcome.url.rpartition("#")[2]

    def post(self, path: str, token: str) -> requests.Response:
        """What the page's script does."""
        return requests.post(f"{self.server.url}/secret/{path}", json={"token": token}, timeout=30)

    def reveal(self, token: str) -> requests.Response:
        """Press the button on the page."""
        return self.post("reveal", token)

    def secret(self, person: str = "ada") -> str:
        """Press in Slack, press on the page; return the secret's text."""
        answer = self.reveal(self.press(person))
        assert answer.status_code == 200, answer.text
        self.settle()
        text: str = answer.json()["secret"]
        return text

    def use_policy(self, **changes: Any) -> Policy:
        """Restart under a changed policy."""
        self.policy.update(changes)
        self.restart()
        return replace(self.bot.policy)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(entry) for entry in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)
