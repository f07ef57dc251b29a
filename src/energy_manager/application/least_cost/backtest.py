"""What it would have saved: a past of load, production and prices, played again under one tariff after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.forecast.past_errors import LEAST_DAYS
from energy_manager.domain.forecast.steps import Floats, MeasuredSteps, filled_from_days_before, steps_of
from energy_manager.domain.least_cost.backtest import (
    Battery,
    Comparison,
    Past,
    PolicyValues,
    compared,
    values_of_day,
)
from energy_manager.domain.least_cost.backtest.policy import HORIZON_H, SCENARIOS
from energy_manager.domain.least_cost.problem.step_prices import step_prices
from energy_manager.domain.tariff import PriceInterval, Tariff

STEP_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Seconds since 1970, rising, and a value that holds from each; kW, or a price per kWh."""

    times_s: Sequence[float]
    values: Sequence[float]

    def usual_s(self) -> float:
        """The usual spacing."""
        return float(np.median(np.diff(self.times_s))) if len(self.times_s) > 1 else float(STEP_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTariff:
    """A tariff by the name of its file; without one prices count as they are, feeding in earns ``feed_in``."""

    name: str
    tariff: Tariff | None = None
    feed_in: Decimal = Decimal(0)

    def prices(self, spot: MeasuredSteps) -> tuple[Floats, Floats]:
        """Purchase and feed-in prices of each step."""
        if self.tariff is None:
            return spot.values, np.full(len(spot.values), float(self.feed_in))
        edges = [spot.time_of(step) for step in range(len(spot.values) + 1)]
        intervals = (
            PriceInterval(start=edges[step], end=edges[step + 1], spot_per_kwh=Decimal(repr(float(value))))
            for step, value in enumerate(spot.values)
        )
        found = step_prices(self.tariff.rates(intervals), edges)
        return np.asarray(found.buy_eur_per_kwh), np.asarray(found.sell_eur_per_kwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of it under one tariff."""

    name: str
    past: Past
    comparison: Comparison


@dataclass(slots=True, kw_only=True)
class Backtest:
    """Aligns the series once; ``tell_progress`` is called with the days done and all of them, per tariff."""

    load: Series
    production: Series | None
    spot: Series
    battery: Battery
    zone: ZoneInfo
    tell_progress: Callable[[int, int], None]
    remarks: list[str] = field(default_factory=list)

    def __call__(self, tariffs: Sequence[NamedTariff]) -> tuple[Outcome, ...]:
        """The outcomes in the order of the tariffs.

        Raises:
            Refused: the series have no two days in common, a power is below 0, or a price is missing throughout.
        """
        start, count = self._common()
        load = self._aligned("load", self.load, start, count, least=0.0)
        nothing = MeasuredSteps(start=start, step_s=STEP_S, values=np.zeros(count))
        production = nothing
        if self.production is not None:
            production = self._aligned("production", self.production, start, count, least=0.0)
        spot = self._aligned("prices", self.spot, start, count)
        self.remarks += list(self._assumptions())
        return tuple(self._outcomes(tariffs, load, production, spot))

    def _outcomes(
        self, tariffs: Sequence[NamedTariff], load: MeasuredSteps, production: MeasuredSteps, spot: MeasuredSteps
    ) -> Iterator[Outcome]:
        done = 0
        for tariff in tariffs:
            buy, sell = tariff.prices(spot)
            past = Past(
                start=load.start,
                step_s=STEP_S,
                load_kw=load.values,
                production_kw=production.values,
                buy_eur_per_kwh=buy,
                sell_eur_per_kwh=sell,
                zone=self.zone,
            )
            made = PolicyValues.of(past, self.battery)
            rows = []
            for day in range(made.days):
                rows.append(values_of_day(made, day))
                done += 1
                self.tell_progress(done, made.days * len(tariffs))
            yield Outcome(name=tariff.name, past=past, comparison=compared(past, self.battery, np.concatenate(rows)))

    def _common(self) -> tuple[datetime, int]:
        """The first step that all series have, and how many."""
        all_series = [series for series in (self.load, self.production, self.spot) if series is not None]
        if any(len(series.times_s) == 0 for series in all_series):
            raise Refused([Fault(field="series", message="must each have at least one reading")])
        first_s = max(series.times_s[0] for series in all_series)
        last_s = min(series.times_s[-1] + series.usual_s() for series in all_series)
        start_s = -(-first_s // STEP_S) * STEP_S
        count = int((last_s - start_s) // STEP_S)
        if count < 2 * 86_400 // STEP_S:
            spans = "; ".join(f"{_day(series.times_s[0])} to {_day(series.times_s[-1])}" for series in all_series)
            message = f"must have at least two days in common; they last from {spans}"
            raise Refused([Fault(field="series", message=message)])
        return datetime.fromtimestamp(start_s, tz=UTC), count

    def _aligned(
        self, name: str, series: Series, start: datetime, count: int, *, least: float | None = None
    ) -> MeasuredSteps:
        values = np.asarray(series.values, dtype=float)
        if least is not None and np.nanmin(values, initial=np.inf) < least:
            at = int(np.nanargmin(values))
            message = (
                f"is {values[at]:g} kW at {datetime.fromtimestamp(series.times_s[at], tz=UTC).isoformat()}: must be at "
                f"least {least:g}; what a meter measures behind the sun is not the load"
            )
            raise Refused([Fault(field=name, message=message)])
        steps = steps_of(np.asarray(series.times_s, dtype=float), values, start=start, step_s=STEP_S, count=count)
        filled, gaps = filled_from_days_before(steps)
        if gaps == count or not np.isfinite(filled.values).all():
            raise Refused([Fault(field=name, message="has a time of day without any value")])
        if gaps:
            self.remarks.append(f"{name}: {gaps} of {count} quarter hours are missing and taken from a day before")
        return filled

    def _assumptions(self) -> Iterator[str]:
        battery = self.battery
        yield (
            f"the battery holds {battery.capacity_kwh:g} kWh, charges and discharges with {battery.power_kw:g} kW "
            f"at {battery.charge_efficiency:.0%} and {battery.discharge_efficiency:.0%} efficiency, wears by "
            f"{battery.wear_eur_per_kwh:g} per kWh in or out, and begins empty"
        )
        yield "what is left in it at the end counts as much as it saves at the mean price"
        yield "no limits of the grid connection, nothing is curtailed; within a quarter hour powers are even"
        yield (
            f"a plan is made at each quarter hour, {HORIZON_H} h ahead, from what was known then: load from similar "
            "days, sun from the last weeks and the published prices (a weather service would know more), both with the "
            f"errors of up to {SCENARIOS} days"
        )
        yield f"until the errors of {LEAST_DAYS} days are known the self-consumption rule holds"
        yield "prices of a day are known from 13:00 of the day before on; later ones are taken from a day before"


def _day(time_s: float) -> str:
    return (datetime.fromtimestamp(0, tz=UTC) + timedelta(seconds=time_s)).date().isoformat()
