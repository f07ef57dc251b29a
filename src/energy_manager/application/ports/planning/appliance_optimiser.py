"""Who plans many appliance runs at once, better than one after the other."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan


class ApplianceOptimiser(Protocol):
    """Solves a ``PlanProblem``; CPU-bound, so it belongs into a worker process."""

    def optimise(self, problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
        """The best plan found within ``time_limit_s`` seconds, checked exactly, never worse than ``incumbent``.

        None when there is no incumbent and nothing was found in time. ``RunPlan.is_proved`` says whether the aim is
        proved to be the least on the solver's grid of starts; else ``RunPlan.bound`` is the proven bound.
        """
        ...
