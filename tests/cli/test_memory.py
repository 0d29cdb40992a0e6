"""Reading the audit takes as much memory for many rows as for few, on either engine."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.cli.many_rows import fill
from tests.cli.terminal import Terminal
from tests.engines import ENGINES

FEW, MANY = 5_000, 100_000
# The rows themselves, held as Python holds them, would take more than a hundred.
LEEWAY_MEGABYTES = 15
# Linux, "proc_pid_status": the most memory that this process has had since it began, and its parent not counted.
PEAK = "VmHWM:"
MEASURED = (
    "import atexit, runpy, sys;"
    "atexit.register(lambda: sys.stderr.write(open('/proc/self/status').read()));"
    "runpy.run_module('bot', run_name='__main__', alter_sys=True)"
)


@pytest.fixture(scope="module", params=sorted(ENGINES))
def databases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The addresses of an audit of few rows, and of one of many."""
    engine = ENGINES[request.param]
    with engine(tmp_path_factory.mktemp("few")) as few, engine(tmp_path_factory.mktemp("many")) as many:
        fill(few, FEW)
        fill(many, MANY)
        yield [few, many]


def peak_megabytes(terminal: Terminal, url: str, *words: str) -> float:
    """The most memory that a command needed."""
    command = terminal.command(*words, DATABASE_URL=url)
    done = subprocess.run(
        **{**command, "args": [sys.executable, "-c", MEASURED, *words]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stderr.partition(PEAK)[2].split()[0]) / 1024


@pytest.mark.parametrize(
    "words",
    [("audit", "verify"), ("audit", "export", "--output", "rows"), ("audit", "export", "--format", "csv")],
    ids=" ".join,
)
def test_memory_does_not_grow_with_the_rows(terminal: Terminal, databases: list[str], words: tuple[str, ...]) -> None:
    """Twenty times the rows need the same memory, because they are read a page at a time."""
    few, many = (peak_megabytes(terminal, url, *words) for url in databases)

    assert few > 20
    assert many < few + LEEWAY_MEGABYTES
