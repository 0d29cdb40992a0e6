"""The doors of the web side that lead to others than a person: Slack, Prometheus, and whoever asks for health."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from flask import Request
from slack_bolt import App
from werkzeug.wrappers import Response

from bot.clock import Clock
from bot.errors import StorageUnavailable
from bot.metrics import CONTENT_TYPE, exposition
from bot.settings import Settings
from handlers.deliveries import once
from handlers.slack_door import heard_by, verified
from handlers.web_metrics import MetricsDoor
from storage import Store

# A piece of background work hangs, and is not merely slow, when it takes longer than this.
HANGING_SECONDS = 900.0


def metrics_door(
    settings: Settings, store: Store, now: Callable[[], datetime], rounds: Sequence[str]
) -> MetricsDoor | None:
    """Return what answers Prometheus, of `rounds` among others; without a token nobody does."""
    token = settings.metrics_token
    if token is None:
        return None
    return MetricsDoor(
        token=token.get_secret_value(),
        exposition=lambda: exposition(store, now, rounds),
        content_type=CONTENT_TYPE,
    )


def slack_door(
    settings: Settings, store: Store, slack: App, now: Callable[[], datetime]
) -> Callable[[Request], Response] | None:
    """Return what answers Slack's requests; nothing does over Socket Mode, which needs no address."""
    secret = settings.slack_signing_secret
    if secret is None or settings.slack_app_token is not None:
        return None
    return verified(secret.get_secret_value(), once(store, heard_by(slack), now))


def not_ready(store: Store, clock: Clock) -> Mapping[str, str]:
    """Return what is wrong with this instance, by name; empty when it can do its work.

    Raises StorageUnavailable when the database is away, and when it was found damaged, wherever that was met.

    A message that Slack refuses for days says nothing of the instance: another instance could not send it either.
    """
    store.outbox.oldest_waiting()
    if store.database.damage:
        raise StorageUnavailable(store.database.damage)
    return dict.fromkeys(clock.hanging(HANGING_SECONDS), "This background work hangs; restart the process.")
