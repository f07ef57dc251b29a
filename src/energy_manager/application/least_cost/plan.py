"""Job 6, planning: choose between the exact planner and the solver."""

from __future__ import annotations

from collections.abc import Callable

from energy_manager.domain.least_cost import Plan, Site, needs_solver, plan_site


def plan_least_cost(site: Site, *, solve: Callable[[Site], Plan]) -> Plan:
    """Plan one storage exactly, and with the solver everything else, and what the exact planner cannot prove.

    ``solve`` has the best plan of any site that it found in the time there is, checked; there is always one, with a
    proven ``lower_bound_eur``.

    Raises:
        PlanCheckFailed: the solver's plan breaks a law; it must not be used.
    """
    if needs_solver(site) is not None:
        return solve(site)
    exact = plan_site(site)
    if exact.optimal or exact.kept:
        return exact
    solved = solve(site)
    return solved if _cost(solved) < _cost(exact) or solved.optimal else exact


def _cost(plan: Plan) -> tuple[float, float, float]:
    """What is minimised, in order."""
    return plan.violation_kwh, plan.shortfall_kwh, plan.cost_eur
