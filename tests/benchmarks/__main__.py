"""Run the benchmarks: `python -m tests.benchmarks [--only NAME] [--quick]`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.benchmarks import acknowledgement, press, story, sweep
from tests.benchmarks.figures import FULL, QUICK, Report, Size

BENCHMARKS: Mapping[str, Callable[[Size, Path], Report]] = {
    room.NAME: room.measure for room in (acknowledgement, press, sweep, story)
}


@click.command()
@click.option("--only", type=click.Choice(list(BENCHMARKS)), multiple=True, help="Run this one; may be repeated.")
@click.option("--quick", is_flag=True, help="Measure less: to see that it runs, not to compare.")
def main(only: tuple[str, ...], quick: bool) -> None:  # noqa: FBT001 - click passes flags by name
    """Measure, and print a table for each benchmark."""
    for name in only or BENCHMARKS:
        with TemporaryDirectory() as folder:
            click.echo(BENCHMARKS[name](QUICK if quick else FULL, Path(folder)).drawn() + "\n")


if __name__ == "__main__":
    main()
