"""Measured series on even steps of time, gaps included, and what the local clock showed at each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

DAY_S = 86_400
# Clocks are put forward and back at whole hours of UTC wherever energy is managed, so an hour has one offset; and never
# twice within a day, so a day that begins and ends with one offset has no other.
_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSteps:
    """The mean of each step ``[start + i * step_s, ...)``; not a number where nothing is known: a gap is a gap."""

    start: datetime
    step_s: int
    values: Floats

    @property
    def a_day(self) -> int:
        """Steps in 24 hours."""
        return DAY_S // self.step_s

    def index(self, at: datetime) -> int:
        """The step that an instant lies in; it may lie before the first or behind the last."""
        return int((at - self.start) // timedelta(seconds=self.step_s))

    def time_of(self, step: int) -> datetime:
        """When a step begins."""
        return self.start.astimezone(UTC) + timedelta(seconds=step * self.step_s)


def steps_of(times_s: Floats, values: Floats, *, start: datetime, step_s: int, count: int) -> MeasuredSteps:
    """The means of readings on even steps; see ``means_between``."""
    edges = start.timestamp() + step_s * np.arange(count + 1, dtype=np.float64)
    return MeasuredSteps(start=start, step_s=step_s, values=means_between(times_s, values, edges))


def means_between(times_s: Floats, values: Floats, edges_s: Floats) -> Floats:
    """The means of readings between each two edges; a reading holds until the next, at most for the usual spacing.

    All times are seconds since 1970, in order. Where less than half is known there is no mean: not a number.
    """
    if len(times_s) == 0:
        return np.full(len(edges_s) - 1, np.nan)
    usual = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 3600.0
    ends = np.minimum(np.append(times_s[1:], times_s[-1] + usual), times_s + usual)
    known = np.where(np.isfinite(values), ends - times_s, 0.0)
    # Both sums up to the beginning and the end of each reading, which are in order.
    instants = np.stack([times_s, ends], axis=1).ravel()
    covered = np.stack([np.cumsum(known) - known, np.cumsum(known)], axis=1).ravel()
    energy = known * np.nan_to_num(values)
    summed = np.stack([np.cumsum(energy) - energy, np.cumsum(energy)], axis=1).ravel()
    of_step = np.diff(np.interp(edges_s, instants, summed))
    for_s = np.diff(np.interp(edges_s, instants, covered))
    return np.where(for_s >= np.diff(edges_s) / 2, of_step / np.maximum(for_s, 1e-9), np.nan)


def filled_from_days_before(measured: MeasuredSteps) -> tuple[MeasuredSteps, int]:
    """The series with its gaps filled from the nearest earlier day that knows that time, else a later one; how many."""
    values, a_day = measured.values.copy(), measured.a_day
    gaps = np.flatnonzero(~np.isfinite(values))
    for place in gaps.tolist():
        before = range(place - a_day, -1, -a_day)
        after = range(place + a_day, len(values), a_day)
        found = next((values[at] for at in (*before, *after) if np.isfinite(values[at])), None)
        if found is not None:
            values[place] = found
    return MeasuredSteps(start=measured.start, step_s=measured.step_s, values=values), len(gaps)


def local_offsets(start: datetime, step_s: int, count: int, zone: ZoneInfo) -> Ints:
    """By how many steps the local clock is ahead of UTC in each of ``count`` steps; days may have 23 or 25 hours."""
    whole = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    lead_s = (start - whole).total_seconds()
    hours = int((lead_s + count * step_s) // _HOUR_S) + 1

    def ahead_s(hour: int) -> float:
        offset = (whole + timedelta(hours=hour)).astimezone(zone).utcoffset() or timedelta(0)
        return offset.total_seconds()

    at_midnights = [ahead_s(hour) for hour in range(0, hours + 24, 24)]
    offsets_s = np.repeat(at_midnights[:-1], 24)[:hours]
    for day in np.flatnonzero(np.diff(at_midnights)).tolist():
        for hour in range(24 * day, min(24 * day + 24, hours)):
            offsets_s[hour] = ahead_s(hour)
    places = ((lead_s + np.arange(count) * step_s) // _HOUR_S).astype(np.int64)
    return np.round(offsets_s[places] / step_s).astype(np.int64)


def same_clock(offsets: Ints, targets: Ints, days: int, a_day: int) -> Ints:
    """The steps at which the local clock showed the same so many days before; -1 where that lies before the first."""
    before = targets - days * a_day
    placed = np.clip(before, 0, len(offsets) - 1)
    found = before + offsets[np.clip(targets, 0, len(offsets) - 1)] - offsets[placed]
    return np.where((before < 0) | (found < 0), -1, found)


def mean_of_known(rows: Floats) -> Floats:
    """The mean of each column over the rows that know it, of one table or of each of many; else not a number."""
    known = np.isfinite(rows)
    counts = known.sum(axis=-2)
    sums = np.where(known, rows, 0.0).sum(axis=-2)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
