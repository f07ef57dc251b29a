"""What stored energy was worth at each step, by what was known then: the past, and the prices published so far.

At every step the plan is made anew: load from similar days, sun from the last weeks and the published prices, both with
the errors of the last fortnight laid over them (see ``value_on_grid``); prices as far as they were published, then
those of the day before. Nothing at or after the step is looked at, but its own price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.forecast.clear_days import ClearDaySuns, KnownPrices
from energy_manager.domain.forecast.past_errors import LEAST_DAYS, laid_around
from energy_manager.domain.forecast.similar_days import SimilarDays
from energy_manager.domain.forecast.steps import Floats, Ints, MeasuredSteps, local_offsets, same_clock
from energy_manager.domain.least_cost.backtest.past import Battery, Past
from energy_manager.domain.least_cost.backtest.value_on_grid import CELLS, values_on_grid
from energy_manager.domain.least_cost.problem.end_value import CHEAP_SHARE

HORIZON_H = 32
"""Beyond the next morning what is stored now is hardly left."""

NEAR_H = 8
"""So far ahead plans have the steps of the past, beyond it those of an hour."""

PRICES_KNOWN_H = 13
"""At this local hour the prices of the next day are known."""

SCENARIOS = 14
_DAYS_OF_PRICES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyValues:
    """What a day's values are worked out from; made once for the whole time."""

    past: Past
    battery: Battery
    load_kw: Floats
    """Forecasts: a row for each step, from it on."""
    production_kw: Floats
    clear_sky_kw: Floats
    """The most that the sun may give, as ``production_kw``."""
    offsets: Ints

    @classmethod
    def of(cls, past: Past, battery: Battery) -> PolicyValues:
        """All forecasts of the time, each from its own past."""
        count = int(HORIZON_H / past.step_h)
        origins = np.arange(past.steps)

        def measured(values: Floats) -> MeasuredSteps:
            return MeasuredSteps(start=past.start, step_s=past.step_s, values=values)

        load = SimilarDays(measured(past.load_kw), past.zone, ahead=count).forecasts(origins, count)
        offsets = local_offsets(past.start, past.step_s, past.steps + count, past.zone)
        production = clear_sky = np.zeros_like(load)
        if past.production_kw.any():
            prices = KnownPrices(values=past.buy_eur_per_kwh, until=_known_until(past, offsets, origins))
            suns = ClearDaySuns(measured(past.production_kw), ahead=count, prices=prices)
            production, clear_sky = suns.forecasts(origins, count), suns.clear_sky(origins, count)
        return cls(
            past=past,
            battery=battery,
            load_kw=load,
            production_kw=production,
            clear_sky_kw=clear_sky,
            offsets=offsets,
        )

    @property
    def days(self) -> int:
        """Days of 24 hours, the last one perhaps begun only."""
        return -(-self.past.steps // self.past.a_day)

    @property
    def horizon(self) -> int:
        """Steps of a plan."""
        return int(self.load_kw.shape[1])


def values_of_day(made: PolicyValues, day: int) -> Floats:
    """EUR/kWh in each cell of the battery after each step of a day; not a number where there is no forecast yet."""
    past, horizon = made.past, made.horizon
    first = day * past.a_day
    origins = np.arange(first, min(first + past.a_day, past.steps))
    net = made.load_kw[origins] - made.production_kw[origins]
    is_forecast = np.isfinite(net[:, : min(past.a_day, horizon)]).all(axis=1)
    # A plan that knows of no errors trusts its forecast too much: until then the rule holds.
    is_known = is_forecast & (_days_of_errors(made, origins) >= LEAST_DAYS)
    if not is_known.any():
        return np.full((len(origins), CELLS), np.nan)
    buy, sell, end_value = _prices(made, origins)
    plans = _coarser(made, _nets_of_scenarios(made, origins))
    buy, sell = _coarser(made, buy), _coarser(made, sell)
    near = int(NEAR_H / past.step_h)
    step_h = np.where(np.arange(plans.shape[2]) < near, past.step_h, 1.0)
    values = values_on_grid(made.battery, plans, buy, sell, step_h=step_h, end_value=end_value)
    values[~is_known] = np.nan
    return values


def _coarser(made: PolicyValues, rows: Floats) -> Floats:
    """The near steps as they are, the far ones as means of an hour."""
    near, an_hour = int(NEAR_H / made.past.step_h), int(1 / made.past.step_h)
    far: Floats = rows[..., near:].reshape(*rows.shape[:-1], -1, an_hour).mean(axis=-1)
    return np.concatenate([rows[..., :near], far], axis=-1)


def _days_of_errors(made: PolicyValues, origins: Ints) -> Ints:
    """Of how many days the errors of a whole horizon are known at each step."""
    a_day = made.past.a_day
    return np.maximum(origins // a_day + made.horizon // -a_day, 0)


def _nets_of_scenarios(made: PolicyValues, origins: Ints) -> Floats:
    """Today's forecast with the errors of earlier days laid over it (scenarios x origins x steps).

    Each scenario has a day of its own of which the errors of a whole horizon are known; while there are too few of
    them they are taken again, and where there are none there is the forecast.
    """
    past, a_day = made.past, made.past.a_day
    first = -(-made.horizon // a_day)
    known = _days_of_errors(made, origins)
    places = np.arange(SCENARIOS)[:, None]
    days = first + np.where(known > 0, places % np.maximum(known, 1), 0)
    rows = np.where(known > 0, origins - days * a_day, 0)
    at = np.minimum(rows[..., None] + np.arange(made.horizon), past.steps - 1)
    is_known = (known > 0)[:, None]

    def laid(forecasts: Floats, came: Floats, most: Floats | None = None) -> Floats:
        errors = np.where(is_known, np.nan_to_num(came[at] - forecasts[rows]), 0.0)
        return laid_around(np.nan_to_num(forecasts[origins]), errors, most=most)

    load = laid(made.load_kw, past.load_kw)
    if not made.production_kw.any():
        return load
    production = laid(made.production_kw, past.production_kw, np.nan_to_num(made.clear_sky_kw[origins]))
    return load - production


def _prices(made: PolicyValues, origins: Ints) -> tuple[Floats, Floats, Floats]:
    """Both prices as they were known at each step, and what a kWh is worth at the end of each plan."""
    past, a_day = made.past, made.past.a_day
    targets = origins[:, None] + np.arange(made.horizon)[None, :]
    known = _known_until(past, made.offsets, origins)[:, None]
    days = np.maximum(-(-(targets - known + 1) // a_day), 0)
    at = np.where(days > 0, same_clock(made.offsets, targets, 1, a_day) - (days - 1) * a_day, targets)
    at = np.where(at >= known, at - a_day, at)
    at = np.clip(at, 0, past.steps - 1)
    recent_from = np.maximum(origins - _DAYS_OF_PRICES * a_day, 0)
    first = int(recent_from[0])
    cheap = np.quantile(past.buy_eur_per_kwh[first : int(origins[0]) + 1], CHEAP_SHARE)
    battery = made.battery
    end = max(battery.discharge_efficiency * float(cheap) - battery.wear_eur_per_kwh, 0.0)
    return past.buy_eur_per_kwh[at], past.sell_eur_per_kwh[at], np.full(len(origins), end)


def _known_until(past: Past, offsets: Ints, origins: Ints) -> Ints:
    """The first step whose price is not known: from midnight on, or the next one once it is late enough."""
    epoch_step = int(past.start.timestamp() // past.step_s)
    local = epoch_step + origins + offsets[origins]
    of_day = local % past.a_day
    left = past.a_day - of_day
    is_late = of_day * past.step_h >= PRICES_KNOWN_H
    return origins + left + np.where(is_late, past.a_day, 0)
