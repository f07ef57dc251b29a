"""What is asked of a plan: series and limits as they were stated, brought onto one time grid."""

from energy_manager.domain.peak_shaving.request.alignment import Reading
from energy_manager.domain.peak_shaving.request.grid import Reach, Series
from energy_manager.domain.peak_shaving.request.planning_request import PlanningRequest, StatedStorage, planning_request

__all__ = ["PlanningRequest", "Reach", "Reading", "Series", "StatedStorage", "planning_request"]
