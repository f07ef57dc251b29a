"""Who plans sites beyond what the exact planner can."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.least_cost import Plan, Site


class SitePlanner(Protocol):
    """Plans any site at least cost: several storages, runs that may be moved, a demand charge.

    CPU-bound, so it belongs into a worker process.
    """

    def plan(self, site: Site) -> Plan:
        """The best plan found in the time there is, checked; there is always one.

        ``optimal`` says whether it is proved; ``lower_bound_eur`` is always a proven bound.

        Raises:
            PlanCheckFailed: the plan found breaks a law; it must not be used.
        """
        ...
