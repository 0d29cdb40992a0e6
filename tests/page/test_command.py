"""`python -m tests.sandbox` on the terminal: quiet, on loopback, over with Ctrl-C, and the pictures."""

import ctypes
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.sandbox.stage import ROOT, free_port, until

PICTURES = ("modal", "approval", "dm", "secret", "reminder")


@contextmanager
def running(*words: str, browser: str = "") -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    """Run the command; the process and the two lines that it prints first."""
    silent = [] if browser else ["--no-browser"]
    command = [sys.executable, "-m", "tests.sandbox", *silent, *words]
    environment = {**os.environ, "BROWSER": browser}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, [process.stdout.readline().strip() for _ in range(3)]
        finally:
            process.kill()


def end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Press Ctrl-C; the exit code and what else was printed."""
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)
    return process.returncode, rest.strip()


def test_served_until_ctrl_c(tmp_path: Path) -> None:
    """It prints the address with its key, serves there, keeps the data, and ends with its child and its ports."""
    port, data = free_port(), tmp_path / "kept"
    with running("--port", str(port), "--data", str(data)) as (process, lines):
        address = lines[0].rpartition(" ")[2]
        answer = requests.get(address, timeout=10)
        with requests.Session() as session:
            session.get(address, timeout=10)
            beginning = next(session.get(f"http://127.0.0.1:{port}/api/stream", stream=True, timeout=10).iter_lines())
        code, rest = end(process)

    assert address.startswith(f"http://127.0.0.1:{port}/?key=")
    assert "Register App sandbox" in answer.text
    assert beginning == b"event: status"
    assert lines[1:] == ["Ctrl-C ends it.", f"The bot's database stays in {data}; the emulated Slack and Entra do not."]
    assert (code, rest) == (0, "The sandbox ends.")
    assert {"bot.sqlite3", "bot.log", "clock"} <= {path.name for path in data.iterdir()}
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{port}", timeout=1)


def test_started_again_on_what_was_kept(tmp_path: Path) -> None:
    """A second run on the same folder finds the bot's database, and the clock where it was left."""
    with running("--data", str(tmp_path)) as (process, lines):
        address = lines[0].rpartition(" ")[2]
        with requests.Session() as session:
            session.get(address, timeout=10)
            origin = address.partition("/?")[0]
            wish = {"do": "travel", "days": 7}
            session.post(f"{origin}/api/control", json=wish, headers={"Origin": origin}, timeout=10)
        first, _ = end(process)
    database = (tmp_path / "bot.sqlite3").stat().st_ino
    with running("--data", str(tmp_path)) as (process, _):
        second, _ = end(process)

    assert (first, second) == (0, 0)
    assert float((tmp_path / "clock").read_text()) == 7 * 86_400
    assert (tmp_path / "bot.sqlite3").stat().st_ino == database


def test_ctrl_c_while_it_starts(tmp_path: Path) -> None:
    """Ctrl-C before everything stands ends it as well, and leaves no bot behind.

    It is started as a script's background job is, with that signal ignored.
    """
    command = [sys.executable, "-m", "tests.sandbox", "--no-browser", "--data", str(tmp_path)]
    ignoring = ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *command]
    with subprocess.Popen(ignoring, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            until((tmp_path / "bot.log").exists)
            code, printed = end(process)
        finally:
            process.kill()
    environments = [path for path in Path("/proc").glob("[0-9]*/environ") if str(tmp_path) in _read(path)]

    assert (code, printed) == (130, "")
    assert environments == []


def _read(path: Path) -> str:
    """What is in a file of another process; nothing when it has ended."""
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def test_ctrl_c_that_wakes_nobody() -> None:
    """Ctrl-C ends it also when the wait for it does not notice: as when it comes just before, or to another thread."""
    with running() as (process, _):
        threads = [int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()]
        other = next(thread for thread in threads if thread != process.pid)
        ctypes.CDLL(None).tgkill(process.pid, other, signal.SIGINT)
        rest, _ = process.communicate(timeout=30)

    assert (process.returncode, rest.strip()) == (0, "The sandbox ends.")


def test_opens_the_browser(tmp_path: Path) -> None:
    """The person's browser is opened at the address that is printed."""
    opened = tmp_path / "opened"
    program = tmp_path / "browser"
    program.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\npathlib.Path({str(opened)!r}).write_text(sys.argv[1])\n"
    )
    program.chmod(0o755)
    with running(browser=f"{program} %s") as (process, lines):
        until(opened.exists)
        until(opened.read_text)
        end(process)

    assert opened.read_text() == lines[0].rpartition(" ")[2]


def test_port_is_taken() -> None:
    """A port that somebody uses is named in one line, and everything that was started is ended."""
    with running() as (process, lines):
        port = lines[0].partition("127.0.0.1:")[2].partition("/")[0]
        done = subprocess.run(
            [sys.executable, "-m", "tests.sandbox", "--no-browser", "--port", port],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        end(process)

    assert (done.returncode, done.stdout) == (
        1,
        f"Port {port} of this machine is in use. Choose another with --port.\n",
    )
    assert done.stderr == ""


def test_help_says_what_is_kept() -> None:
    """--help names what --data keeps, and what it does not."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox", "--help"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "keeps the bot's database, its log and the clock in DIR" in done.stdout
    assert "the emulated Slack and Entra begin empty every time" in done.stdout


@pytest.mark.browser
def test_pictures(tmp_path: Path) -> None:
    """--screenshots writes the five pictures, each wide enough to be sharp at 800 pixels."""
    subprocess.run(
        [sys.executable, "-m", "tests.sandbox", "--screenshots", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=180,
    )
    # PNG (RFC 2083), IHDR: the width and height stand at bytes 16 to 24.
    sizes = {path.stem: struct.unpack(">II", path.read_bytes()[16:24]) for path in tmp_path.iterdir()}

    assert sizes.keys() == set(PICTURES)
    assert [name for name, (width, _) in sizes.items() if not 1000 <= width <= 1700] == []


def test_sign_in(tmp_path: Path) -> None:
    """With `--sign-in` the bot's page sends its viewer to the emulated Slack, which asks who they are."""
    with running("--sign-in", "--data", str(tmp_path)) as (process, _):
        listening = next(line for line in (tmp_path / "bot.log").read_text().splitlines() if "listens at" in line)
        place = re.search(r"127\.0\.0\.1:\d+", listening)
        assert place is not None
        asked = requests.get(f"http://{place[0]}/secret/sign-in", timeout=10)
        code, _ = end(process)

    assert (asked.status_code, code) == (200, 0)
    assert "Ada Lovelace</button>" in asked.text


@pytest.mark.parametrize("other", [("--tour",), ("--screenshots", "pictures")])
def test_sign_in_is_for_the_page(other: tuple[str, ...]) -> None:
    """The tour and the pictures tell the story without the sign-in, and say so."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox", "--sign-in", *other],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert "--sign-in goes with the page in the browser" in done.stderr
