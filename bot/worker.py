"""The process that works and does not listen: the clock's rounds, and Socket Mode where it is set.

A platform knows of such a process only whether it runs, so its life is its health: it ends with a code that is not
zero when a round hangs, and the platform starts another. Nothing is lost by such an end. What it had in hand was
claimed under a lease that runs out, and whoever claims it next finds out first how far it came.
"""

import logging
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

from bot.app import Bot
from bot.doors import HANGING_SECONDS
from bot.serving import GRACE_SECONDS, hear_slack

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
# The same number as "the command could not do its work" of the command line.
HUNG = 3


@contextmanager
def told_to_end() -> Iterator[Callable[[float], bool]]:
    """Hear SIGTERM and SIGINT from now on; what is yielded waits so many seconds and says whether one came.

    A signal may come at any line, to any thread, and just before a wait, which it would not wake any more. A handler
    may touch nothing that the line it came upon holds locked, such as an Event. So what says that one came is a byte
    in a socket, written by whoever hears it (Python, "signal.set_wakeup_fd").
    """
    waiting, heard = socket.socketpair()
    heard.setblocking(False)

    def told_within(seconds: float) -> bool:
        waiting.settimeout(seconds)
        try:
            return bool(waiting.recv(1))
        except TimeoutError:
            return False

    with waiting, heard:
        signal.set_wakeup_fd(heard.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: None)
        try:
            yield told_within
        finally:
            signal.set_wakeup_fd(-1)


class Worker:
    """Walks the rounds until it is told to end, or until one of them hangs."""

    def __init__(
        self,
        build: Callable[[], Bot],
        *,
        hanging_seconds: float = HANGING_SECONDS,
        look_seconds: float = LOOK_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """`hanging_seconds` is how long one piece of work may take, `grace_seconds` how long the end may take."""
        self._build = build
        self._hanging_seconds = hanging_seconds
        self._look_seconds = look_seconds
        self._grace_seconds = grace_seconds

    def run(self) -> None:
        """Work until SIGTERM or SIGINT, then finish what is in hand. A round that hangs ends the process at once."""
        with told_to_end() as told_within:
            bot = self._build()
            bot.start()
            closers = [bot.close]
            if bot.settings.slack_app_token is not None:
                closers.append(hear_slack(bot))
            log.info("Register App works.")
            while not told_within(self._look_seconds):
                self._end_if_hanging(bot)
        self._close(closers)

    def _end_if_hanging(self, bot: Bot) -> None:
        hanging = bot.clock.hanging(self._hanging_seconds)
        if hanging:
            log.error("This background work hangs: %s. The process ends, to be started anew.", ", ".join(hanging))
            _end_at_once()

    def _close(self, closers: list[Callable[[], None]]) -> None:
        impatient = Timer(self._grace_seconds, self._out_of_grace)
        impatient.daemon = True
        impatient.start()
        while closers:
            closers.pop()()
        impatient.cancel()
        log.info("Register App has finished what was in hand and ends.")

    def _out_of_grace(self) -> None:
        log.error("What was in hand did not finish in time; it is taken up again when its lease runs out.")
        _end_at_once()


def _end_at_once() -> None:
    """End without waiting for threads, which an ordinary end would join: the one that hangs would hang the end."""
    logging.shutdown()
    os._exit(HUNG)
