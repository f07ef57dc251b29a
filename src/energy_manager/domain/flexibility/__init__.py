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
from energy_manager.domain.flexibility.request import parse_offer
from energy_manager.domain.flexibility.scheduling import activation_schedule, activation_span
from energy_manager.domain.flexibility.selection import Selection, VolumeNotAvailable

__all__ = [
    "ENGINES",
    "ActivationPlan",
    "Engine",
    "FlexibilityAsset",
    "Offer",
    "Selection",
    "VolumeNotAvailable",
    "activation_schedule",
    "activation_span",
    "generate_offer",
    "parse_offer",
    "plan_activation",
    "select_by_table",
    "select_cheapest",
    "select_greedily",
    "select_hybrid",
]
