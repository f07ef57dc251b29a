"""How well the loop keeps its time, in numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass, field

KEPT_LAGS = 100_000
"""Percentiles are over this many newest ticks: more than two days of them, less than 4 MB."""


LAG_BOUNDS_S = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Lags are counted between these, around the half millisecond and the five that are good."""


@dataclass(slots=True, kw_only=True)
class TickStatistics:
    """Ticks run and skipped, and their lag: start of the tick's work − grid point.

    ``lags_within[i]`` ticks lagged by at most ``LAG_BOUNDS_S[i]`` and more than the bound before; its last entry counts
    those beyond all bounds.
    """

    ticks: int = 0
    skipped: int = 0
    max_lag_s: float = 0.0
    total_lag_s: float = 0.0
    lags_within: list[int] = field(default_factory=lambda: [0] * (len(LAG_BOUNDS_S) + 1))
    last_tick_s: float | None = None
    _lags_s: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_LAGS), init=False)

    def ran(self, *, at_s: float, lag_s: float) -> None:
        """Count a tick whose work began at ``at_s``."""
        self.ticks += 1
        self.last_tick_s = at_s
        self.max_lag_s = max(self.max_lag_s, lag_s)
        self.total_lag_s += lag_s
        self.lags_within[bisect_left(LAG_BOUNDS_S, lag_s)] += 1
        self._lags_s.append(lag_s)

    def lag_s(self, share: float) -> float:
        """The lag that ``share`` of the ticks did not exceed (nearest rank); 0 before the first tick."""
        lags_s = sorted(self._lags_s)
        return lags_s[min(len(lags_s) - 1, int(share * len(lags_s)))] if lags_s else 0.0

    def sentence(self) -> str:
        """The figures in one line, for the end of a run."""
        p50_ms, p99_ms = 1e3 * self.lag_s(0.5), 1e3 * self.lag_s(0.99)
        return (
            f"ticks {self.ticks}, skipped {self.skipped}, "
            f"lag p50 {p50_ms:.1f} ms p99 {p99_ms:.1f} ms max {1e3 * self.max_lag_s:.1f} ms"
        )
