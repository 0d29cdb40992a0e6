"""What the benchmarks have in common: how much is measured, and how the result is written down."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is measured."""

    commands: int
    """Slash commands of each kind."""
    presses: int
    """Presses on one-time links."""
    credentials: tuple[int, ...]
    """How many stored secrets each sweep walks over."""
    stories: int
    """Requests that are followed from the form to the secret."""
    graph_seconds: float
    """How long each call of the emulated Graph takes in those."""


FULL = Size(commands=300, presses=100, credentials=(1_000, 10_000, 100_000), stories=5, graph_seconds=0.15)
QUICK = Size(commands=100, presses=15, credentials=(1_000, 10_000), stories=1, graph_seconds=0.15)
TINY = Size(commands=2, presses=2, credentials=(100, 200), stories=1, graph_seconds=0.1)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What came out: a table with a heading, and what is to be read from it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def drawn(self) -> str:
        """Return the table as text, its numbers flush right."""
        table = [tuple(self.columns), *(tuple(row) for row in self.rows)]
        widths = [max(len(row[place]) for row in table) for place in range(len(self.columns))]
        lines = ["  ".join(_cell(row, place, widths) for place in range(len(row))).rstrip() for row in table]
        rule = "  ".join("-" * width for width in widths)
        return "\n".join([f"== {self.title}", lines[0], rule, *lines[1:], *([self.note] if self.note else [])])


def _cell(row: Sequence[str], place: int, widths: Sequence[int]) -> str:
    return row[place].ljust(widths[place]) if place == 0 else row[place].rjust(widths[place])


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return median(values)


def p99(values: Sequence[float]) -> float:
    """Return the 99th percentile: of a hundred values at most one is greater, of fewer none."""
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def milliseconds(value: float) -> str:
    """Write milliseconds down."""
    return f"{value:.1f} ms"


def times(value: float, base: float) -> str:
    """Write down how often one number holds another."""
    return f"{value / base:.2f} x" if base else "-"
