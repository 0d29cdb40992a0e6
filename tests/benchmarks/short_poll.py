"""Start the bot, or the bare Bolt app, with Bolt asking every 0.2 ms whether a listener has acknowledged.

Bolt asks every 10 ms (slack_bolt.listener.thread_runner), so that whoever is done before the first time is answered
at that time: all would look alike. The product goes by Bolt's own pause.
"""

import sys
import time
from types import SimpleNamespace

from slack_bolt.listener import thread_runner

from bot.__main__ import main
from tests.benchmarks import bare_bolt

BARE = "bare"
LOOK_SECONDS = 0.0002


def shorten() -> None:
    """Give Bolt's runner a clock whose every sleep is short."""
    # The runner uses no more of that module than these two; should it use another one day, this must not pass unseen.
    assert vars(thread_runner)["time"] is time
    vars(thread_runner)["time"] = SimpleNamespace(time=time.time, sleep=lambda _seconds: time.sleep(LOOK_SECONDS))


if __name__ == "__main__":
    shorten()
    if sys.argv[1:] == [BARE]:
        bare_bolt.main()
    else:
        main()
