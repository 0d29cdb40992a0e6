"""What all acts of a person have in common: who they are, what they may see, how their acts travel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.sandbox.slack.courier import Courier, Delivery, Forgery, RequestKind
from tests.sandbox.slack.element_state import holds
from tests.sandbox.slack.filling import CannotDo
from tests.sandbox.slack.normal import elements_of
from tests.sandbox.slack.records import Blocks, Channel
from tests.sandbox.slack.tickets import Tickets
from tests.sandbox.slack.workspace import Workspace

Piece = dict[str, Any]
# A block_id, an action_id or a button's text; or block_id and action_id together, where one alone is not enough.
Name = str | tuple[str, str]


@dataclass(kw_only=True)
class Backstage:
    """What stands behind the people: the state, the short-lived rights, the way to the bot."""

    workspace: Workspace
    tickets: Tickets
    courier: Courier
    url: str = ""


class Hands:
    """One person, able to look and to reach the bot."""

    def __init__(self, backstage: Backstage, user_id: str, forgery: Forgery | None = None) -> None:
        self.id = user_id
        self._backstage = backstage
        self._workspace = backstage.workspace
        self._forgery = forgery or Forgery()

    @property
    def _mark(self) -> int:
        """How many messages there are now; what comes later is new."""
        with self._workspace.changing():
            return len(self._workspace.messages)

    def _send(self, kind: RequestKind, payload: Mapping[str, Any]) -> Delivery:
        return self._backstage.courier.send(kind, payload, self._forgery)

    def _response_url(self, channel: str, message_ts: str | None) -> str:
        key = self._backstage.tickets.new_response_url(self.id, channel, message_ts)
        return f"{self._backstage.url}/respond/{key}"

    def _trigger(self, view_id: str | None = None) -> str:
        return self._backstage.tickets.new_trigger(self.id, view_id)

    def _channel(self, name: str) -> Channel:
        """A conversation that this person is in, by id or name."""
        for channel in self._workspace.channels.values():
            if name in (channel.id, channel.name) and (self.id in channel.members or channel.kind == "public"):
                return channel
        raise CannotDo(f"this person sees no channel {name!r}")


def find_element(blocks: Blocks, name: Name, fits: Callable[[Piece], bool] = holds) -> tuple[Piece, Piece]:
    """The block and the element that a person means by this name."""
    for block in blocks:
        for element in elements_of(block):
            one, other = element.get("action_id"), block["block_id"]
            names = (one, other, _label(element), (other, one))
            if fits(element) and name in names:
                return block, element
    raise CannotDo(f"there is no {name!r} here")


def is_button(element: Piece) -> bool:
    """Whether it is a button."""
    return bool(element["type"] == "button")


def is_overflow(element: Piece) -> bool:
    """Whether it is an overflow menu."""
    return bool(element["type"] == "overflow")


def _label(element: Piece) -> str | None:
    text = element.get("text")
    return text["text"] if isinstance(text, dict) else None
