"""Job 6, planning: choose between the exact planner and the solver."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.application.ports.planning.site_planner import SitePlanner
from energy_manager.domain.least_cost import Plan, Site, needs_solver, plan_site


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLeastCost:
    """Plan one storage exactly, and with the solver everything else, and what the exact planner cannot prove."""

    solver: SitePlanner

    def __call__(self, site: Site) -> Plan:
        """A checked plan; there is always one."""
        if needs_solver(site) is not None:
            return self.solver.plan(site)
        exact = plan_site(site)
        if exact.optimal or exact.kept:
            return exact
        solved = self.solver.plan(site)
        return solved if _cost(solved) < _cost(exact) or solved.optimal else exact


def _cost(plan: Plan) -> tuple[float, float, float]:
    """What is minimised, in order."""
    return plan.violation_kwh, plan.shortfall_kwh, plan.cost_eur
