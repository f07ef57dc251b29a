"""Appliance runs planned at once by HiGHS, which is loaded by the process that plans."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class HighsApplianceOptimiser:
    """The port ``ApplianceOptimiser`` on HiGHS."""

    def optimise(self, problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
        """The best plan found within ``time_limit_s`` seconds, never worse than ``incumbent``; see the port."""
        from energy_manager.adapters.solvers.appliances_search import best_found  # noqa: PLC0415 - with HiGHS and numpy

        return best_found(problem, time_limit_s, incumbent)
