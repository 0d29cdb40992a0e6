"""The benchmarks run, so that they are there when somebody wants to know; their numbers are nobody's test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storage import SQLITE, open_store
from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.figures import TINY, Report, Size, slowest
from tests.benchmarks.sweep import plan


@pytest.mark.parametrize("measure", BENCHMARKS.values(), ids=BENCHMARKS)
def test_benchmark(measure: Callable[[Size, Path], Report], tmp_path: Path) -> None:
    """Each benchmark, made tiny, ends with a table whose every cell is filled."""
    report = measure(TINY, tmp_path)

    assert report.rows
    assert all(len(row) == len(report.columns) and all(row) for row in report.rows)
    assert report.title in report.drawn()


def test_ninety_ninth() -> None:
    """Of a hundred values one is slower than the 99th percentile; of a few the slowest is it."""
    assert slowest([float(value) for value in range(1, 101)]) == 99
    assert slowest([3.0, 1.0, 2.0]) == 3.0


def test_the_sweep_finds_its_rows(tmp_path: Path) -> None:
    """The daily round finds the secrets within reach by an index on their end, and walks over no others."""
    open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}").migrate()

    assert "SEARCH c USING INDEX credentials_by_state (state=? AND ends_at>? AND ends_at<?)" in plan(
        tmp_path / "x.sqlite3"
    )
