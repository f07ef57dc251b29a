"""The costs of a time without a battery, by the rule, by the value of energy and with perfect foresight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.forecast.steps import Floats
from energy_manager.domain.least_cost.backtest.closed_loop import Course, followed_course, rule_course
from energy_manager.domain.least_cost.backtest.past import Battery, Past
from energy_manager.domain.least_cost.planning import plan_site
from energy_manager.domain.least_cost.problem.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """EUR of every step, wear included; what is left in the battery at the end is taken off the last one."""

    without_battery: Floats
    by_rule: Floats
    by_value: Floats
    foreseen: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of each way; the course that followed the value is shown as well."""

    costs: Costs
    by_value: Course
    by_rule: Course

    @property
    def possible_eur(self) -> float:
        """What perfect foresight saves against the rule."""
        return float(self.costs.by_rule.sum() - self.costs.foreseen.sum())

    @property
    def saved_eur(self) -> float:
        """What the value of energy saves against the rule."""
        return float(self.costs.by_rule.sum() - self.costs.by_value.sum())

    @property
    def share(self) -> float | None:
        """The saved part of what is possible; None where nothing is."""
        return self.saved_eur / self.possible_eur if self.possible_eur > 0.01 else None


def compared(past: Past, battery: Battery, values: Floats) -> Comparison:
    """The four ways through the same time; ``values`` is a row a step, of all days one after the other."""
    left_value = left_eur_per_kwh(past, battery)
    by_rule, by_value = rule_course(past, battery), followed_course(past, battery, values)
    foreseen = foreseen_course(past, battery, left_value)
    nothing = Course(stored_kwh=np.zeros(past.steps), import_kw=past.net_kw)
    costs = Costs(
        without_battery=_costs(past, battery, nothing, left_value),
        by_rule=_costs(past, battery, by_rule, left_value),
        by_value=_costs(past, battery, by_value, left_value),
        foreseen=_costs(past, battery, foreseen, left_value),
    )
    return Comparison(costs=costs, by_value=by_value, by_rule=by_rule)


def left_eur_per_kwh(past: Past, battery: Battery) -> float:
    """What a kWh is worth that is left in the battery at the end: what it saves of purchase at the mean price."""
    return max(battery.discharge_efficiency * float(past.buy_eur_per_kwh.mean()) - battery.wear_eur_per_kwh, 0.0)


def foreseen_course(past: Past, battery: Battery, left_value: float) -> Course:
    """The optimum of somebody who knew everything beforehand, by the exact planner."""
    site = Site(
        start=past.start,
        step_s=past.step_s,
        load_kw=tuple(past.load_kw.tolist()),
        production_kw=tuple(past.production_kw.tolist()),
        buy_eur_per_kwh=tuple(past.buy_eur_per_kwh.tolist()),
        sell_eur_per_kwh=tuple(past.sell_eur_per_kwh.tolist()),
        storages=(battery.storage(end_value_eur_per_kwh=left_value),),
    )
    plan = plan_site(site)
    (charge,), (stored,) = plan.charge_kw.values(), plan.stored_kwh.values()
    return Course(stored_kwh=np.asarray(stored), import_kw=past.net_kw + np.asarray(charge))


def _costs(past: Past, battery: Battery, course: Course, left_value: float) -> Floats:
    moved = np.abs(np.diff(course.stored_kwh, prepend=0.0))
    price = np.where(course.import_kw > 0.0, past.buy_eur_per_kwh, past.sell_eur_per_kwh)
    costs: Floats = price * course.import_kw * past.step_h + battery.wear_eur_per_kwh * moved
    costs[-1] -= left_value * course.stored_kwh[-1]
    return costs
