"""What a person sees after they did something."""

from dataclasses import dataclass, field

from tests.sandbox.slack.courier import Delivery
from tests.sandbox.slack.records import Message, View
from tests.sandbox.slack.workspace import Workspace

SLACKBOT = "USLACKBOT"
WARNING_TRIANGLE = "Slack shows a warning triangle beside the element."
TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(kw_only=True)
class Outcome:
    """What became of one act. `texts` and `modal` are live: they show what has come up to the moment of asking.

    `notice` is Slack's own text about a late or failed answer, if any.
    """

    workspace: Workspace
    user_id: str
    since: int
    delivery: Delivery | None = None
    notice: str | None = None

    @property
    def status(self) -> int:
        """The HTTP status of the bot's answer; 0 when none came, or when nothing was sent."""
        return self.delivery.status if self.delivery else 0

    @property
    def milliseconds(self) -> float:
        """How long the bot took."""
        return self.delivery.milliseconds if self.delivery else 0.0

    @property
    def ephemerals(self) -> list[Message]:
        """The messages that only this person has been shown since the act, Slack's own included."""
        with self.workspace.changing():
            later = self.workspace.messages[self.since :]
            return [message for message in later if message.only_for == self.user_id and not message.deleted]

    @property
    def texts(self) -> tuple[str, ...]:
        """What those messages read."""
        return tuple(message.reads for message in self.ephemerals)

    @property
    def modal(self) -> View | None:
        """The modal that is open in front of this person."""
        with self.workspace.changing():
            return self.workspace.top(self.user_id)


@dataclass(kw_only=True)
class CommandOutcome(Outcome):
    """After a slash command."""


@dataclass(kw_only=True)
class ClickOutcome(Outcome):
    """After a button, a menu or a picker; `url` is where a link button led."""

    url: str | None = None


@dataclass(kw_only=True)
class SubmitOutcome(Outcome):
    """After the submit button.

    `errors` are the bot's words by block_id; `stopped` are those of Slack's client, and then nothing was sent;
    `closed` says that this view is gone.
    """

    errors: dict[str, str] = field(default_factory=dict)
    stopped: dict[str, str] = field(default_factory=dict)
    closed: bool = False
