"""Flexibility activation: the cheapest assets whose volumes reach what the grid operator asks for."""

from typing import TYPE_CHECKING

from energy_manager.domain.on_demand import exported

if TYPE_CHECKING:
    from energy_manager.domain.flexibility.assets import FlexibilityAsset as FlexibilityAsset, Offer as Offer
    from energy_manager.domain.flexibility.engines import (
        ENGINES as ENGINES,
        Engine as Engine,
        select_by_table as select_by_table,
        select_cheapest as select_cheapest,
        select_greedily as select_greedily,
        select_hybrid as select_hybrid,
    )
    from energy_manager.domain.flexibility.generator import generate_offer as generate_offer
    from energy_manager.domain.flexibility.plan import (
        ActivationPlan as ActivationPlan,
        plan_activation as plan_activation,
    )
    from energy_manager.domain.flexibility.request import parse_offer as parse_offer
    from energy_manager.domain.flexibility.scheduling import (
        activation_schedule as activation_schedule,
        activation_span as activation_span,
    )
    from energy_manager.domain.flexibility.selection import (
        Selection as Selection,
        VolumeNotAvailable as VolumeNotAvailable,
    )

__getattr__ = exported(
    __name__,
    {
        ".assets": "FlexibilityAsset Offer",
        ".engines": "ENGINES Engine select_by_table select_cheapest select_greedily select_hybrid",
        ".generator": "generate_offer",
        ".plan": "ActivationPlan plan_activation",
        ".request": "parse_offer",
        ".scheduling": "activation_schedule activation_span",
        ".selection": "Selection VolumeNotAvailable",
    },
)
