"""A small working desk: links in memory, states that a test can set, and a book of what it was asked."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.model import LinkFacts, LinkStatus, NotMinted, Revealed, SecretTerm, SecretText, Viewer

NOON: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET: Final = "Ab~8Q~" + "canary-of-the-client-secret.0123456"
CLIENT_ID: Final = "6a1c4f0e-93b7-4f43-a5f7-0d9f3a5b2c11"
TENANT_ID: Final = "1f8b7c52-4a5c-4c1e-9a70-6f4b1f0d2e33"
FACTS: Final = LinkFacts(
    application_name="Payroll <Reader>",
    client_id=CLIENT_ID,
    tenant_id=TENANT_ID,
    requester_name="Ada Lovelace",
    issued_at=NOON,
    expires_at=NOON + timedelta(days=1),
    term=SecretTerm(days=180),
)


@dataclass(kw_only=True)
class Clock:
    """A clock that stands still until it is moved on."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass (or, with less than nothing, be set back)."""
        self.now += timedelta(seconds=seconds)


@dataclass(kw_only=True)
class Desk:
    """A LinkDesk over a dictionary; `asked` holds the name of every call in order."""

    links: dict[str, LinkStatus] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    viewers: list[Viewer] = field(default_factory=list)
    refusal: NotMinted | None = None
    act: Callable[[], None] = lambda: None
    facts: LinkFacts = FACTS

    def issue(self) -> str:
        """Make a link that is open and armed; return its token."""
        token = secrets.token_urlsafe(32)
        self.links[token] = LinkStatus(state="ready", facts=self.facts)
        return token

    def put(self, token: str, status: LinkStatus) -> None:
        """Let the link be in this state from now on."""
        self.links[token] = status

    def look(self, token: str, viewer: Viewer) -> LinkStatus:  # noqa: ARG002 - the desk's contract
        """Return the state of the link; change nothing."""
        self.asked.append("look")
        self.act()
        return self._status(token)

    def reveal(self, token: str, viewer: Viewer) -> Revealed | LinkStatus | NotMinted:
        """Hand over the one secret when the link is ready and Entra is willing."""
        self.asked.append("reveal")
        self.act()
        status = self._status(token)
        if status.state != "ready":
            return status
        if self.refusal is not None:
            return self.refusal
        self.viewers.append(viewer)
        self.links[token] = LinkStatus(state="viewed", viewed_at=NOON + timedelta(minutes=3))
        return revealed(self.facts)

    def seen(self, token: str, viewer: Viewer) -> None:  # noqa: ARG002 - the desk's contract
        """Note that the page confirmed."""
        self.asked.append("seen" if token in self.links else "seen a stranger")

    def is_untouched(self, token: str) -> bool:
        """Say whether the link could still be pressed."""
        return self._status(token).state == "ready"

    def _status(self, token: str) -> LinkStatus:
        return self.links.get(token, LinkStatus(state="unknown"))


def revealed(facts: LinkFacts = FACTS) -> Revealed:
    """Return what a press that wins is given."""
    return Revealed(
        facts=facts,
        text=SecretText(SECRET),
        ends_at=NOON + timedelta(days=180),
        authority=f"https://login.microsoftonline.com/{TENANT_ID}",
        token_endpoint=f"https://login.microsoftonline.com/{TENANT_ID}/oauth2/v2.0/token",
        scopes=("api://payroll/payslips.read", "https://graph.microsoft.com/User.Read"),
    )


def renamed(name: str) -> LinkFacts:
    """Return the facts of an application with another name."""
    return replace(FACTS, application_name=name)
