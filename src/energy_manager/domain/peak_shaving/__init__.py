"""Peak shaving: keep the point of common coupling (PCC) inside its limits, by plan and in real time."""

from energy_manager.domain.peak_shaving.exact import NeedsSolver, plan_in_turn, plan_storage
from energy_manager.domain.peak_shaving.plan import Plan, StoragePlan, Violation
from energy_manager.domain.peak_shaving.plan_check import PlanCheckFailed, check_plan, checked_plan
from energy_manager.domain.peak_shaving.problem import DemandCharge, PlanningProblem, energy_band, grid_room
from energy_manager.domain.peak_shaving.scheduling import storage_schedule, whole_charges
from energy_manager.domain.peak_shaving.storage import Storage
from energy_manager.domain.series import Level
from energy_manager.domain.storage_value.pcc import PccLimits
from energy_manager.domain.storage_value.reach import EnergyBand

__all__ = [
    "DemandCharge",
    "EnergyBand",
    "Level",
    "NeedsSolver",
    "PccLimits",
    "Plan",
    "PlanCheckFailed",
    "PlanningProblem",
    "Storage",
    "StoragePlan",
    "Violation",
    "check_plan",
    "checked_plan",
    "energy_band",
    "grid_room",
    "plan_in_turn",
    "plan_storage",
    "storage_schedule",
    "whole_charges",
]
