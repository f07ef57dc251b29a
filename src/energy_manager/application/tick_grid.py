"""The grid of time that the ticks stand on."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TickGrid:
    """Instants ``start_s + k·period_s`` for k = 0, 1, 2, … on the monotonic clock.

    Multiplied, never accumulated, so a late tick shifts no later one.
    """

    start_s: float
    period_s: float

    def instant_s(self, tick: int) -> float:
        """The grid point of a tick."""
        return self.start_s + tick * self.period_s

    def newest_tick(self, now_s: float) -> int:
        """The last tick whose grid point has passed."""
        return math.floor((now_s - self.start_s) / self.period_s)
