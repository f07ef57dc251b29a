"""Appliance runs planned at once by HiGHS, which is loaded by the process that plans."""

from __future__ import annotations

from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan


def optimise(problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
    """The best plan found within ``time_limit_s`` seconds, checked exactly, never worse than ``incumbent``.

    None when there is no incumbent and nothing was found in time. ``RunPlan.is_proved`` says whether the aim is proved
    to be the least on the solver's grid of starts; else ``RunPlan.bound`` is the proven bound.
    """
    from energy_manager.adapters.solvers.appliances_search import best_found  # noqa: PLC0415 - with HiGHS and numpy

    return best_found(problem, time_limit_s, incumbent)
