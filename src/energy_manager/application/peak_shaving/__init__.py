"""Job 3: plan, and plan anew what the storage of a platform or of this site is to do."""

from energy_manager.application.peak_shaving.keep_planned import KeepStoragePlanned, PlannedAnew, StorageRequest
from energy_manager.application.peak_shaving.plan import PlanPeakShaving
from energy_manager.application.peak_shaving.replan import OldPlanStands, Replanned, ReplanStorage, StorageSite

__all__ = [
    "KeepStoragePlanned",
    "OldPlanStands",
    "PlanPeakShaving",
    "PlannedAnew",
    "ReplanStorage",
    "Replanned",
    "StorageRequest",
    "StorageSite",
]
