"""Prices as intervals brought onto a plan's steps, and what is assumed where there are none; never 0."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from energy_manager.domain.errors import EnergyManagerError

# As far back as a price is looked for: beyond a week a price of the same clock time says little.
MOST_DAYS_BACK = 7

_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
# An interval with an end is not longer than this; one that began earlier is over.
_LONGEST = timedelta(days=2)


class NoPrices(EnergyManagerError):
    """There is no price for a time, nor for the same clock time of the days before."""

    code = "no_prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceInterval:
    """A price per kWh that holds in ``[start, end)``, aware times; ``end`` None: until further notice."""

    start: datetime
    end: datetime | None
    per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPrices:
    """One price a step, and in which steps any part of it is assumed."""

    per_kwh: tuple[float, ...]
    assumed: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceCurve:
    """Intervals in order of their starts; where several hold, the one that began last does, then the shorter one."""

    intervals: tuple[PriceInterval, ...]

    @classmethod
    def of(cls, intervals: Sequence[PriceInterval]) -> PriceCurve:
        """The intervals, sorted; of several with the same start and end the last one given holds."""
        latest = {(interval.start, interval.end or _NEVER): interval for interval in intervals}
        order = sorted(latest, key=lambda span: (span[0], span[0] - span[1]))
        return cls(intervals=tuple(latest[span] for span in order))

    def at(self, time: datetime) -> tuple[float, datetime] | None:
        """The price at a time and until when it holds; None where there is none."""
        place = bisect_right(self.intervals, time, key=lambda interval: interval.start)
        following = self.intervals[place].start if place < len(self.intervals) else _NEVER
        for own in reversed(self.intervals[:place]):
            end = own.end or _NEVER
            if time < end:
                return own.per_kwh, min(end, following)
            if time - own.start > _LONGEST:
                break
        return None

    def after(self, time: datetime) -> datetime:
        """When the next interval begins."""
        place = bisect_right(self.intervals, time, key=lambda interval: interval.start)
        return self.intervals[place].start if place < len(self.intervals) else _NEVER


def step_prices(curve: PriceCurve, edges: Sequence[datetime], *, zone: tzinfo) -> StepPrices:
    """The time-weighted mean price of each step between two of ``edges``.

    Where there is no price, that of the same local clock time of the day before is assumed, up to a week back.

    Raises:
        NoPrices: where none of these is known.
    """
    prices, flags = [], []
    for begin, end in pairwise(edges):
        weighted, is_assumed = 0.0, False
        time = begin
        while time < end:
            price, until, assumed = _price(curve, time, zone)
            until = min(until, end)
            weighted += price * (until - time).total_seconds()
            is_assumed = is_assumed or assumed
            time = until
        prices.append(weighted / (end - begin).total_seconds())
        flags.append(is_assumed)
    return StepPrices(per_kwh=tuple(prices), assumed=tuple(flags))


def _price(curve: PriceCurve, time: datetime, zone: tzinfo) -> tuple[float, datetime, bool]:
    """The price at a time, until when it is known to hold, and whether it is assumed."""
    known = curve.at(time)
    if known is not None:
        return known[0], known[1], False
    for days in range(1, MOST_DAYS_BACK + 1):
        earlier = _days_before(time, days, zone)
        found = curve.at(earlier)
        if found is not None:
            # Looked up anew at least every quarter of an hour: the clock may change in between.
            until = min(time + (found[1] - earlier), curve.after(time), _next_quarter(time))
            return found[0], until, True
    raise NoPrices(f"no price for {time.isoformat()}, nor for the same clock time of the {MOST_DAYS_BACK} days before")


def _days_before(time: datetime, days: int, zone: tzinfo) -> datetime:
    """The same local clock time some days earlier, as UTC."""
    local = time.astimezone(zone)
    return (local - timedelta(days=days)).astimezone(UTC)


def _next_quarter(time: datetime) -> datetime:
    passed = timedelta(minutes=time.minute % 15, seconds=time.second, microseconds=time.microsecond)
    return time - passed + timedelta(minutes=15)
