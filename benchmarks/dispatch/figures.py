"""The figures of one cell, from what was seen and recorded."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from benchmarks.dispatch.cells import PERIOD_S, Design, Load
from benchmarks.dispatch.measure import Seen, Sleepers


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Median, 99th percentile (nearest rank) and maximum in milliseconds."""

    p50_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, seconds: Collection[float]) -> Spread | None:
        """The spread, or None of nothing."""
        ordered = sorted(1e3 * float(value) for value in seconds)
        if not ordered:
            return None
        return cls(
            p50_ms=ordered[len(ordered) // 2],
            p99_ms=ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))],
            max_ms=ordered[-1],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One column of a table.

    ``lag`` is None when the product ended without its closing line, ``exit_ms`` for a process that SIGTERM did not end.
    """

    design: Design
    load: Load
    lag: Spread | None
    entry: Spread | None
    entry_in_hang_tick: Spread | None
    skipped: int
    undelivered: int
    owed: int
    order_violations: int
    threads: list[int]
    exit_ms: float | None
    cpu_percent: float
    rss_mb: float
    jitter_10_ms: Spread | None
    jitter_2_s: Spread | None
    other_cpu_percent: float

    @property
    def settled_tick(self) -> int:
        """From this tick on threads should not grow: tick 10, or at two thirds of a shorter run."""
        return min(10, 2 * (len(self.threads) - 1) // 3)


def figures(design: Design, load: Load, seen: Seen, sleepers: Sleepers) -> Figures:
    """Put the figures of a cell together."""
    delivery = seen.records.delivery(load)
    lag, skipped = _said_lag(seen, load) if design.is_ours else _recorded_lag(seen, load)
    fine_s, coarse_s = (sleepers.lateness_s(period_s, seen.from_s, seen.to_s) for period_s in sleepers.PERIODS_S)
    return Figures(
        design=design,
        load=load,
        lag=lag,
        entry=Spread.of(delivery.entry_s),
        entry_in_hang_tick=Spread.of(delivery.entry_in_hang_tick_s),
        skipped=skipped,
        undelivered=delivery.undelivered,
        owed=delivery.owed,
        order_violations=seen.records.order_violations(),
        threads=seen.threads,
        exit_ms=None if seen.exit_s is None else 1e3 * seen.exit_s,
        cpu_percent=100 * seen.cpu_share,
        rss_mb=seen.rss_mb,
        jitter_10_ms=Spread.of(fine_s),
        jitter_2_s=Spread.of(coarse_s),
        other_cpu_percent=100 * seen.other_cpu_share,
    )


_CLOSING_LINE = re.compile(r"ticks \d+, skipped (\d+), lag p50 ([\d.]+) ms p99 ([\d.]+) ms max ([\d.]+) ms")
_TICK_LINE = re.compile(r" tick \d+   ")


def _said_lag(seen: Seen, load: Load) -> tuple[Spread | None, int]:
    """The product says its own lag when it ends; if it did not come to that, its log at least tells the ticks."""
    found = _CLOSING_LINE.search(seen.said)
    if found is None:
        return None, load.ticks - len(_TICK_LINE.findall(seen.said))
    p50_ms, p99_ms, max_ms = map(float, found.groups()[1:])
    return Spread(p50_ms=p50_ms, p99_ms=p99_ms, max_ms=max_ms), int(found[1])


def _recorded_lag(seen: Seen, load: Load) -> tuple[Spread | None, int]:
    lags_s = seen.records.tick_lags_s()[: load.ticks]
    on_time = int((lags_s < PERIOD_S).sum())
    return Spread.of(lags_s), load.ticks - on_time
