"""Production planning: which power plants run, and at what power, so that a load is met at least cost.

Start at ``plan_production``.
"""

from typing import TYPE_CHECKING

from energy_manager.domain.on_demand import exported

if TYPE_CHECKING:
    from energy_manager.domain.production.commitment import plan_production as plan_production
    from energy_manager.domain.production.plan import (
        LoadNotCoverable as LoadNotCoverable,
        PlanningOutOfTime as PlanningOutOfTime,
        ProductionPlan as ProductionPlan,
        Stage as Stage,
    )
    from energy_manager.domain.production.plants import (
        Fuels as Fuels,
        Plant as Plant,
        PlantKind as PlantKind,
        ProductionRequest as ProductionRequest,
        WindMode as WindMode,
    )
    from energy_manager.domain.production.scheduling import production_schedule as production_schedule

__getattr__ = exported(
    __name__,
    {
        ".commitment": "plan_production",
        ".plan": "LoadNotCoverable PlanningOutOfTime ProductionPlan Stage",
        ".plants": "Fuels Plant PlantKind ProductionRequest WindMode",
        ".scheduling": "production_schedule",
    },
)
