"""The planning request and its answer, as parsed JSON."""

from energy_manager.domain.peak_shaving.request.answer import plan_document
from energy_manager.domain.peak_shaving.request.document import PlanningRequest, planning_request

__all__ = ["PlanningRequest", "plan_document", "planning_request"]
