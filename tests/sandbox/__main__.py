"""`python -m tests.sandbox`: a local Slack, a local Entra and the real bot; `--tour` plays the whole story."""

import argparse
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from tests.sandbox.narrator import Narrator
from tests.sandbox.stage import Stage
from tests.sandbox.tour import play

HELP = """Commands:
  USER /register-app [words]   send the slash command as ada, grace, katherine, alan, gus or stan
  show USER                    the messages that USER has with the bot
  show channel                 the approvers' channel
  approve                      press Approve on the newest request, as grace
  travel DAYS                  move everybody's clock forward
  help, quit"""


class Terminal:
    """Takes simple commands; the people fill in forms only in the tour and in tests."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._words: dict[str, Callable[[list[str]], None]] = {
            "show": self._show,
            "approve": self._approve,
            "travel": self._travel,
            "help": lambda _: print(HELP),
        }

    def serve(self) -> None:
        """Read commands until `quit`, or the end of the input."""
        print(HELP)
        while True:
            try:
                words = input("> ").split()
            except EOFError:
                return
            if words == ["quit"]:
                return
            if words:
                self._obey(words)

    def _obey(self, words: list[str]) -> None:
        around = self._stage.around
        try:
            if words[0] in around.ids and words[1:2] == ["/register-app"]:
                outcome = around.person(words[0]).command("/register-app", " ".join(words[2:]))
                print("\n".join(outcome.texts) or (outcome.modal.reads if outcome.modal else outcome.notice or "done"))
            elif words[0] in self._words:
                self._words[words[0]](words[1:])
            else:
                print(f"I do not know {words[0]!r}.\n{HELP}")
        except (AssertionError, IndexError, KeyError, ValueError) as error:
            print(f"That cannot be done: {error}")

    def _show(self, words: list[str]) -> None:
        around = self._stage.around
        person = around.person("grace" if words[0] == "channel" else words[0])
        messages = person.messages(around.channel) if words[0] == "channel" else person.dm
        print("\n\n".join(message.reads for message in messages) or "Nothing yet.")

    def _approve(self, _: list[str]) -> None:
        around = self._stage.around
        cards = [m for m in around.person("grace").messages(around.channel) if not m.thread_ts]
        outcome = around.person("grace").click(cards[-1], "approve")
        print("\n".join(outcome.texts) or "Approved.")

    def _travel(self, words: list[str]) -> None:
        self._stage.travel(timedelta(days=float(words[0])))
        print(f"It is now {self._stage.clock.now():%d %B %Y}.")


def main() -> int:
    """Start everything; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__)
    parser.add_argument("--tour", action="store_true", help="play the whole story and end; non-zero if a step is wrong")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="register-app-sandbox-") as folder:
        stage = Stage(folder=Path(folder))
        try:
            if arguments.tour:
                return play(stage, Narrator())
            print(f"bot    {stage.url}\nslack  {stage.around.slack.url}\nentra  {stage.around.entra.url}")
            Terminal(stage).serve()
            return 0
        finally:
            stage.stop()


if __name__ == "__main__":
    raise SystemExit(main())
