"""Time that passes only when somebody sleeps."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Hourglass:
    """A monotonic clock and its sleep; `sleeps` remembers every pause in seconds."""

    now: float = 1000.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass at once."""
        self.sleeps.append(seconds)
        self.now += seconds

    def monotonic(self) -> float:
        """The moment it is."""
        return self.now
