"""Measured powers integrated over time (``ports.records.integral``), for stores of every kind.

The time that the loop ran is a clock of its own: it goes on between two records that are close, and stands still in
outages. Each value counts from its instant to the next one by that clock, cut where a step begins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from energy_manager.application.ports.records.integral import (
    LEAST_OUTAGE_S,
    LONGEST_HOLD_S,
    MISSED_TICKS,
    ROUNDS_HELD,
    Integral,
)

Array: TypeAlias = npt.NDArray[Any]

US_PER_S = 1_000_000

AROUND_US = 600 * US_PER_S
"""Records this long before and after a stretch tell what holds at its edges."""

FAR_AROUND_US = 10_800 * US_PER_S
"""The same where rounds are rare: a simulated day that passes in two minutes has one in two hours."""

OFTEN_US = 300 * US_PER_S
"""Rounds that come at least this often are not rare."""

COLUMNS_AT_ONCE = 256


class OverTime:
    """By step and column: for how long a power is known, s, and its integral."""

    def __init__(self, steps: int, columns: int = 1) -> None:
        self.covered_s = np.zeros((steps, columns))
        self.total = np.zeros((steps, columns))

    def add(self, steps: Array, finer: OverTime, columns: slice) -> None:
        """Take finer steps into columns, each into the step given for it; -1 = into none."""
        inside = steps >= 0
        np.add.at(self.covered_s[:, columns], steps[inside], finer.covered_s[inside])
        np.add.at(self.total[:, columns], steps[inside], finer.total[inside])

    def told(self, column: int = 0) -> Integral:
        """One column's."""
        return Integral(
            covered_s=tuple(self.covered_s[:, column].tolist()), total=tuple(self.total[:, column].tolist())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """Rounds of values (rounds × columns, not a number where nothing is known) and the ticks of the same time, in µs.

    Of two rounds of the same instant, where the clock was set back, the later one holds.
    """

    at_us: Array
    values: Array
    ticks_us: Array


Read: TypeAlias = Callable[[int, int], Recorded]
"""What was recorded since an instant and until another, µs."""


def integrated(read: Read, *, start_us: int, step_us: int, steps: int) -> OverTime:
    """Power over time of what was recorded in and around the steps."""
    end_us = start_us + step_us * steps
    recorded = read(start_us - AROUND_US, end_us + AROUND_US)
    if len(recorded.at_us) * OFTEN_US < end_us - start_us + 2 * AROUND_US:
        recorded = read(start_us - FAR_AROUND_US, end_us + FAR_AROUND_US)
    return _integrate(recorded, start_us=start_us, step_us=step_us, steps=steps)


def _integrate(recorded: Recorded, *, start_us: int, step_us: int, steps: int) -> OverTime:
    at_us, values, ticks_us = recorded.at_us, recorded.values, recorded.ticks_us
    integrals = OverTime(steps, values.shape[1])
    if not len(at_us):
        return integrals
    order = np.argsort(at_us, kind="stable")
    at_us, values = at_us[order], values[order]
    hold_us = _at_least(LONGEST_HOLD_S, ROUNDS_HELD, at_us)
    edges_us = start_us + step_us * np.arange(steps + 1)
    cuts_us = np.unique(np.concatenate([at_us, at_us + hold_us, edges_us]))
    cuts_us = cuts_us[(cuts_us >= edges_us[0]) & (cuts_us <= edges_us[-1])]
    begins_us, ran_s = cuts_us[:-1], np.diff(_ran_us(cuts_us, at_us, ticks_us, hold_us)) / US_PER_S
    latest, into = np.searchsorted(at_us, begins_us, side="right") - 1, (begins_us - start_us) // step_us
    for first in range(0, values.shape[1], COLUMNS_AT_ONCE):
        some = slice(first, first + COLUMNS_AT_ONCE)
        held, known = _held(begins_us, at_us, values[:, some], latest, hold_us)
        np.add.at(integrals.covered_s[:, some], into, np.where(known, ran_s[:, np.newaxis], 0.0))
        np.add.at(integrals.total[:, some], into, np.where(known, ran_s[:, np.newaxis] * held, 0.0))
    return integrals


def _at_least(least_s: float, spacings: float, at_us: Array) -> int:
    """So many of the usual spacings, µs, or the least where that is longer."""
    apart_us = float(np.median(np.diff(at_us))) if len(at_us) > 1 else 0.0
    return round(max(least_s * US_PER_S, spacings * apart_us))


def _ran_us(cuts_us: Array, at_us: Array, ticks_us: Array, hold_us: int) -> Array:
    """How long the loop had run at each cut, µs."""
    seen_us = np.unique(np.concatenate([at_us, ticks_us]))
    longest_us = _at_least(LEAST_OUTAGE_S, MISSED_TICKS, np.sort(ticks_us)) if len(ticks_us) > 1 else hold_us
    apart_us = np.diff(seen_us)
    ran_us = np.concatenate([[0], np.cumsum(np.where(apart_us <= longest_us, apart_us, 0))])
    at_cuts: Array = np.interp(cuts_us - seen_us[0], seen_us - seen_us[0], ran_us)
    return at_cuts


def _held(begins_us: Array, at_us: Array, values: Array, latest: Array, hold_us: int) -> tuple[Array, Array]:
    """What each column held from each beginning on, and where that is known."""
    rounds = np.arange(len(at_us))[:, np.newaxis]
    last_known = np.maximum.accumulate(np.where(np.isnan(values), -1, rounds), axis=0)
    source = np.where(latest[:, np.newaxis] >= 0, last_known[latest], -1)
    known = (source >= 0) & (begins_us[:, np.newaxis] - at_us[source] < hold_us)
    return values[source, np.arange(values.shape[1])], known
