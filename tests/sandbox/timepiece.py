"""A clock that can be moved forward, and that a child process can share through a small file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class Timepiece:
    """The computer's clock plus what was travelled; `path` keeps the distance, so that several processes agree."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.exists():
            self._write(timedelta())

    def now(self) -> datetime:
        """The travelled time."""
        return datetime.now(UTC) + self.travelled

    @property
    def travelled(self) -> timedelta:
        """How far it was moved so far."""
        return timedelta(seconds=float(self._path.read_text()))

    def advance(self, distance: timedelta) -> None:
        """Move forward."""
        self._write(self.travelled + distance)

    def _write(self, distance: timedelta) -> None:
        fresh = self._path.with_suffix(".new")
        fresh.write_text(str(distance.total_seconds()))
        fresh.replace(self._path)


class HeldClock:
    """A clock that stands still until it is moved: the tests' own."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time it stands at."""
        return self._now

    def advance(self, distance: timedelta) -> None:
        """Move forward."""
        self._now += distance
