"""The tariff: what a kWh from the grid costs and what one into the grid earns, from spot price and local time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.local_clock import clock_changes, minute_of_day
from energy_manager.domain.tariff.price_interval import PriceInterval

DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is paid per kWh beside the spot price while the local clock shows ``[from_min, to_min)``, before VAT.

    Minutes from midnight; ``to_min`` may be 1440 (24:00), and below ``from_min`` where it lasts over midnight.
    """

    from_min: int
    to_min: int
    per_kwh: Decimal

    def holds_at(self, minute: int) -> bool:
        """Whether the local clock is in it."""
        if self.from_min < self.to_min:
            return self.from_min <= minute < self.to_min
        return minute >= self.from_min or minute < self.to_min


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Both prices of a kWh in ``[start, end)``: ``buy_per_kwh`` from the grid, taxed, ``sell_per_kwh`` into it."""

    start: datetime
    end: datetime
    spot_per_kwh: Decimal
    buy_per_kwh: Decimal
    sell_per_kwh: Decimal
    is_assumed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """A contract: ``buy = (spot + charge) · (1 + vat)``; where the supplier says a final price it is taken as it is.

    Args:
        currency: its name, such as ``EUR``.
        zone: where the local clock is read.
        vat: as a share, 0.19.
        charges: at most one at each local time; where there is none, nothing is added.
        feed_in: a fixed price per kWh, or ``spot``: the spot price less ``feed_in_fee_per_kwh``.
        feed_in_while_negative: what a kWh earns while the spot price is below 0; None: as always.

    Raises:
        Refused: shares and charges that cannot be, charges that overlap.
    """

    currency: str
    zone: ZoneInfo
    vat: Decimal = Decimal(0)
    charges: tuple[Charge, ...] = ()
    feed_in: Decimal | Literal["spot"] = Decimal(0)
    feed_in_fee_per_kwh: Decimal = Decimal(0)
    feed_in_while_negative: Decimal | None = None

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        if not (self.vat.is_finite() and 0 <= self.vat <= 1):
            yield Fault(field="vat", message=f"{self.vat} is no share between 0 and 1")
        taken: set[int] = set()
        for index, charge in enumerate(self.charges):
            place = f"charges[{index}]"
            if not (0 <= charge.from_min < DAY_MIN and 0 <= charge.to_min <= DAY_MIN):
                yield Fault(field=place, message="a charge holds from a time before 24:00 to one of 00:00 to 24:00")
                continue
            if charge.from_min == charge.to_min:
                yield Fault(field=place, message="from and to are the same time; the whole day is 00:00 to 24:00")
                continue
            minutes = {minute for minute in range(DAY_MIN) if charge.holds_at(minute)}
            if minutes & taken:
                first = min(minutes & taken)
                yield Fault(field=place, message=f"another charge holds at {first // 60:02}:{first % 60:02} already")
            taken |= minutes

    def rates(self, intervals: Iterable[PriceInterval]) -> tuple[Rate, ...]:
        """Both prices over the same time, cut where a charge begins or ends."""
        rates: list[Rate] = []
        for interval in intervals:
            for rate in self._rates_of(interval):
                # A clock that is put forward or back cuts an interval where nothing changes.
                if rates and rates[-1].start >= interval.start and rates[-1].buy_per_kwh == rate.buy_per_kwh:
                    rates[-1] = replace(rates[-1], end=rate.end)
                else:
                    rates.append(rate)
        return tuple(rates)

    def _rates_of(self, interval: PriceInterval) -> Iterator[Rate]:
        starts = [interval.start, *self._changes_within(interval)]
        for start, end in zip(starts, [*starts[1:], interval.end], strict=True):
            yield Rate(
                start=start,
                end=end,
                spot_per_kwh=interval.spot_per_kwh,
                buy_per_kwh=self._buy(interval, start),
                sell_per_kwh=self._sell(interval.spot_per_kwh),
                is_assumed=interval.is_assumed,
            )

    def _changes_within(self, interval: PriceInterval) -> list[datetime]:
        if interval.final_per_kwh is not None or not self.charges:
            return []
        minutes = {minute % DAY_MIN for charge in self.charges for minute in (charge.from_min, charge.to_min)}
        return list(clock_changes(interval.start, interval.end, minutes, self.zone))

    def _buy(self, interval: PriceInterval, at: datetime) -> Decimal:
        if interval.final_per_kwh is not None:
            return interval.final_per_kwh
        minute = minute_of_day(at, self.zone)
        charged = sum((charge.per_kwh for charge in self.charges if charge.holds_at(minute)), Decimal(0))
        return (interval.spot_per_kwh + charged) * (1 + self.vat)

    def _sell(self, spot_per_kwh: Decimal) -> Decimal:
        if self.feed_in_while_negative is not None and spot_per_kwh < 0:
            return self.feed_in_while_negative
        return spot_per_kwh - self.feed_in_fee_per_kwh if self.feed_in == "spot" else self.feed_in
