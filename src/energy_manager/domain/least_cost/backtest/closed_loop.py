"""Step after step through the time that has passed: what a battery does that follows the value, or the rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.forecast.steps import Floats
from energy_manager.domain.least_cost.backtest.past import Battery, Past
from energy_manager.domain.least_cost.backtest.value_on_grid import CELLS

# EUR/kWh that count as equal: a hundredth of a cent, far above the rounding of single precision.
TIE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the battery held after each step (kWh), and what the site imported in it (kW, negative = fed in)."""

    stored_kwh: Floats
    import_kw: Floats


def rule_course(past: Past, battery: Battery) -> Course:
    """The self-consumption rule of every inverter: surplus is stored, load is covered, as far as it goes."""
    return followed_course(past, battery, np.full((past.steps, 1), np.nan))


def followed_course(past: Past, battery: Battery, values: Floats) -> Course:
    """The value of stored energy, followed on what is measured; where it is not a number the rule holds."""
    walker = _Walker.of(past, battery)
    stored = 0.0
    stored_kwh, import_kw = np.empty(past.steps), np.empty(past.steps)
    is_known = np.all(np.isfinite(values), axis=1).tolist()
    rows = zip(past.net_kw.tolist(), past.buy_eur_per_kwh.tolist(), past.sell_eur_per_kwh.tolist(), strict=True)
    for step, (net, buy, sell) in enumerate(rows):
        if is_known[step]:
            change = walker.change(net, stored, values[step].tolist(), buy, sell)
        else:
            change = walker.by_rule(net, stored)
        stored = min(max(stored + change, 0.0), battery.capacity_kwh)
        stored_kwh[step] = stored
        import_kw[step] = net + walker.drawn_kw(change)
    return Course(stored_kwh=stored_kwh, import_kw=import_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walker:
    into: float
    out: float
    wear: float
    capacity: float
    most_in: float
    most_out: float
    step_h: float

    @classmethod
    def of(cls, past: Past, battery: Battery) -> _Walker:
        return cls(
            into=battery.charge_efficiency,
            out=battery.discharge_efficiency,
            wear=battery.wear_eur_per_kwh,
            capacity=battery.capacity_kwh,
            most_in=battery.power_kw * past.step_h * battery.charge_efficiency,
            most_out=battery.power_kw * past.step_h / battery.discharge_efficiency,
            step_h=past.step_h,
        )

    def drawn_kw(self, change_kwh: float) -> float:
        """What a change of the stored energy within a step draws at the terminals."""
        return (change_kwh / self.into if change_kwh > 0.0 else change_kwh * self.out) / self.step_h

    def by_rule(self, net_kw: float, stored: float) -> float:
        """Cover load and take surplus: as far as may be nothing is exchanged with the grid."""
        balanced = -net_kw * self.step_h * (self.into if net_kw < 0.0 else 1.0 / self.out)
        lowest, highest = -min(self.most_out, stored), min(self.most_in, self.capacity - stored)
        return min(max(balanced, lowest), highest)

    def change(self, net_kw: float, stored: float, values: list[float], buy: float, sell: float) -> float:
        """How far the value carries: charge while a kWh is worth what it costs, discharge while it brings its worth.

        Equality covers load and stores surplus, but buys and feeds in nothing.
        """
        balanced = self.by_rule(net_kw, stored)
        highest, lowest = min(self.most_in, self.capacity - stored), -min(self.most_out, stored)
        if balanced > 0.0:
            change = self._up(stored, 0.0, balanced, values, sell / self.into + self.wear - TIE)
            if change >= balanced:
                change = self._up(stored, balanced, highest, values, buy / self.into + self.wear + TIE)
        else:
            change = self._up(stored, 0.0, highest, values, buy / self.into + self.wear + TIE)
        if change > 0.0:
            return change
        if balanced < 0.0:
            change = self._down(stored, 0.0, balanced, values, self.out * buy - self.wear + TIE)
            if change > balanced:
                return change
        return self._down(stored, change, lowest, values, self.out * sell - self.wear - TIE)

    def _up(self, stored: float, begin: float, end: float, values: list[float], cost: float) -> float:
        """From ``begin`` towards ``end`` while the next kWh is worth at least the cost."""
        cell = self.capacity / CELLS
        at, until = stored + begin, stored + end
        while at < until - 1e-12:
            place = min(int(at / cell + 1e-9), CELLS - 1)
            if values[place] < cost:
                break
            at = min((place + 1) * cell, until)
        return at - stored

    def _down(self, stored: float, begin: float, end: float, values: list[float], gain: float) -> float:
        """From ``begin`` down towards ``end`` while the last kWh is worth at most the gain."""
        cell = self.capacity / CELLS
        at, until = stored + begin, stored + end
        while at > until + 1e-12:
            place = max(min(-int(-(at / cell) // 1) - 1, CELLS - 1), 0)
            if at - place * cell < 1e-9 and place > 0:
                place -= 1
            if values[place] > gain:
                break
            at = max(place * cell, until)
        return at - stored
