"""Job 3, planning: choose between the exact planner and the solver."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.application.ports.planning.storage_planner import StoragePlanner
from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.peak_shaving import Plan, PlanningProblem, plan_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPeakShaving:
    """Plan one plain storage exactly, and with the solver everything else, and what the exact planner cannot prove."""

    solver: StoragePlanner

    def __call__(self, problem: PlanningProblem) -> Plan:
        """A checked plan; there is always one.

        Raises:
            OutOfTime: the solver's time ended before there was any plan.
        """
        if problem.needs_solver is not None:
            return self.solver.plan(problem)
        exact = plan_storage(problem)
        if exact.optimal:
            return exact
        try:
            solved = self.solver.plan(problem)
        except OutOfTime:
            return exact
        return solved if solved.optimal or _cost(solved) < _cost(exact) else exact


def _cost(plan: Plan) -> tuple[float, float]:
    """What is minimised, in order: the violation, then the change."""
    return plan.violation_kwh, plan.change_kwh
