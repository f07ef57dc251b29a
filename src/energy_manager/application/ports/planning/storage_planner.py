"""Who plans storages beyond what the exact planner can."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.peak_shaving import Plan, PlanningProblem


class StoragePlanner(Protocol):
    """Plans any peak shaving problem: several storages, ramps, a demand charge, the least largest violation."""

    def plan(self, problem: PlanningProblem) -> Plan:
        """The best plan found in the time there is, checked; ``optimal`` says whether it is proved.

        Raises:
            OutOfTime: the time ended before there was any plan.
            PlanCheckFailed: the plan found breaks a law; it must not be used.
        """
        ...
