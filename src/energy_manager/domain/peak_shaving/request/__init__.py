"""What is asked of a plan: series and limits as they were stated, brought onto one time grid."""

from energy_manager.domain.peak_shaving.request.planning_request import PlanningRequest, StatedStorage, planning_request
from energy_manager.domain.series import Reach, Reading, Series

__all__ = ["PlanningRequest", "Reach", "Reading", "Series", "StatedStorage", "planning_request"]
