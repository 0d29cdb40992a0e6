"""The real bot as the sandbox's child process: the product's own server, on the sandbox's clock.

This is the one place of the sandbox that knows the bot. It differs from `register-app run` in two things: the clock
can be moved, and the rounds are walked often, because here a month passes in a second.
"""

import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path

from bot import log
from bot.app import Bot, build
from bot.clock import Clock
from bot.policy import Policy
from bot.reminders import ladder
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
    return replace(bot, clock=Clock(rounds, went_well=bot.pulse.went_well))


def next_reminder(database: Path, now: datetime) -> datetime | None:
    """Return the first day after today on which somebody is due a reminder; None when no secret is alive.

    Of each application only the secret that ends last counts, as in the daily round.
    """
    last: dict[str, tuple[datetime, datetime]] = {}
    for application, begins, ends in _living(database):
        life = datetime.fromisoformat(ends), datetime.fromisoformat(begins)
        last[application] = max(life, last.get(application, life))
    days = [
        ends.date() - timedelta(days=step)
        for ends, begins in last.values()
        for step in ladder(Policy().reminder_days, (ends - begins).days)
    ]
    later = [day for day in days if day > now.date()]
    return datetime.combine(min(later), time(9), tzinfo=now.tzinfo) if later else None


def _living(database: Path) -> list[tuple[str, str, str]]:
    wanted = "SELECT application_id, starts_at, ends_at FROM credentials WHERE state = 'live'"
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=1)) as opened:
            return opened.execute(wanted).fetchall()
    except sqlite3.OperationalError:
        # The bot has not made its tables yet, or is busy with them.
        return []


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
