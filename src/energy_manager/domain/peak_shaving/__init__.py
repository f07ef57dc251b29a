"""Peak shaving: keep the point of common coupling (PCC) inside its limits, by plan and in real time."""

from typing import TYPE_CHECKING

from energy_manager.domain.on_demand import exported

if TYPE_CHECKING:
    from energy_manager.domain.peak_shaving.exact import (
        NeedsSolver as NeedsSolver,
        demand_cost_kwh as demand_cost_kwh,
        plan_in_turn as plan_in_turn,
        plan_storage as plan_storage,
    )
    from energy_manager.domain.peak_shaving.plan import Plan as Plan, StoragePlan as StoragePlan, Violation as Violation
    from energy_manager.domain.peak_shaving.plan_check import (
        check_plan as check_plan,
        checked_plan as checked_plan,
    )
    from energy_manager.domain.peak_shaving.problem import (
        DemandCharge as DemandCharge,
        PlanningProblem as PlanningProblem,
        energy_band as energy_band,
        grid_room as grid_room,
    )
    from energy_manager.domain.peak_shaving.scheduling import (
        storage_schedule as storage_schedule,
        whole_charges as whole_charges,
    )
    from energy_manager.domain.peak_shaving.storage import Storage as Storage
    from energy_manager.domain.series import Level as Level
    from energy_manager.domain.storage_value.pcc import PccLimits as PccLimits
    from energy_manager.domain.storage_value.reach import EnergyBand as EnergyBand

__getattr__ = exported(
    __name__,
    {
        ".exact": "NeedsSolver demand_cost_kwh plan_in_turn plan_storage",
        ".plan": "Plan StoragePlan Violation",
        ".plan_check": "check_plan checked_plan",
        ".problem": "DemandCharge PlanningProblem energy_band grid_room",
        ".scheduling": "storage_schedule whole_charges",
        ".storage": "Storage",
        "energy_manager.domain.series": "Level",
        "energy_manager.domain.storage_value.pcc": "PccLimits",
        "energy_manager.domain.storage_value.reach": "EnergyBand",
    },
)
