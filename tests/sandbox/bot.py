"""The real bot as the sandbox's child process: the product's own server, on the sandbox's clock.

This is the one place of the sandbox that knows the bot. It differs from `register-app run` in two things: the clock
can be moved, and the rounds are walked often, because here a month passes in a second.
"""

import os
import sys
from dataclasses import replace
from pathlib import Path

from bot import log
from bot.app import Bot, build
from bot.clock import Clock
from bot.serving import Server
from bot.settings import load_settings
from tests.sandbox.timepiece import Timepiece

CLOCK_VARIABLE = "SANDBOX_CLOCK_FILE"
ROUND_SECONDS = 0.2


def hurried(bot: Bot) -> Bot:
    """Return the bot with every round walked often, the daily one too."""
    rounds = tuple(
        replace(entry, seconds=ROUND_SECONDS, daily_at="") if entry.hurry or entry.daily_at else entry
        for entry in bot.rounds
    )
    return replace(bot, clock=Clock(rounds))


def main() -> None:
    """Serve until told to end."""
    settings = load_settings()
    clock = Timepiece(Path(os.environ[CLOCK_VARIABLE]))
    log.configure(sys.stderr, level=settings.log_level, json=True)
    Server(
        lambda: hurried(build(settings, now=clock.now, proof_pause_seconds=ROUND_SECONDS)),
        bind=f"{settings.host}:{settings.port}",
        threads=settings.threads,
    ).run()


if __name__ == "__main__":
    main()
