"""Two ways to the cheapest plan that share no code with the planner: trying every set of running plants, and HiGHS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from math import ceil, floor, inf, lcm
from typing import Any

import highspy

from energy_manager.domain.production import ProductionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A plant as the public text describes it, in steps of 0.1 MW and EUR/MWh; ``low > high`` where it cannot run."""

    name: str
    low: int
    high: int
    cost: Fraction


def units(request: ProductionRequest, *, co2: bool, wind: str) -> list[Unit]:
    """The plants in merit order."""
    fuels = request.fuels

    def unit(plant: Any) -> Unit:
        low, high = ceil(Fraction(plant.pmin_mw) * 10), floor(Fraction(plant.pmax_mw) * 10)
        efficiency = Fraction(plant.efficiency)
        if plant.kind == "gasfired":
            cost = Fraction(fuels.gas_eur_per_mwh or 0) / efficiency
            if co2:
                cost += Fraction(3, 10) * Fraction(fuels.co2_eur_per_ton or 0)
        elif plant.kind == "turbojet":
            cost = Fraction(fuels.kerosine_eur_per_mwh or 0) / efficiency
        else:
            cost = Fraction(0)
            high = floor(Fraction(plant.pmax_mw) * 10 * Fraction(fuels.wind_percent or 0) / 100)
            low = high if wind == "on_off" else low
        return Unit(name=plant.name, low=low, high=high, cost=cost)

    return sorted((unit(plant) for plant in request.plants), key=lambda unit: unit.cost)


def winner_by_trying_everything(fleet: Sequence[Unit], load: int) -> tuple[Fraction, tuple[int, ...]] | None:
    """Cost (EUR/MWh times steps) and powers of the plan that wins; None where no set of running plants meets the load.

    Given which plants run, the winner has them at their lows and the rest on the cheapest and earliest.
    """
    denominator = lcm(*(unit.cost.denominator for unit in fleet))
    costs = [int(unit.cost * denominator) for unit in fleet]
    highs_from = [*accumulate((unit.high if unit.low <= unit.high else 0 for unit in reversed(fleet)), initial=0)][::-1]
    best: tuple[int, tuple[int, ...]] | None = None

    def try_sets(place: int, lows: int, highs: int, running: tuple[int, ...]) -> None:
        nonlocal best
        if lows > load or highs + highs_from[place] < load:
            return
        if place < len(fleet):
            if fleet[place].low <= fleet[place].high:
                try_sets(place + 1, lows + fleet[place].low, highs + fleet[place].high, (*running, place))
            try_sets(place + 1, lows, highs, running)
            return
        powers = [0] * len(fleet)
        left = load - lows
        for index in running:
            more = min(left, fleet[index].high - fleet[index].low)
            powers[index] = fleet[index].low + more
            left -= more
        cost = sum(price * power for price, power in zip(costs, powers, strict=True))
        candidate = (cost, tuple(-power for power in powers))
        if best is None or candidate < best:
            best = candidate

    try_sets(0, 0, 0, ())
    return None if best is None else (Fraction(best[0], denominator), tuple(-power for power in best[1]))


def winner_by_table(fleet: Sequence[Unit], load: int) -> tuple[Fraction, tuple[int, ...]] | None:
    """As ``winner_by_trying_everything``, for many plants and small loads: least costs by rest and tail."""
    denominator = lcm(*(unit.cost.denominator for unit in fleet))
    costs = [int(unit.cost * denominator) for unit in fleet]
    tails: list[dict[int, int]] = [{0: 0}]
    for unit, cost in zip(reversed(fleet), reversed(costs), strict=True):
        table = dict(tails[-1])
        for rest, rest_cost in tails[-1].items():
            for power in range(unit.low, min(unit.high, load - rest) + 1):
                total = rest_cost + cost * power
                if total < table.get(rest + power, total + 1):
                    table[rest + power] = total
        tails.append(table)
    if load not in tails[-1]:
        return None
    left, powers = load, []
    for place, (unit, cost) in enumerate(zip(fleet, costs, strict=True)):
        here, after = tails[len(fleet) - place], tails[len(fleet) - place - 1]
        power = next(
            power
            for power in [*range(unit.high, unit.low - 1, -1), 0]
            if after.get(left - power) is not None and after[left - power] + cost * power == here[left]
        )
        powers.append(power)
        left -= power
    return Fraction(tails[-1][load], denominator), tuple(powers)


def reachable_loads(fleet: Sequence[Unit]) -> set[int]:
    """Every load that some set of running plants can meet."""
    sums = {0}
    for unit in fleet:
        sums |= {total + power for total in sums for power in range(unit.low, unit.high + 1)}
    return sums


def least_cost_by_highs(fleet: Sequence[Unit], load: int, *, time_limit_s: float = 60.0) -> float | None:
    """The least cost in EUR for an hour, proved with a gap of 0; None where HiGHS finds the load not coverable."""
    solver = highs_model(fleet, load, time_limit_s=time_limit_s)
    solver.run()
    return least_cost_found(solver)


def highs_model(fleet: Sequence[Unit], load: int, *, time_limit_s: float) -> highspy.Highs:
    """A solver that holds the textbook model and has not run yet."""
    solver = highspy.Highs()
    options = {"threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 0.0, "mip_feasibility_tolerance": 1e-9}
    for option, value in {"output_flag": False, "time_limit": time_limit_s, **options}.items():
        solver.setOptionValue(option, value)
    runnable = [unit for unit in fleet if unit.high > 0 and unit.low <= unit.high]
    count = len(runnable)
    # Columns: powers in steps, then whether each plant runs. Rows: the load, then low * on <= power <= high * on.
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = 2 * count, 1 + 2 * count
    model.col_cost_ = [float(unit.cost) / 10 for unit in runnable] + [0.0] * count
    model.col_lower_ = [0.0] * (2 * count)
    model.col_upper_ = [float(unit.high) for unit in runnable] + [1.0] * count
    model.integrality_ = [highspy.HighsVarType.kContinuous] * count + [highspy.HighsVarType.kInteger] * count
    model.row_lower_ = [float(load)] + [0.0] * count + [-inf] * count
    model.row_upper_ = [float(load)] + [inf] * count + [0.0] * count
    columns = [[(0, 1.0), (1 + place, 1.0), (1 + count + place, 1.0)] for place in range(count)]
    columns += [
        [(1 + place, -float(unit.low)), (1 + count + place, -float(unit.high))] for place, unit in enumerate(runnable)
    ]
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = [*accumulate((len(column) for column in columns), initial=0)]
    model.a_matrix_.index_ = [row for column in columns for row, _ in column]
    model.a_matrix_.value_ = [value for column in columns for _, value in column]
    solver.passModel(model)
    return solver


def least_cost_found(solver: highspy.Highs) -> float | None:
    """As ``least_cost_by_highs``, after the run; raises ``TimeoutError`` where nothing was proved."""
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kOptimal:
        return float(solver.getInfo().objective_function_value)
    if status in {highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible}:
        return None
    raise TimeoutError(f"HiGHS stopped with {status}")


def steps(load_mw: int | Decimal) -> int:
    """A load in whole steps of 0.1 MW."""
    return int(Fraction(load_mw) * 10)
