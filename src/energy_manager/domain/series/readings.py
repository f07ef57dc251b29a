"""Raw readings brought onto a fixed UTC grid: each holds until the next, and a step gets the time-weighted mean."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median_low

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(time: datetime) -> int:
    """An aware time as whole microseconds since 1970: exact, and the same for every offset."""
    return (time - _EPOCH) // _MICROSECOND


def time_of(instant_us: int) -> datetime:
    """The UTC time of whole microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant_us)


def floored(time: datetime, *, step_s: int) -> datetime:
    """The last point of the grid of whole steps since 1970 that is not after ``time``; UTC days for a step of a day."""
    step_us = step_s * 1_000_000
    return time_of(microseconds(time) // step_us * step_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was read, or forecast, at an instant; None where there was nothing to read."""

    time: datetime
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSeries:
    """Readings in order of time, each holding until the next one, the last for the series' usual spacing.

    ``instants_us`` rise strictly (microseconds since 1970).
    """

    instants_us: tuple[int, ...]
    values: tuple[float, ...]
    spacing_us: int

    @classmethod
    def of(cls, readings: Iterable[Reading], *, step_s: int) -> HeldSeries | None:
        """Sort readings, keep the last one given of those with the same time, and drop those without a value.

        The usual spacing is the median of the spacings; a single reading holds for one step. None if nothing is left.
        """
        latest = {microseconds(reading.time): reading.value for reading in readings}
        kept = sorted((instant, value) for instant, value in latest.items() if value is not None)
        if not kept:
            return None
        spacings = [after - before for (before, _), (after, _) in pairwise(kept)]
        return cls(
            instants_us=tuple(instant for instant, _ in kept),
            values=tuple(value for _, value in kept),
            spacing_us=median_low(spacings) if spacings else step_s * 1_000_000,
        )

    @property
    def end_us(self) -> int:
        """Until when the last reading holds."""
        return self.instants_us[-1] + self.spacing_us

    def covers(self, start_us: int) -> bool:
        """Whether something is known from then on; a first reading at most one spacing later counts for before."""
        return self.instants_us[0] - start_us <= self.spacing_us

    def gaps(self, *, start_us: int, end_us: int) -> list[tuple[int, int]]:
        """From when until when, within a time, the readings lie further apart than two of their usual spacings."""
        return [
            (before, after)
            for before, after in pairwise(self.instants_us)
            if after - before > 2 * self.spacing_us and before < end_us and after > start_us
        ]

    def means(self, *, start_us: int, step_us: int, steps: int, since_us: int | None = None) -> tuple[float, ...]:
        """The time-weighted mean of each step; a value that holds throughout a step is its mean exactly.

        ``since_us`` is where the first step begins, if that is not the point of the grid before it.
        """
        means = []
        instants = (*self.instants_us[1:], start_us + step_us * steps)
        place = 0
        for step in range(steps):
            begin, end = start_us + step * step_us, start_us + (step + 1) * step_us
            if since_us is not None:
                begin = max(begin, since_us)
            while instants[place] <= begin:
                place += 1
            if instants[place] >= end:
                means.append(self.values[place])
                continue
            means.append(_mean(self.values, instants, place, begin=begin, end=end))
        return tuple(means)


def _mean(values: Sequence[float], changes: Sequence[int], place: int, *, begin: int, end: int) -> float:
    """The mean over ``[begin, end)`` of values that hold until ``changes``, from ``place`` on."""
    weighted, since = 0.0, begin
    while since < end:
        until = min(changes[place], end) if place + 1 < len(values) else end
        weighted += values[place] * (until - since)
        since = until
        place += 1
    return weighted / (end - begin)
