"""Production planning: which power plants run, and at what power, so that a load is met at least cost.

Start at ``plan_production``.
"""

from energy_manager.domain.production.commitment import plan_production
from energy_manager.domain.production.plan import LoadNotCoverable, PlanningOutOfTime, ProductionPlan, Stage
from energy_manager.domain.production.plants import Fuels, Plant, PlantKind, ProductionRequest, WindMode
from energy_manager.domain.production.scheduling import production_schedule

__all__ = [
    "Fuels",
    "LoadNotCoverable",
    "PlanningOutOfTime",
    "Plant",
    "PlantKind",
    "ProductionPlan",
    "ProductionRequest",
    "Stage",
    "WindMode",
    "plan_production",
    "production_schedule",
]
