"""Flexibility activation: the cheapest assets whose volumes reach what the grid operator asks for."""

from energy_manager.domain.flexibility.assets import FlexibilityAsset, Offer
from energy_manager.domain.flexibility.engines import (
    ENGINES,
    Engine,
    select_by_table,
    select_cheapest,
    select_greedily,
    select_hybrid,
)
from energy_manager.domain.flexibility.generator import generate_offer
from energy_manager.domain.flexibility.plan import ActivationPlan, plan_activation
from energy_manager.domain.flexibility.request import (
    ActivationRequest,
    PlanRequest,
    parse_activation_request,
    parse_offer,
    parse_plan_request,
)
from energy_manager.domain.flexibility.scheduling import activation_schedule, activation_span
from energy_manager.domain.flexibility.selection import Selection, VolumeNotAvailable

__all__ = [
    "ENGINES",
    "ActivationPlan",
    "ActivationRequest",
    "Engine",
    "FlexibilityAsset",
    "Offer",
    "PlanRequest",
    "Selection",
    "VolumeNotAvailable",
    "activation_schedule",
    "activation_span",
    "generate_offer",
    "parse_activation_request",
    "parse_offer",
    "parse_plan_request",
    "plan_activation",
    "select_by_table",
    "select_cheapest",
    "select_greedily",
    "select_hybrid",
]
