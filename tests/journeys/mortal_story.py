"""One whole story with a bot that dies once in it: people do again what was not answered, as people do."""

import contextlib
import multiprocessing
from ctypes import c_int
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import requests

from tests.journeys.mortal import Doom, live
from tests.sandbox.slack import CannotDo
from tests.sandbox.slack.records import Message
from tests.sandbox.stage import free_port, until
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.timepiece import Timepiece

# A server that forks children with everything imported already: a new life takes milliseconds.
LIVES = multiprocessing.get_context("forkserver")
LIVES.set_forkserver_preload(["tests.journeys.mortal"])
NAME = "Ward dashboard"
# Longer than any lease: what a dead process had claimed is free again.
AFTER_DEATH = timedelta(minutes=6)
PATIENCE = 60.0


@dataclass(kw_only=True)
class MortalStory:
    """Ada asks, Grace approves, Ada opens the link; whoever finds the bot dead starts it again."""

    folder: Path
    url: str
    doom: Doom | None = None
    clock: Timepiece = field(init=False)
    around: Surroundings = field(init=False)
    port: int = field(init=False)
    process: BaseProcess = field(init=False)
    commits: c_int = field(init=False)
    deaths: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clock = Timepiece(self.folder / "clock")
        self.around = Surroundings(clock=self.clock.now)
        self.around.slack.patience = PATIENCE
        self.commits = LIVES.RawValue(c_int, 0)
        self._live(self.doom)

    def _live(self, doom: Doom | None) -> None:
        self.port = free_port()
        self.around.slack.events_url = f"http://127.0.0.1:{self.port}/slack/events"
        environment = self.around.environment(
            public_url=f"http://127.0.0.1:{self.port}", database=self.folder / "bot.sqlite3"
        )
        values: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
        values["database_url"] = self.url
        self.process = LIVES.Process(
            target=live, args=(values, str(self.folder / "clock"), self.port, doom, self.commits), daemon=True
        )
        self.process.start()
        until(lambda: self._answers() or not self.process.is_alive(), PATIENCE)

    def _answers(self) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """Kill the bot, and return when it is dead."""
        self.process.kill()
        self.process.join()

    def revive(self) -> bool:
        """Start the bot again if it is dead; return whether it was."""
        if self.process.is_alive():
            return False
        self.process.join()
        self.deaths += 1
        self.clock.advance(AFTER_DEATH)
        self._live(None)
        return True

    def wait(self, holds: Any) -> None:
        """Wait for what the bot does by itself, starting it again if it died meanwhile."""
        until(lambda: self.revive() or holds(), PATIENCE)
        until(holds, PATIENCE)

    def tell(self) -> str:
        """Play the story to its end; return the secret's text."""
        self.revive()
        self._ask()
        self._approve()
        self.wait(lambda: self._link_message() is not None)
        secret = self._open()
        self.wait(lambda: len(self.secrets()) == 1 and not self._waiting())
        return secret

    def _ask(self) -> None:
        ada = self.around.person("ada")
        while True:
            self.revive()
            if ada.modal is None:
                ada.command("/register-app")
            elif self._fill() and ada.submit().closed:
                break
        self.wait(lambda: self.cards() and ada.dm)

    def _fill(self) -> bool:
        ada = self.around.person("ada")
        ada.type("display_name", NAME)
        ada.type("reply_urls", "https://ward.contoso.example/auth/callback")
        ada.type("secret_description", "production web server")
        ada.type("justification", "Nurses see the beds of their ward.")
        found = [o for group in ada.suggest("scopes", "user.read") for o in group.get("options", [group])]
        if found:
            ada.choose("scopes", found[0]["value"])
        return bool(found)

    def cards(self) -> list[Message]:
        """What stands in the approvers' channel, without the threads."""
        return [m for m in self.around.person("grace").messages(self.around.channel) if not m.thread_ts]

    def _approve(self) -> None:
        while "Approve" in str(self.cards()[-1].blocks[-1]):
            self.revive()
            # The card may be redrawn between the look and the click; then there is nothing to press.
            with contextlib.suppress(CannotDo):
                self.around.person("grace").click(self.cards()[-1], "approve")
            until(lambda: "Approve" not in str(self.cards()[-1].blocks[-1]) or not self.process.is_alive(), PATIENCE)

    def links(self) -> list[Message]:
        """Every message in which a link stands now."""
        return [m for m in self.around.person("ada").dm if "secret#" in str(m.blocks)]

    def _link_message(self) -> Message | None:
        return self.links()[-1] if self.links() else None

    def _open(self) -> str:
        while True:
            self.revive()
            message = self._link_message()
            if message is None:
                self._say_not_seen()
                continue
            answer = self._post(self._press(message))
            if "secret" in answer:
                return str(answer["secret"])
            if answer.get("state") in {"minting", "not_armed"}:
                self.clock.advance(timedelta(minutes=2))
            if answer.get("state") == "viewed":
                # The message is about to lose its link, and to get the button for this very case.
                self.wait(lambda: self._link_message() is None)

    def _press(self, message: Message) -> str:
        """Press the button in Slack; return the token that the browser then has, or nothing if it is gone."""
        try:
            outcome = self.around.person("ada").click(message, "open_link")
        except CannotDo:
            return ""
        return (outcome.url or "").rpartition("#")[2]

    def _post(self, token: str) -> dict[str, Any]:
        try:
            url = f"http://127.0.0.1:{self.port}/secret/reveal"
            answer: dict[str, Any] = requests.post(url, json={"token": token}, timeout=PATIENCE).json()
        except requests.RequestException:
            return {}
        return answer

    def _say_not_seen(self) -> None:
        ada = self.around.person("ada")
        shown = [m for m in ada.dm if "I did not see it" in str(m.blocks)]
        if shown:
            with contextlib.suppress(CannotDo):
                ada.click(shown[-1], "not_seen")
        self.wait(lambda: self._link_message() is not None)

    def applications(self) -> list[dict[str, Any]]:
        """The applications of this name in the tenant."""
        found: list[dict[str, Any]] = self.around.entra.snapshot()["applications"]
        return [application for application in found if application["displayName"] == NAME]

    def service_principals(self) -> list[str]:
        """The object ids of the service principals that the bot made."""
        return [found.id for found in self.around.entra.service_principals]

    def secrets(self) -> list[dict[str, Any]]:
        """The live secrets of that application."""
        return [secret for application in self.applications() for secret in application["passwordCredentials"]]

    def _waiting(self) -> bool:
        return bool(self.links())

    def stop(self) -> None:
        """End everything."""
        self.kill()
        self.around.stop()
