"""Tells the story on the terminal as it happens: each message, each call, each answer; and counts what was wrong."""

import re
import sys
from typing import Any, TextIO

from tests.sandbox.slack import Slack
from tests.sandbox.wire import Exchange

WIDTH = 100
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class Narrator:
    """Writes lines with a speaker in front; colours only where a terminal reads."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._colour = out.isatty()
        self.wrong: list[str] = []

    def chapter(self, title: str) -> None:
        """Begin a chapter."""
        self._write(f"\n{self._paint('1', f'== {title} ==')}")

    def act(self, who: str, what: str) -> None:
        """Say what a person does."""
        self._line(who, what, "36")

    def expect(self, holds: object, what: str) -> None:
        """Say whether a thing is as it should be; the tour ends non-zero when one is not."""
        if holds:
            self._line("ok", what, "32")
        else:
            self.wrong.append(what)
            self._line("WRONG", what, "31")

    def listen(self, slack: Slack, names: dict[str, str]) -> None:
        """Tell what Slack shows from now on; `names` are the people's ids to their names."""

        def heard(event: dict[str, Any]) -> None:
            kind = event["type"]
            if kind in {"message_posted", "message_edited", "ephemeral_shown"}:
                self._message(event, names, kind)

        slack.subscribe(heard)

    def _message(self, event: dict[str, Any], names: dict[str, str], kind: str) -> None:
        text = event["text"]
        place = names.get(event["channel"], "a direct message")
        verb = {"message_posted": "posts", "message_edited": "edits", "ephemeral_shown": "whispers"}[kind]
        for user_id, name in names.items():
            text = text.replace(f"<@{user_id}>", f"@{name}")
        self._line("slack", f"bot {verb} in {place}: {text}", "35")

    def exchange(self, exchange: Exchange) -> None:
        """Tell one Graph or token call."""
        self._line("graph", f"{exchange.call} -> {exchange.status} ({exchange.milliseconds:.0f} ms)", "33")

    def page(self, what: str) -> None:
        """Tell what the one-time page answers."""
        self._line("page", what, "34")

    def _line(self, who: str, what: str, colour: str) -> None:
        # A link's token opens a secret; not even a sandbox prints one.
        text = _TOKEN.sub("…", " ".join(what.split()))
        shown = text if len(text) <= WIDTH else f"{text[: WIDTH - 1]}…"
        self._write(f"  {self._paint(colour, f'{who:>9}')}  {shown}")

    def _write(self, text: str) -> None:
        self._out.write(f"{text}\n")
        self._out.flush()

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text
