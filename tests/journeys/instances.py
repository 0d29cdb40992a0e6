"""Several real processes of the bot over one database, as the Procfile names them, between the emulators."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import requests

from tests.sandbox.slack.records import Message
from tests.sandbox.stage import ROOT, START_SECONDS, free_port, until
from tests.sandbox.surroundings import Surroundings


def real_time() -> datetime:
    """The computer's own clock, which the real commands go by."""
    return datetime.now(UTC)


@dataclass(kw_only=True)
class Instance:
    """One process of the bot."""

    process: subprocess.Popen[bytes]
    log_file: Path

    @property
    def log(self) -> str:
        """What it logged."""
        return self.log_file.read_text()

    def wait_for(self, words: str) -> None:
        """Wait until it logged these words; raises TimeoutError."""
        until(lambda: words in self.log or self._has_ended(), seconds=START_SECONDS)

    def _has_ended(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"The process ended:\n{self.log}")
        return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and wait until it has; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=START_SECONDS)


@dataclass(kw_only=True)
class Instances:
    """One small world with as many processes of the bot as a test starts."""

    folder: Path
    around: Surroundings = field(default_factory=lambda: Surroundings(clock=real_time))
    port: int = field(default_factory=free_port)
    running: list[Instance] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.around.slack.events_url = f"{self.url}/slack/events"

    @property
    def url(self) -> str:
        """Where the web process listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        """The database that they share."""
        return self.folder / "bot.sqlite3"

    def start(self, *command: str, **changes: str) -> Instance:
        """Start `python …` with the bot's environment."""
        return self._start([sys.executable, *command], self.folder, PYTHONPATH=str(ROOT), **changes)

    def start_as_a_platform_does(self, line: str) -> Instance:
        """Start one line of the Procfile with a shell, in the folder of the code, which is not installed."""
        return self._start(["/bin/sh", "-c", f"exec env {line}"], ROOT, PATH=f"{self._only_python()}:/usr/bin:/bin")

    def _only_python(self) -> Path:
        """Return a folder in which `python` is, and no command that was installed beside it."""
        found = self.folder / "bin"
        if not found.exists():
            found.mkdir()
            (found / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
            (found / "python").chmod(0o755)
        return found

    def _start(self, command: list[str], folder: Path, **changes: str) -> Instance:
        log_file = self.folder / f"instance-{len(self.running)}.log"
        environment: Mapping[str, str] = {
            **{name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ},
            **self.around.environment(public_url=self.url, database=self.database),
            "PORT": str(self.port),
            **changes,
        }
        with log_file.open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, process_group=0)
        self.running.append(Instance(process=process, log_file=log_file))
        return self.running[-1]

    def start_web(self, **changes: str) -> Instance:
        """Start `register-app web` and wait until it answers."""
        web = self.start("-m", "bot", "web", **changes)
        web.wait_for("Register App listens")
        until(self._answers, seconds=START_SECONDS)
        return web

    def start_worker(self, **changes: str) -> Instance:
        """Start `register-app worker` and wait until it works."""
        worker = self.start("-m", "bot", "worker", **changes)
        worker.wait_for("Register App works")
        return worker

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/healthz", timeout=1).ok
        except requests.RequestException:
            return False

    def ask(self) -> None:
        """Let Ada ask; her scopes come from the catalogue in the memory of the process that answers."""
        ada = self.around.person("ada")
        ada.command("/register-app")
        ada.type("display_name", "Ward dashboard")
        ada.type("reply_urls", "https://ward.contoso.example/auth/callback")
        ada.type("secret_description", "production web server")
        ada.type("justification", "Nurses see the beds of their ward.")
        until(lambda: ada.suggest("scopes", "user.read"), seconds=START_SECONDS)
        options = [option for group in ada.suggest("scopes", "User.Read") for option in group.get("options", [group])]
        ada.choose("scopes", next(o["value"] for o in options if o["text"]["text"].startswith("User.Read ·")))
        assert ada.submit().closed

    def cards(self) -> list[Message]:
        """The requests in the approvers' channel."""
        messages = self.around.person("grace").messages(self.around.channel)
        return [message for message in messages if not message.thread_ts]

    def approve(self) -> None:
        """Let Grace approve as soon as the card is there."""
        until(self.cards, seconds=START_SECONDS)
        self.around.person("grace").click(self.cards()[-1], "approve")

    def links(self) -> list[Message]:
        """Ada's messages with a one-time link."""
        return [message for message in self.around.person("ada").dm if "secret#" in str(message.blocks)]

    def press(self) -> requests.Response:
        """Let Ada press in Slack and on the page, as soon as she has her link."""
        until(self.links, seconds=START_SECONDS)
        url = self.around.person("ada").click(self.links()[-1], "open_link").url or ""
        return requests.post(f"{self.url}/secret/reveal", json={"token": url.rpartition("#")[2]}, timeout=30)

    def stop(self) -> None:
        """End everything."""
        for instance in self.running:
            instance.end(signal.SIGKILL)
        self.around.stop()
