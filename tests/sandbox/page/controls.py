"""The clock, the bot's process, and the switches for trouble."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from tests.sandbox.bot import next_reminder
from tests.sandbox.entra import faults as graph_faults
from tests.sandbox.slack import faults as slack_faults
from tests.sandbox.stage import Stage
from tests.sandbox.surroundings import Surroundings
from tests.sandbox.trouble import Fault, Trouble

# A switch is on until it is turned off.
_ALWAYS: Final = 10**9
_LAG: Final = 3
LEAVER: Final = "alan"

FAULTS: Final[dict[str, Callable[[], Fault]]] = {
    "graph_slow": lambda: graph_faults.slow(graph_faults.ANY_CALL, 2.0, _ALWAYS),
    "graph_throttled": lambda: graph_faults.throttled(2, times=_ALWAYS),
    "graph_down": lambda: graph_faults.unavailable(times=_ALWAYS),
    "slack_limited": lambda: slack_faults.rate_limited("chat.postMessage", 2, _ALWAYS),
}


class Controls:
    """What the second view can turn; `look` says how everything stands."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._around: Surroundings = stage.around
        self._on: dict[str, Fault] = {}
        self._turns: dict[str, Callable[[dict[str, Any]], None]] = {
            "travel": self._travel,
            "trouble": self._trouble,
            "bot": self._bot,
        }

    def turn(self, wish: dict[str, Any]) -> None:
        """Do what the page asks for; raises KeyError or ValueError for what there is not."""
        self._turns[wish["do"]](wish)

    def look(self) -> dict[str, Any]:
        """The clock's distance in seconds, the next reminder, the bot's state, and each switch."""
        due = next_reminder(self._stage.database, self._stage.clock.now())
        return {
            "travelled": self._stage.clock.travelled.total_seconds(),
            "nextReminder": due.isoformat() if due else None,
            "bot": self._stage.bot_state,
            "address": self._stage.url,
            "trouble": {
                **{name: name in self._on for name in FAULTS},
                "replication_lag": self._around.entra.lag > 0,
                "owner_left": self._around.slack.workspace.people[self._around.ids[LEAVER]].deactivated,
            },
        }

    def _travel(self, wish: dict[str, Any]) -> None:
        if wish.get("to") != "next_reminder":
            self._stage.travel(timedelta(days=float(wish["days"])))
            return
        now = self._stage.clock.now()
        due = next_reminder(self._stage.database, now)
        if due is None:
            raise ValueError("No secret is alive, so nobody will be reminded.")
        self._stage.travel(due - now)

    def _trouble(self, wish: dict[str, Any]) -> None:
        name, on = wish["name"], bool(wish["on"])
        if name == "replication_lag":
            self._around.entra.lag = _LAG if on else 0
        elif name == "owner_left":
            self._around.slack.change_person(self._around.ids[LEAVER], deactivated=on)
        elif on and name not in self._on:
            self._on[name] = self._where(name).add(FAULTS[name]())
        elif not on and name in self._on:
            self._where(name).end(self._on.pop(name))

    def _where(self, name: str) -> Trouble:
        return self._around.slack.trouble if name.startswith("slack") else self._around.entra.trouble

    def _bot(self, wish: dict[str, Any]) -> None:
        turns = {
            "kill": self._stage.kill_bot,
            "start": self._stage.start_bot,
            "freeze": self._stage.freeze_bot,
            "thaw": self._stage.thaw_bot,
        }
        turns[wish["turn"]]()
