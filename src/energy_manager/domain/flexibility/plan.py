"""The plan of an activation: which assets of an offer to activate, what that costs, and how far that is proved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.flexibility.assets import FlexibilityAsset, Offer
from energy_manager.domain.flexibility.engines import ENGINES


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationPlan:
    """The assets to activate, in the order of the offer; ``volume_kw`` and ``cost_cents`` are their sums.

    No selection costs less than ``lower_bound_cents``; ``is_optimal`` says that none costs less than ``cost_cents``.
    """

    assets: tuple[FlexibilityAsset, ...]
    volume_kw: int
    cost_cents: int
    lower_bound_cents: int
    is_optimal: bool
    engine: str

    @property
    def gap(self) -> float:
        """The share of the cost by which it may lie above the least; 0 = proved."""
        if self.is_optimal or self.cost_cents == 0:
            return 0.0
        return (self.cost_cents - self.lower_bound_cents) / self.cost_cents


def plan_activation(
    offer: Offer, volume_kw: int, *, engine: str = "exact", time_limit_s: float | None = None
) -> ActivationPlan:
    """Select assets of the offer with the named engine (a key of ``ENGINES``).

    Raises:
        Refused: the engine cannot work with these numbers.
        VolumeNotAvailable: the whole offer does not reach the volume.
    """
    selection = ENGINES[engine](offer.volumes_kw, offer.costs_cents, volume_kw, time_limit_s=time_limit_s)
    return ActivationPlan(
        assets=tuple(offer.asset(position) for position in np.flatnonzero(selection.chosen).tolist()),
        volume_kw=selection.volume_kw,
        cost_cents=selection.cost_cents,
        lower_bound_cents=selection.lower_bound_cents,
        is_optimal=selection.is_optimal,
        engine=engine,
    )
