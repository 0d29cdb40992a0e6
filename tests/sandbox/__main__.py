"""`python -m tests.sandbox`: a small Slack in the browser with the real bot; `--tour` plays the story here."""

import argparse
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.sandbox.narrator import Narrator
from tests.sandbox.page.server import Page
from tests.sandbox.stage import Stage, is_free
from tests.sandbox.tour import play

KEPT = (
    "keeps the bot's database, its log and the clock in DIR; the emulated Slack and Entra begin empty every time,"
    " so messages and applications of an earlier run are not there again"
)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--tour", action="store_true", help="play the whole story and end; non-zero if a step is wrong")
    what.add_argument("--screenshots", type=Path, metavar="DIR", help="write README's pictures to DIR and end")
    parser.add_argument("--port", type=int, default=0, help="the page's port on this machine; a free one by default")
    parser.add_argument("--data", type=Path, metavar="DIR", help=KEPT)
    parser.add_argument("--sign-in", action="store_true", help="have the one-time page ask who one is, as Slack can")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    given = parser.parse_args()
    if given.sign_in and (given.tour or given.screenshots):
        parser.error("--sign-in goes with the page in the browser; the story is told without it")
    return given


@contextmanager
def told_to_end() -> Iterator[Callable[[], object]]:
    """Hear Ctrl-C, SIGTERM and the end of the terminal from now on; what is yielded waits for the first of them.

    A signal may come at any line, to any thread, and just before a wait, which it would not wake any more. What it
    writes into a socket, whoever hears it, is still there to be read (Python, "signal.set_wakeup_fd").
    """
    waiting, heard = socket.socketpair()
    heard.setblocking(False)
    with waiting, heard:
        signal.set_wakeup_fd(heard.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)
        try:
            yield lambda: waiting.recv(1)
        finally:
            signal.set_wakeup_fd(-1)


def serve(page: Page, *, kept: Path | None, browser: bool) -> int:
    """Say where the page is, and serve it until Ctrl-C, SIGTERM, or the terminal is closed."""
    with told_to_end() as wait:
        print(f"The sandbox is at  {page.address}\nCtrl-C ends it.", flush=True)
        stays = f"The bot's database stays in {kept}; the emulated Slack and Entra do not."
        print(stays if kept else "Nothing of it is kept.", flush=True)
        if browser and has_screen():
            webbrowser.open(page.address)
        wait()
    print("\nThe sandbox ends.", flush=True)
    return 0


def has_screen() -> bool:
    """Say whether a browser can open a window; without one Python would start a text browser in this terminal."""
    named = any(os.environ.get(name) for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in {"darwin", "win32"} or named


def main() -> int:
    """Start everything; return the exit code."""
    given = arguments()
    if given.port and not is_free(given.port):
        print(f"Port {given.port} of this machine is in use. Choose another with --port.")
        return 1
    with ExitStack() as stack:
        if given.data:
            given.data.mkdir(parents=True, exist_ok=True)
        folder = given.data or stack.enter_context(tempfile.TemporaryDirectory(prefix="register-app-sandbox-"))
        stage = Stage(folder=Path(folder).resolve(), sign_in=given.sign_in)
        stack.callback(stage.stop)
        if given.tour:
            return play(stage, Narrator())
        page = Page(stage, given.port)
        stack.callback(page.stop)
        if given.screenshots:
            from tests.sandbox.page.pictures import take  # noqa: PLC0415 - only this drives a browser

            return take(page.address, given.screenshots)
        return serve(page, kept=given.data, browser=not given.no_browser)


if __name__ == "__main__":
    # A shell that starts this in the background has it ignore Ctrl-C; whoever sends that signal then means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        # Ctrl-C while everything was still being started; 130 is what a shell makes of it.
        raise SystemExit(130) from None
