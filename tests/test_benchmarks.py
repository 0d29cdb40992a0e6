"""The benchmarks run, so that they are there when somebody wants to know; their numbers are nobody's test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storage import SQLITE, open_store
from tests.benchmarks.__main__ import BENCHMARKS
from tests.benchmarks.figures import TINY, Report, Size, p99
from tests.benchmarks.sweep import Stock, fill, peak, plan


@pytest.mark.parametrize("measure", BENCHMARKS.values(), ids=BENCHMARKS)
def test_benchmark(measure: Callable[[Size, Path], Report], tmp_path: Path) -> None:
    """Each benchmark, made tiny, ends with a table whose every cell is filled."""
    report = measure(TINY, tmp_path)

    assert report.rows
    assert all(len(row) == len(report.columns) and all(row) for row in report.rows)
    assert report.title in report.drawn()


def test_ninety_ninth() -> None:
    """Of a hundred values one is slower than the 99th percentile; of fewer the slowest is it."""
    assert p99([float(value) for value in range(1, 101)]) == 99
    assert p99([3.0, 1.0, 2.0]) == 3.0


def test_the_sweep_finds_its_rows(tmp_path: Path) -> None:
    """The daily round finds the secrets within reach by an index on their end, and walks over no others."""
    open_store(f"{SQLITE}{tmp_path / 'x.sqlite3'}").migrate()

    assert "SEARCH c USING INDEX credentials_by_state (state=? AND ends_at>? AND ends_at<?)" in plan(
        tmp_path / "x.sqlite3"
    )


def test_memory_of_the_sweep(tmp_path: Path) -> None:
    """With ten times as many secrets stored, most of them within reach, and as many due, the round needs no more."""
    few, many = tmp_path / "few.sqlite3", tmp_path / "many.sqlite3"
    fill(few, Stock(count=600, due_every=60, first_day=-30, days=97))
    fill(many, Stock(count=6000, due_every=600, first_day=-30, days=97))
    # The first walk also loads what a process loads once.
    peak(few)
    (little, due), (much, as_many_due) = peak(few), peak(many)

    assert due == as_many_due == 10
    assert much < 1.5 * little
