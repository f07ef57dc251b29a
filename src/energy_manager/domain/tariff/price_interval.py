"""The price of energy over an interval of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from energy_manager.domain.errors import Fault, Refused, refuse

HIGHEST_PER_KWH = Decimal(100)
"""Harmonised limits of the European day-ahead market are -0.5 to 4 EUR/kWh; far beyond, a unit is mistaken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceInterval:
    """What a kWh costs in ``[start, end)``, in the tariff's currency; both instants in UTC.

    ``spot_per_kwh`` is before charges and taxes. ``final_per_kwh`` is what the supplier bills with all of them, where
    it says that itself (then nothing is added again). ``is_assumed``: nobody has published it, it is taken from a day
    before.

    Raises:
        Refused: an instant without a zone, an end that is not after the start, a price that is not finite or beyond
            100 per kWh.
    """

    start: datetime
    end: datetime
    spot_per_kwh: Decimal
    final_per_kwh: Decimal | None = None
    is_assumed: bool = False

    def __post_init__(self) -> None:
        faults = [
            Fault(field=name, message=f"{instant.isoformat()} has no time zone")
            for name, instant in (("start", self.start), ("end", self.end))
            if instant.utcoffset() is None
        ]
        if not faults and self.end <= self.start:
            faults.append(Fault(field="end", message=f"{self.end.isoformat()} is not after {self.start.isoformat()}"))
        for name, price in (("spot_per_kwh", self.spot_per_kwh), ("final_per_kwh", self.final_per_kwh)):
            if price is not None and not (price.is_finite() and abs(price) <= HIGHEST_PER_KWH):
                message = f"{price} is no price per kWh between -{HIGHEST_PER_KWH} and {HIGHEST_PER_KWH}"
                faults.append(Fault(field=name, message=message))
        refuse(faults)
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    def has_price_of(self, other: PriceInterval) -> bool:
        """Whether both say the same of their time."""
        return (self.spot_per_kwh, self.final_per_kwh, self.is_assumed) == (
            other.spot_per_kwh,
            other.final_per_kwh,
            other.is_assumed,
        )

    def within(self, since: datetime, until: datetime) -> PriceInterval | None:
        """The part of the interval in ``[since, until)``; None: there is none."""
        start, end = max(self.start, since), min(self.end, until)
        return replace(self, start=start, end=end) if start < end else None


def without_overlaps(intervals: Iterable[PriceInterval]) -> tuple[PriceInterval, ...]:
    """The intervals in order; what is said twice alike stands once.

    Where a longer and a shorter interval say different prices for one time, the shorter is the finer word: markets
    publish quarter hours beside the hours that they are part of.

    Raises:
        Refused: two intervals of equal length say different prices for one time.
    """
    ordered: list[PriceInterval] = []
    together: list[PriceInterval] = []
    for interval in sorted(intervals, key=lambda each: each.start):
        if together and interval.start >= max(each.end for each in together):
            ordered += _untangled(together)
            together = []
        together.append(interval)
    return (*ordered, *_untangled(together))


def _untangled(intervals: Sequence[PriceInterval]) -> list[PriceInterval]:
    """The finest word on each moment, of intervals that overlap."""
    # From the coarsest to the finest: each is laid over those before it, which keep the length of their saying.
    laid: list[tuple[timedelta, PriceInterval]] = []
    for interval in sorted(intervals, key=lambda each: each.start - each.end):
        length = interval.end - interval.start
        apart: list[tuple[timedelta, PriceInterval]] = []
        for said_length, other in laid:
            if other.end <= interval.start or other.start >= interval.end:
                apart.append((said_length, other))
                continue
            if said_length == length and not other.has_price_of(interval):
                message = f"{other.spot_per_kwh} and {interval.spot_per_kwh} are both said from {interval.start} on"
                raise Refused([Fault(field="prices", message=message)])
            parts = (other.within(other.start, interval.start), other.within(interval.end, other.end))
            apart += [(said_length, part) for part in parts if part is not None]
        laid = [*apart, (length, interval)]
    return sorted((interval for _, interval in laid), key=lambda each: each.start)
