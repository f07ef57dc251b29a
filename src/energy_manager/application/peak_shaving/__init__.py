"""Job 3: plan, and plan anew what the storage of a platform or of this site is to do."""

from energy_manager.application.peak_shaving.plan import PlanPeakShaving
from energy_manager.application.peak_shaving.replan import OldPlanStands, Replanned, ReplanStorage, StorageSite
from energy_manager.application.peak_shaving.rolling_planner import (
    RollingPlanner,
    StorageQuestion,
    StorageRequest,
)
from energy_manager.application.rolling import PlannedAnew

__all__ = [
    "OldPlanStands",
    "PlanPeakShaving",
    "PlannedAnew",
    "ReplanStorage",
    "Replanned",
    "RollingPlanner",
    "StorageQuestion",
    "StorageRequest",
    "StorageSite",
]
