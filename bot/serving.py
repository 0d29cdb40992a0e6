"""The process that listens: gunicorn's threads for the web and, where it does everything, the clock and the socket."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from gunicorn.app.base import BaseApplication

from bot import log as log_room
from bot.app import Bot
from bot.hearing import Hearing
from bot.listening import MOST_CONNECTIONS, PatientWorker
from bot.rounds import Part
from handlers.web_headers import worn

log = logging.getLogger(__name__)

# What is in hand when the process is told to end gets this long; the platform's own patience is usually 30 s.
GRACE_SECONDS = 25


def hear_slack(bot: Bot) -> Callable[[], None]:
    """Begin to listen over Socket Mode, and return what ends that."""
    token = bot.settings.slack_app_token
    hearing = Hearing(bot.slack, token.get_secret_value() if token else "", bot.use_cases.clock)
    hearing.begin()
    return hearing.close


class Server(BaseApplication):
    """gunicorn with one worker of many threads; the bot is built in the worker and closed with it."""

    def __init__(self, build: Callable[[], Bot], *, bind: str, threads: int) -> None:
        self._build = build
        self._bind = bind
        self._threads = threads
        self._running: list[Any] = []
        # What every answer wears, also one that never reaches the bot.
        self.worn: Mapping[str, str] = {}
        super().__init__()

    def load_config(self) -> None:
        """Say how gunicorn shall run."""
        for name, value in {
            "bind": self._bind,
            "workers": 1,
            "threads": self._threads,
            "worker_class": PatientWorker,
            "worker_connections": MOST_CONNECTIONS,
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "accesslog": None,
            # Below that gunicorn's lines name addresses and paths.
            "loglevel": "error",
            "limit_request_line": 2048,
            "limit_request_fields": 60,
            # gunicorn believes SCRIPT_NAME and PATH_INFO from its own machine, where a proxy's clients seem to be.
            "forwarder_headers": "",
            "worker_exit": lambda _arbiter, _worker: self._end(),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build and start the bot inside the worker, where its threads live."""
        log_room.adopt("gunicorn.error", "gunicorn.access")
        bot = self._build()
        bot.start()
        self.worn = worn(bot.settings.public_url)
        self._running.append(bot.close)
        if bot.settings.slack_app_token is not None and bot.part is Part.WEB:
            log.info("Socket Mode is set: the worker hears Slack, and this process serves the page and health alone.")
        elif bot.settings.slack_app_token is not None:
            self._running.append(hear_slack(bot))
        log.info("Register App listens at %s.", self._bind)
        return bot.web

    def _end(self) -> None:
        while self._running:
            self._running.pop()()
        log.info("Register App has finished what was in hand and ends.")
