"""Time, as the use cases need it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Monotonic time in seconds from an arbitrary origin; never goes back."""

    def now_s(self) -> float:
        """The time now."""
        ...

    def sleep_until(self, instant_s: float) -> None:
        """Return at the instant or as soon after it as the machine allows; at once if it has passed."""
        ...


@dataclass(frozen=True, slots=True)
class TimeLine:
    """The time of day was ``at`` when ``at_s`` seconds had passed; ``moves`` counts the jumps that were adopted."""

    at: datetime
    at_s: float
    moves: int

    def time_at(self, now_s: float) -> datetime:
        """The time of day then."""
        return self.at + timedelta(seconds=now_s - self.at_s)
