"""An independent oracle for least cost: one mixed-integer program, three stages, nothing of the product's engine."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import highspy
import numpy as np

from energy_manager.domain.least_cost.problem.site import Site

BIG_KW = 500.0


@dataclass
class Model:
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[tuple[float, dict[int, float], float]] = field(default_factory=list)

    def var(self, lower=0.0, upper=math.inf, *, whole=False) -> int:
        self.lower.append(lower)
        self.upper.append(upper)
        if whole:
            self.whole.append(len(self.lower) - 1)
        return len(self.lower) - 1

    def row(self, lower, terms, upper) -> None:
        self.rows.append((lower, terms, upper))

    def least(self, costs: dict[int, float], time_s: float, presolve: bool = True) -> tuple[float, np.ndarray, bool]:
        h = highspy.Highs()
        h.setOptionValue("output_flag", False)
        h.setOptionValue("threads", 1)
        h.setOptionValue("presolve", "choose" if presolve else "off")
        h.setOptionValue("mip_rel_gap", 0.0)
        h.setOptionValue("mip_abs_gap", 1e-7)
        h.setOptionValue("mip_feasibility_tolerance", 1e-9)
        h.setOptionValue("primal_feasibility_tolerance", 1e-9)
        h.setOptionValue("time_limit", time_s)
        lp = highspy.HighsLp()
        n, m = len(self.lower), len(self.rows)
        lp.num_col_, lp.num_row_ = n, m
        cost = np.zeros(n)
        for column, value in costs.items():
            cost[column] += value
        lp.col_cost_ = cost
        lp.col_lower_, lp.col_upper_ = np.array(self.lower), np.array(self.upper)
        lp.row_lower_ = np.array([row[0] for row in self.rows])
        lp.row_upper_ = np.array([row[2] for row in self.rows])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        starts, index, values = [0], [], []
        for _, terms, _ in self.rows:
            index.extend(terms)
            values.extend(terms.values())
            starts.append(len(index))
        lp.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(values, dtype=float)
        kinds = [highspy.HighsVarType.kContinuous] * n
        for column in self.whole:
            kinds[column] = highspy.HighsVarType.kInteger
        lp.integrality_ = kinds
        h.passModel(lp)
        h.run()
        is_proved = h.getModelStatus() == highspy.HighsModelStatus.kOptimal
        info = h.getInfo()
        return info.objective_function_value, np.array(h.getSolution().col_value), is_proved


@dataclass
class Optimum:
    violation_kwh: float
    shortfall_kwh: float
    cost_eur: float
    is_proved: bool


def _at(level, step):
    return level[step] if isinstance(level, tuple) else level


def optimum(site: Site, *, end_values: dict[str, float], time_s: float = 60.0, presolve: bool = True) -> Optimum:  # noqa: PLR0912 - one program
    """The least violation, then shortfall, then cost, of energies outside their limits for as short as can be."""
    model, steps, hours = Model(), site.steps, site.hours
    beyond, missing, money, outside = {}, {}, {}, {}
    net = [{} for _ in range(steps)]
    constant = 0.0
    for storage in site.storages:
        before = None
        for t in range(steps):
            h = hours[t]
            here = _at(storage.available, t)
            most_in, most_out = _at(storage.max_charge_kw, t) * here, _at(storage.max_discharge_kw, t) * here
            least_in = _at(storage.min_charge_kw, t)
            charge, discharge = model.var(0, most_in), model.var(0, most_out)
            on = model.var(0, 1, whole=True)
            model.row(-math.inf, {charge: 1, on: -most_in}, 0)
            if here and least_in > 0:
                model.row(0, {charge: 1, on: -least_in}, math.inf)
            model.row(-math.inf, {discharge: 1, on: most_out}, most_out)
            use = _at(storage.use_kwh, t)
            unserved = model.var(0, use)
            stored = model.var(-math.inf, math.inf)
            keep = storage.keep_per_hour**h
            terms = {stored: 1, charge: -storage.charge_efficiency * h, discharge: h / storage.discharge_efficiency}
            terms[unserved] = -1
            first = 0.0
            if before is None:
                first = keep * storage.stored_kwh
            else:
                terms[before] = -keep
            model.row(first - use, terms, first - use)
            low, high = model.var(), model.var()
            model.row(_at(storage.min_kwh, t), {stored: 1, low: 1}, math.inf)
            model.row(-math.inf, {stored: 1, high: -1}, _at(storage.capacity_kwh, t))
            outside[low] = outside[high] = 1.0
            missing[unserved] = 1.0
            wanted = [target.at_least_kwh for target in storage.targets if target.step == t]
            if _at(storage.comfort_kwh, t) > 0:
                wanted.append(_at(storage.comfort_kwh, t))
            for level in wanted:
                short = model.var()
                model.row(level, {stored: 1, short: 1}, math.inf)
                missing[short] = 1.0
            net[t][charge], net[t][discharge] = 1.0, -1.0
            wear = storage.wear_eur_per_kwh
            money[charge] = wear * h * storage.charge_efficiency
            money[discharge] = wear * h / storage.discharge_efficiency
            before = stored
        money[before] = -end_values[storage.id]
    for run in site.runs:
        starts = {model.var(0, 1, whole=True): start for start in run.starts}
        model.row(1, dict.fromkeys(starts, 1.0), 1)
        for column, start in starts.items():
            for place, power in enumerate(run.profile_kw):
                net[start + place][column] = net[start + place].get(column, 0.0) + power
    imports = []
    for t in range(steps):
        h = hours[t]
        bought, sold, curtailed = model.var(), model.var(), model.var()
        production = _at(site.production_kw, t)
        model.upper[curtailed] = production if site.curtailable else 0.0
        imported = model.var(0, 1, whole=True)
        model.row(-math.inf, {bought: 1, imported: -BIG_KW}, 0)
        model.row(-math.inf, {sold: 1, imported: BIG_KW}, BIG_KW)
        base = site.load_kw[t] - production
        model.row(base, {bought: 1, sold: -1, curtailed: -1, **{c: -v for c, v in net[t].items()}}, base)
        for column, limit in ((bought, _at(site.pcc.import_limit_kw, t)), (sold, _at(site.pcc.export_limit_kw, t))):
            if limit < math.inf:
                over = model.var()
                model.row(-math.inf, {column: 1, over: -1}, limit)
                beyond[over] = h
        money[bought] = _at(site.buy_eur_per_kwh, t) * h
        money[sold] = -_at(site.sell_eur_per_kwh, t) * h
        imports.append(bought)
    charge = site.demand_charge
    if charge is not None:
        peak = model.var(charge.paid_peak_kw)
        money[peak] = charge.eur_per_kw
        quarters = {}
        clock = site.start.timestamp()
        for t in range(steps):
            end = clock + hours[t] * 3600.0
            at = clock
            while at < end - 1e-6:
                quarter = math.floor(at / 900.0 + 1e-9)
                until = min(end, (quarter + 1) * 900.0)
                quarters.setdefault(quarter, []).append((t, until - at))
                at = until
            clock = end
        for parts in quarters.values():
            whole = sum(part for _, part in parts)
            terms = {}
            for t, part in parts:
                terms[imports[t]] = terms.get(imports[t], 0.0) + part / whole
            model.row(-math.inf, {**terms, peak: -1}, 0)
    results = []
    proved = True
    for stage in (outside, beyond, missing):
        value = 0.0
        if stage:
            value, _, sure = model.least(stage, time_s, presolve)
            proved = proved and sure
            model.row(-math.inf, stage, max(value, 0.0) + 3e-7)
        results.append(value)
    value, _, sure = model.least(money, time_s, presolve)
    return Optimum(results[1], results[2], value + constant, proved and sure)
