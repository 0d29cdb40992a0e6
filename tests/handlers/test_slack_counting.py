"""What is counted of the calls to Slack: each by what its answer means, whatever HTTP status that came with."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

import pytest
from slack_sdk.errors import SlackApiError

from bot.pulse import outcome_of
from handlers.slack_client import SlackClient
from tests.domain.nouns import NOW
from tests.sandbox.slack import Slack, faults
from tests.sandbox.trouble import Fault

CHANNEL, ADA = "C0CHANNEL", "U0ADA"


class Counting:
    """A client of the emulated Slack, and what was counted of its calls."""

    def __init__(self, slack: Slack) -> None:
        self.slack = slack
        self.counts: Counter[tuple[str, str]] = Counter()
        self.client = SlackClient(
            answered=self._answered, token=slack.bot_token, base_url=slack.api_url, retry_handlers=[]
        )

    def _answered(self, method: str, status: int) -> None:
        self.counts[method, outcome_of(status)] += 1

    def outcome(self, method: str, fault: Fault, channel: str = CHANNEL) -> str:
        """Return as what one call counts that meets with a fault."""
        self.slack.trouble.add(fault)
        with suppress(SlackApiError, OSError):
            self.client.api_call(method, json={"channel": channel, "text": "x", "ts": "1.0"})
        ((_, outcome),) = self.counts
        return outcome


@pytest.fixture
def counting() -> Iterator[Counting]:
    """A client whose calls are counted."""
    with Slack(lambda: NOW) as slack:
        yield Counting(slack)


@pytest.mark.parametrize(
    ("method", "word", "outcome"),
    [
        ("chat.postMessage", "invalid_auth", "refused"),
        ("chat.postMessage", "not_in_channel", "refused"),
        ("chat.postMessage", "invalid_blocks", "refused"),
        ("chat.postMessage", "internal_error", "failed"),
        ("chat.postMessage", "fatal_error", "failed"),
        ("chat.postMessage", "ratelimited", "throttled"),
        ("chat.postMessage", "user_not_found", "missing"),
        ("users.info", "user_not_found", "missing"),
        ("conversations.open", "user_disabled", "missing"),
        ("chat.update", "message_not_found", "missing"),
        ("chat.postMessage", "message_not_found", "refused"),
        ("views.update", "not_found", "missing"),
        ("openid.connect.token", "invalid_code", "missing"),
        ("openid.connect.token", "bad_client_secret", "refused"),
    ],
)
def test_by_its_word(counting: Counting, method: str, word: str, outcome: str) -> None:
    """An error of Slack's counts by its word: what ails Slack has failed, what people left or closed is missing."""
    assert counting.outcome(method, faults.refused(method, word)) == outcome


@pytest.mark.parametrize(("channel", "outcome"), [(ADA, "missing"), (CHANNEL, "refused")])
def test_by_its_recipient(counting: Counting, channel: str, outcome: str) -> None:
    """A channel that is not found is a refusal, which an operator mends; a person who is not found has left."""
    fault = faults.refused("chat.postMessage", "channel_not_found")

    assert counting.outcome("chat.postMessage", fault, channel) == outcome


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [(faults.down(), "failed"), (faults.rate_limited(), "throttled"), (faults.unreachable(), "unanswered")],
)
def test_by_its_status(counting: Counting, fault: Fault, outcome: str) -> None:
    """Where Slack's HTTP status says what it means, that is what counts."""
    assert counting.outcome("users.info", fault) == outcome
