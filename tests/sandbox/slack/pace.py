"""How fast messages may come (Slack, "Rate limits"): about one a second in a channel, some hundreds a minute in all."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.sandbox.slack.answer import Arguments, Refused
from tests.sandbox.slack.workspace import Workspace

MINUTE = timedelta(minutes=1)


@dataclass(kw_only=True)
class Pace:
    """What is enforced, by the emulated clock; 0 enforces nothing."""

    burst: int = 0
    """How many messages a channel takes at once; it gets back one a second."""
    a_minute: int = 0
    """How many messages the whole workspace takes within a minute."""

    def check(self, workspace: Workspace, arguments: Arguments) -> None:
        """Refuse with 429 and Retry-After what comes too soon."""
        channel_id = arguments.text("channel", "")
        if channel_id in workspace.people:
            channel_id = workspace.im_with(channel_id).id
        if self.burst and len(list(_since(workspace, timedelta(seconds=self.burst), channel_id))) >= self.burst:
            raise Refused("ratelimited", status=429, retry_after=1)
        lately = list(_since(workspace, MINUTE)) if self.a_minute else []
        if self.a_minute and len(lately) >= self.a_minute:
            wait = MINUTE - (workspace.clock() - min(lately))
            raise Refused("ratelimited", status=429, retry_after=max(1, math.ceil(wait.total_seconds())))


def _since(workspace: Workspace, distance: timedelta, channel_id: str | None = None) -> Iterator[datetime]:
    """When each message of late was posted, in one channel or in all."""
    now = workspace.clock()
    for message in reversed(workspace.messages):
        posted = datetime.fromtimestamp(float(message.ts), UTC)
        if now - posted >= distance:
            return
        if message.only_for is None and channel_id in {None, message.channel}:
            yield posted
