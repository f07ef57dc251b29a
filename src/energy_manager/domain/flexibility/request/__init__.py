"""Requests for an activation, made from parsed JSON; every fault is listed by the path of its field."""

from energy_manager.domain.flexibility.request.documents import (
    ActivationRequest,
    PlanRequest,
    parse_activation_request,
    parse_offer,
    parse_plan_request,
)

__all__ = ["ActivationRequest", "PlanRequest", "parse_activation_request", "parse_offer", "parse_plan_request"]
