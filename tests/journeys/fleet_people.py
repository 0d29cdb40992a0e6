"""What people do when instances come and go: requesters whose requests each have a fate, and an approver."""

import contextlib
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, Protocol

import requests

from tests.sandbox.entra import faults
from tests.sandbox.slack import CannotDo
from tests.sandbox.slack.records import Message
from tests.sandbox.stage import until
from tests.sandbox.surroundings import Surroundings

Fate = Literal["denied", "withdrawn", "opened", "changed", "ignored", "refused", "lapsed"]
FATES: tuple[Fate, ...] = ("denied", "withdrawn", "opened", "opened", "changed", "ignored", "refused", "lapsed")
SECRET_IS_SHOWN: frozenset[Fate] = frozenset({"opened", "changed", "refused"})
# So long a person waits for something to change before they do it again.
AGAIN_SECONDS = 1.5


class Place(Protocol):
    """Where these people live: a bot of one or more instances, of which any may be away."""

    around: Surroundings

    def route(self) -> str:
        """Say where the bot is now, and send what comes next from Slack there."""

    def advance(self, distance: timedelta) -> None:
        """Let time pass."""


def again(place: Place, act: Callable[[], object], holds: Callable[[], object]) -> None:
    """Do a thing as people do: once more whenever nothing has come of it."""
    for _ in range(80):
        if holds():
            return
        place.route()
        # The message may be redrawn between the look and the click; then there is nothing to press.
        with contextlib.suppress(CannotDo, requests.RequestException):
            act()
        with contextlib.suppress(TimeoutError):
            until(holds, AGAIN_SECONDS)
    raise TimeoutError("It was done again and again, and nothing came of it.")


@dataclass(kw_only=True)
class Requester:
    """One person who asks for one application after the other, and sees each to its end."""

    place: Place
    id: str
    name: str
    approving: threading.Lock
    secrets: dict[str, str] = field(default_factory=dict)
    saw_through: list[str] = field(default_factory=list)

    @property
    def hands(self) -> Any:
        """What this person does in Slack."""
        return self.place.around.slack.person(self.id)

    @property
    def grace(self) -> Any:
        """The approver."""
        return self.place.around.person("grace")

    def see_through(self, name: str, fate: Fate) -> None:
        """Ask for an application and let its fate happen."""
        self.saw_through.append(name)
        self._ask(name)
        if fate == "denied":
            self._deny(name)
        elif fate == "withdrawn":
            self._insist(name, lambda: self._click_own(name, "withdraw"), lambda: "Withdrawn" in self._card_reads(name))
        elif fate != "lapsed":
            if fate == "changed":
                self._change(name)
            self._approve(name, refused=fate == "refused")
            if fate in SECRET_IS_SHOWN:
                self._open(name)

    def card(self, name: str) -> Message | None:
        """The approvers' card of one request."""
        return next((m for m in cards(self.place) if f"“{name}”" in m.text), None)

    def _card_reads(self, name: str) -> str:
        card = self.card(name)
        return card.reads if card else ""

    def _insist(self, name: str, act: Callable[[], object], holds: Callable[[], object]) -> None:
        """Do a thing until something comes of it; whoever reads that nothing did is told what this person saw."""
        try:
            again(self.place, act, holds)
        except TimeoutError as error:
            said = [message.reads for message in self.hands.dm if f"“{name}”" in message.text]
            error.add_note(f"{name}: modal {self.hands.modal}, card {self._card_reads(name)!r}, messages {said}")
            raise

    def _own(self, name: str, button: str) -> Message | None:
        return next((m for m in reversed(self.hands.dm) if f"“{name}”" in m.text and button in str(m.blocks)), None)

    def _click_own(self, name: str, button: str) -> None:
        message = self._own(name, f"'{button}'")
        if message is not None:
            self.hands.click(message, button)

    def _ask(self, name: str) -> None:
        accepted = threading.Event()

        def act() -> None:
            # A form that closed was accepted: from then on it is the fleet's word that it will be seen to.
            if accepted.is_set():
                return
            if self.hands.modal is None:
                self.hands.command("/register-app")
                return
            self.hands.type("display_name", name)
            self.hands.type("reply_urls", "https://ward.contoso.example/auth/callback")
            self.hands.type("secret_description", "production")
            self.hands.type("justification", "Nurses see the beds of their ward.")
            self.hands.submit()
            if self.hands.modal is None:
                accepted.set()

        self._insist(name, act, lambda: self.card(name) and self._own(name, "'withdraw'"))
        self._put_away()

    def _put_away(self) -> None:
        """Close what stayed open because its answer was lost."""
        if self.hands.modal is not None:
            self.hands.close(everything=True)

    def _change(self, name: str) -> None:
        accepted = threading.Event()

        def act() -> None:
            if accepted.is_set():
                return
            if self.hands.modal is None:
                self._click_own(name, "change")
                return
            self.hands.type("justification", "Changed.")
            outcome = self.hands.submit()
            if outcome.closed:
                accepted.set()
            elif outcome.errors:
                # It was changed before, and the answer was lost; or the form is one of before. A fresh one tells.
                self.hands.close(everything=True)

        self._insist(name, act, lambda: re.search(r"Version ([2-9]|\d\d+) of", self._card_reads(name)))
        self._put_away()

    def _deny(self, name: str) -> None:
        def act() -> None:
            if self.grace.modal is None:
                self.grace.click(self.card(name), "deny")
                return
            self.grace.type("reason", "Not needed.")
            self.grace.submit()

        with self.approving:
            self._insist(name, act, lambda: "Denied" in self._card_reads(name))
            if self.grace.modal is not None:
                self.grace.close(everything=True)

    def _approve(self, name: str, *, refused: bool) -> None:
        if refused:
            fault = faults.refused(faults.CREATE_APPLICATION, 403, "Authorization_RequestDenied", "Not allowed.")
            self.place.around.entra.trouble.add(fault)

        def act() -> None:
            card = self.card(name)
            if card is not None and "'approve'" in str(card.blocks):
                self.grace.click(card, "approve")
            elif card is not None and "'retry'" in str(card.blocks):
                self.grace.click(card, "retry")

        self._insist(name, act, lambda: self._link(name))

    def _link(self, name: str) -> Message | None:
        return next((m for m in reversed(self.hands.dm) if f"“{name}”" in m.text and "secret#" in str(m.blocks)), None)

    def _open(self, name: str) -> None:
        self._insist(name, lambda: self._press(name), lambda: name in self.secrets)

    def _press(self, name: str) -> None:
        message = self._link(name)
        if message is None:
            self._click_own(name, "not_seen")
            return
        outcome = self.hands.click(message, "open_link")
        token = (outcome.url or "").rpartition("#")[2]
        answer = requests.post(f"{self.place.route()}/secret/reveal", json={"token": token}, timeout=30).json()
        if "secret" in answer:
            self.secrets[name] = str(answer["secret"])
        elif answer.get("state") == "minting":
            # Whoever was minting died; its lease is over in two minutes.
            self.place.advance(timedelta(minutes=2, seconds=1))


def cards(place: Place) -> list[Message]:
    """What stands in the approvers' channel, without the threads."""
    return [m for m in place.around.person("grace").messages(place.around.channel) if not m.thread_ts]
