"""Least cost: what a site should do so that its energy costs least, and what stored energy is worth meanwhile."""

from typing import TYPE_CHECKING

from energy_manager.domain.on_demand import exported

if TYPE_CHECKING:
    from energy_manager.domain.forecast import Scenario as Scenario
    from energy_manager.domain.least_cost.plan.costs import cost_of as cost_of
    from energy_manager.domain.least_cost.plan.plan import Plan as Plan, Savings as Savings
    from energy_manager.domain.least_cost.plan.plan_check import (
        check_plan as check_plan,
    )
    from energy_manager.domain.least_cost.planning import needs_solver as needs_solver, plan_site as plan_site
    from energy_manager.domain.least_cost.problem.site import DemandCharge as DemandCharge, Run as Run, Site as Site
    from energy_manager.domain.least_cost.problem.step_prices import (
        NoPrices as NoPrices,
        StepPrices as StepPrices,
        step_prices as step_prices,
    )
    from energy_manager.domain.least_cost.problem.storages import Storage as Storage, Target as Target
    from energy_manager.domain.least_cost.value.guidance import (
        Guidance as Guidance,
        Leading as Leading,
        Mode as Mode,
    )
    from energy_manager.domain.least_cost.value.guidance_of_value import guidance_of as guidance_of
    from energy_manager.domain.least_cost.value.value_of_energy import (
        ValueOfEnergy as ValueOfEnergy,
        value_of_energy as value_of_energy,
    )
    from energy_manager.domain.storage_value.pcc import PccLimits as PccLimits
    from energy_manager.domain.storage_value.resting_band import Band as Band

__getattr__ = exported(
    __name__,
    {
        "energy_manager.domain.forecast": "Scenario",
        ".plan.costs": "cost_of",
        ".plan.plan": "Plan Savings",
        ".plan.plan_check": "check_plan",
        ".planning": "needs_solver plan_site",
        ".problem.site": "DemandCharge Run Site",
        ".problem.step_prices": "NoPrices StepPrices step_prices",
        ".problem.storages": "Storage Target",
        ".value.guidance": "Guidance Leading Mode",
        ".value.guidance_of_value": "guidance_of",
        ".value.value_of_energy": "ValueOfEnergy value_of_energy",
        "energy_manager.domain.storage_value.pcc": "PccLimits",
        "energy_manager.domain.storage_value.resting_band": "Band",
    },
)
