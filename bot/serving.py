"""One process that does everything: gunicorn's threads for the web, the clock, and Socket Mode where it is set."""

import logging
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot import log as log_room
from bot.app import Bot

log = logging.getLogger(__name__)

# What is in hand when the process is told to end gets this long; the platform's own patience is usually 30 s.
GRACE_SECONDS = 25


class Server(BaseApplication):
    """gunicorn with one worker of many threads; the bot is built in the worker and closed with it."""

    def __init__(self, build: Callable[[], Bot], *, bind: str, threads: int) -> None:
        self._build = build
        self._bind = bind
        self._threads = threads
        self._running: list[Any] = []
        super().__init__()

    def load_config(self) -> None:
        """Say how gunicorn shall run."""
        for name, value in {
            "bind": self._bind,
            "workers": 1,
            "threads": self._threads,
            "worker_class": "gthread",
            "graceful_timeout": GRACE_SECONDS,
            "timeout": 60,
            "accesslog": None,
            "loglevel": "warning",
            "limit_request_line": 2048,
            "limit_request_fields": 60,
            "worker_exit": lambda _arbiter, _worker: self._end(),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build and start the bot inside the worker, where its threads live."""
        log_room.adopt("gunicorn.error", "gunicorn.access")
        bot = self._build()
        bot.start()
        self._running.append(bot.close)
        if bot.settings.slack_app_token is not None:
            handler = SocketModeHandler(bot.slack, bot.settings.slack_app_token.get_secret_value())
            handler.connect()  # type: ignore[no-untyped-call]  # bolt leaves this one untyped
            self._running.append(handler.close)
        log.info("Register App listens at %s.", self._bind)
        return bot.web

    def _end(self) -> None:
        while self._running:
            self._running.pop()()
        log.info("Register App has finished what was in hand and ends.")
