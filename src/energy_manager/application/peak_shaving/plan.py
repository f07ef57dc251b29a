"""Job 3, planning: choose between the exact planner and the solver."""

from __future__ import annotations

from collections.abc import Callable

from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.peak_shaving import Plan, PlanningProblem, plan_storage


def plan_peak_shaving(problem: PlanningProblem, *, solve: Callable[[PlanningProblem], Plan]) -> Plan:
    """Plan one plain storage exactly, and with the solver everything else, and what the exact planner cannot prove.

    ``solve`` has the best plan of any problem that it found in the time there is, checked.

    Raises:
        OutOfTime: the solver's time ended before there was any plan.
        PlanCheckFailed: the solver's plan breaks a law; it must not be used.
    """
    if problem.needs_solver is not None:
        return solve(problem)
    exact = plan_storage(problem)
    if exact.optimal:
        return exact
    try:
        solved = solve(problem)
    except OutOfTime:
        return exact
    return solved if solved.optimal or _cost(solved) < _cost(exact) else exact


def _cost(plan: Plan) -> tuple[float, float]:
    """What is minimised, in order: the violation, then the change."""
    return plan.violation_kwh, plan.change_kwh
