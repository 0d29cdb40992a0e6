"""trigger_ids and response_urls: short-lived rights that an interaction hands to the bot."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.sandbox.slack.answer import Refused
from tests.sandbox.slack.clockwork import Clock, Mint

TRIGGER_LIFE = timedelta(seconds=3)
RESPONSE_URL_LIFE = timedelta(minutes=30)
RESPONSE_URL_USES = 5


@dataclass(kw_only=True)
class Trigger:
    """The right to open one view for one person, for three seconds (Slack, "Modals", trigger_id)."""

    user_id: str
    born: datetime
    view_id: str | None
    used: bool = False


@dataclass(kw_only=True)
class ResponseUrl:
    """The right to answer one interaction five times within thirty minutes (Slack, "Handling user interaction")."""

    user_id: str
    channel: str
    message_ts: str | None
    born: datetime
    uses: int = 0


class Tickets:
    """All triggers and response URLs that were ever handed out."""

    def __init__(self, clock: Clock, mint: Mint) -> None:
        self._clock = clock
        self._mint = mint
        self._triggers: dict[str, Trigger] = {}
        self._response_urls: dict[str, ResponseUrl] = {}

    def new_trigger(self, user_id: str, view_id: str | None = None) -> str:
        """A fresh trigger_id; `view_id` is the modal in which the person acted."""
        trigger_id = f"{self._mint.id('')}.{self._mint.ticket()}"
        self._triggers[trigger_id] = Trigger(user_id=user_id, born=self._clock(), view_id=view_id)
        return trigger_id

    def check_trigger(self, trigger_id: str) -> Trigger:
        """The trigger, not yet spent; raises Refused when it is unknown, used or older than three seconds."""
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise Refused("invalid_trigger_id")
        if trigger.used:
            raise Refused("exchanged_trigger_id")
        if self._clock() - trigger.born > TRIGGER_LIFE:
            raise Refused("expired_trigger_id")
        return trigger

    def new_response_url(self, user_id: str, channel: str, message_ts: str | None) -> str:
        """The secret last part of a fresh response_url."""
        key = self._mint.ticket()
        self._response_urls[key] = ResponseUrl(
            user_id=user_id, channel=channel, message_ts=message_ts, born=self._clock()
        )
        return key

    def use_response_url(self, key: str) -> ResponseUrl:
        """Spend one use; raises Refused when it is unknown, used up or too old."""
        right = self._response_urls.get(key)
        if right is None:
            raise Refused("invalid_url")
        if self._clock() - right.born > RESPONSE_URL_LIFE:
            raise Refused("expired_url")
        if right.uses >= RESPONSE_URL_USES:
            raise Refused("used_url")
        right.uses += 1
        return right
