"""A browser without a screen: it follows redirects, keeps cookies, and signs in to the emulated Slack."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from tests.journeys.world import World


@dataclass(kw_only=True)
class Window:
    """One person's browser; nobody is signed in at first."""

    world: World
    session: requests.Session = field(default_factory=requests.Session)

    def begin(self) -> requests.Response:
        """Follow the page's "Sign in with Slack", up to where it sends the browser."""
        return self.get(f"{self.world.server.url}/secret/sign-in")

    def answer(self, address: str, person: str | None) -> str:
        """Choose on Slack's page who one is, or cancel; return where Slack sends the browser back to."""
        shown = self.get(address)
        assert shown.status_code == 200, shown.text
        chosen = {"cancel": "yes"} if person is None else {"user": self.world.around.ids[person]}
        back = self.session.post(address, data=chosen, allow_redirects=False, timeout=30)
        return str(back.headers["Location"])

    def way_back(self, person: str | None) -> str:
        """Go to Slack as `person`, None to cancel; return where Slack sends the browser back to, not yet followed."""
        return self.answer(self.begin().headers["Location"], person)

    def sign_in(self, person: str | None) -> requests.Response:
        """The whole way there and back; the answer is what the bot says at its end."""
        return self.get(self.way_back(person))

    def get(self, address: str, **headers: str) -> requests.Response:
        """Open an address, without following where it leads."""
        return self.session.get(address, headers=headers, allow_redirects=False, timeout=30)

    def post(self, act: str, token: object) -> requests.Response:
        """What the page's script sends."""
        return self.session.post(f"{self.world.server.url}/secret/{act}", json={"token": token}, timeout=30)

    def cookie(self, name: str) -> str | None:
        """A cookie's value as this browser holds it."""
        return self.session.cookies.get_dict().get(name)

    def set_cookie(self, name: str, value: str) -> None:
        """Put a cookie in the place of the one that the bot set."""
        self.session.cookies.clear()
        self.session.cookies.set(name, value, domain=urlsplit(self.world.server.url).hostname or "", path="/")


def query(address: str) -> dict[str, str]:
    """What stands behind the question mark."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def title(answer: requests.Response) -> str:
    """The heading of a page."""
    found = re.search(r"<h1>(.*?)</h1>", answer.text)
    return found[1] if found else ""


def signed_in(world: World, person: str) -> Window:
    """A browser in which this person is signed in."""
    window = Window(world=world)
    came_in = window.sign_in(person)
    assert came_in.headers.get("Location") == "/secret", came_in.text
    return window


def told_of_others(world: World, person: str = "ada") -> list[str]:
    """What a person was told of others who opened their link."""
    world.settle()
    return [message.reads for message in world.around.person(person).dm if "Somebody else" in message.reads]


def turned_away(world: World) -> list[dict[str, Any]]:
    """The audit's rows about those who were turned away."""
    return [dict(row) for row in world.bot.store.audit.rows() if row["event"] == "link:turn_away"]
