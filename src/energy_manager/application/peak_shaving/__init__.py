"""Job 3: plan, and plan anew what a platform's storage is to do."""

from energy_manager.application.peak_shaving.plan import PlanPeakShaving
from energy_manager.application.peak_shaving.replan import OldPlanStands, Replanned, ReplanStorage, StorageSite

__all__ = ["OldPlanStands", "PlanPeakShaving", "ReplanStorage", "Replanned", "StorageSite"]
