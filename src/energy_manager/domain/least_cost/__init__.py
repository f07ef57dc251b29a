"""Least cost: what a site should do so that its energy costs least, and what stored energy is worth meanwhile."""

from energy_manager.domain.forecast import Scenario
from energy_manager.domain.least_cost.plan.costs import cost_of
from energy_manager.domain.least_cost.plan.plan import Plan, Savings
from energy_manager.domain.least_cost.plan.plan_check import PlanCheckFailed, check_plan
from energy_manager.domain.least_cost.planning import needs_solver, plan_site
from energy_manager.domain.least_cost.problem.site import DemandCharge, Run, Site
from energy_manager.domain.least_cost.problem.step_prices import NoPrices, StepPrices, step_prices
from energy_manager.domain.least_cost.problem.storages import Storage, Target
from energy_manager.domain.least_cost.value.guidance import Guidance, Leading, Mode, guidance_of
from energy_manager.domain.least_cost.value.value_of_energy import ValueOfEnergy, value_of_energy
from energy_manager.domain.storage_value.pcc import PccLimits
from energy_manager.domain.storage_value.resting_band import Band

__all__ = [
    "Band",
    "DemandCharge",
    "Guidance",
    "Leading",
    "Mode",
    "NoPrices",
    "PccLimits",
    "Plan",
    "PlanCheckFailed",
    "Run",
    "Savings",
    "Scenario",
    "Site",
    "StepPrices",
    "Storage",
    "Target",
    "ValueOfEnergy",
    "check_plan",
    "cost_of",
    "guidance_of",
    "needs_solver",
    "plan_site",
    "step_prices",
    "value_of_energy",
]
