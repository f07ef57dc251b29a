"""Job 3, planning: choose between the exact planner and the solver."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.application.ports.storage_planner import StoragePlanner
from energy_manager.domain.peak_shaving import Plan, PlanningProblem, plan_storage


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPeakShaving:
    """Plan one plain storage exactly, and everything else with the solver."""

    solver: StoragePlanner

    def __call__(self, problem: PlanningProblem) -> Plan:
        """A checked plan; there is always one.

        Raises:
            OutOfTime: the solver's time ended before there was any plan.
        """
        return plan_storage(problem) if problem.needs_solver is None else self.solver.plan(problem)
