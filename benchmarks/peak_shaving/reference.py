"""The peers: the planning problem as users of a modelling layer write it, a Pyomo MILP with two binaries a step.

The formulation follows the reference that users come from: separate charge and discharge, a binary each so that they
exclude one another, the limits of the PCC as hard rows, and the least sum of changes. Here the limits are soft at a
high price, so that it has an answer on every day, and the energy after the last step is bounded, as in the product.
"""

from __future__ import annotations

import pyomo.environ as pyo

from energy_manager.domain.peak_shaving import PlanningProblem
from energy_manager.domain.series import at_each_step

PENALTY = 1000.0


def pyomo_plan(problem: PlanningProblem, *, solver: str, with_binaries: bool = True) -> tuple[float, float]:
    """(violation kWh, change kWh) of a Pyomo model, built and solved."""
    (storage,) = problem.storages
    steps, hours = range(problem.steps), problem.step_h
    import_limit = at_each_step(problem.pcc.import_limit_kw, problem.steps)
    export_limit = at_each_step(problem.pcc.export_limit_kw, problem.steps)
    most_in = at_each_step(storage.max_charge_kw, problem.steps)
    most_out = at_each_step(storage.max_discharge_kw, problem.steps)
    capacity = at_each_step(storage.capacity_kwh, problem.steps)
    least = at_each_step(storage.min_kwh, problem.steps)
    model = pyo.ConcreteModel()
    model.t = pyo.RangeSet(0, problem.steps - 1)
    for name in ("charge", "discharge", "more", "less", "over_import", "over_export"):
        setattr(model, name, pyo.Var(model.t, domain=pyo.NonNegativeReals))
    model.stored = pyo.Var(model.t, bounds=lambda _, t: (least[t], capacity[t]))
    if with_binaries:
        model.charges = pyo.Var(model.t, domain=pyo.Binary)
        model.discharges = pyo.Var(model.t, domain=pyo.Binary)
        model.one = pyo.Constraint(model.t, rule=lambda m, t: m.charges[t] + m.discharges[t] <= 1)
        model.can_charge = pyo.Constraint(model.t, rule=lambda m, t: m.charge[t] <= most_in[t] * m.charges[t])
        model.can_discharge = pyo.Constraint(model.t, rule=lambda m, t: m.discharge[t] <= most_out[t] * m.discharges[t])
    else:
        model.can_charge = pyo.Constraint(model.t, rule=lambda m, t: m.charge[t] <= most_in[t])
        model.can_discharge = pyo.Constraint(model.t, rule=lambda m, t: m.discharge[t] <= most_out[t])

    def balance(m, t):
        before = storage.stored_kwh if t == 0 else m.stored[t - 1]
        gain = storage.charge_efficiency * m.charge[t] - m.discharge[t] / storage.discharge_efficiency
        return m.stored[t] == before + gain * hours

    def imported(m, t):
        return problem.load_kw[t] - problem.production_kw[t] + m.charge[t] - m.discharge[t]

    model.balance = pyo.Constraint(model.t, rule=balance)
    model.import_kept = pyo.Constraint(model.t, rule=lambda m, t: imported(m, t) - m.over_import[t] <= import_limit[t])
    model.export_kept = pyo.Constraint(model.t, rule=lambda m, t: -imported(m, t) - m.over_export[t] <= export_limit[t])
    model.change = pyo.Constraint(
        model.t,
        rule=lambda m, t: m.charge[t] - m.discharge[t] - storage.schedule_kw[t] == m.more[t] - m.less[t],
    )
    model.cost = pyo.Objective(
        expr=sum(PENALTY * (model.over_import[t] + model.over_export[t]) + model.more[t] + model.less[t] for t in steps)
    )
    options = {"threads": 1} if solver == "highs" else {}
    result = pyo.SolverFactory(solver).solve(model, options=options)
    assert str(result.solver.termination_condition) == "optimal", result.solver.termination_condition
    violation = sum(pyo.value(model.over_import[t]) + pyo.value(model.over_export[t]) for t in steps) * hours
    return violation, sum(pyo.value(model.more[t]) + pyo.value(model.less[t]) for t in steps) * hours
