"""How targets follow from a schedule and from what the assets can deliver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What each scheduled asset is told, and what no asset could deliver, in whole power steps.

    ``sum(targets) + shortfall == sum(scheduled)``, exactly, over the scheduled. Targets stand in schedule order; behind
    them those of assets that nothing is scheduled for, where they are not 0. None = released: the asset runs by itself,
    is in no total and carries nothing for others.
    """

    targets: Mapping[AssetId, int | None]
    shortfall: int


class DispatchPolicy(Protocol):
    """A rule that turns schedule and potentials into targets: pure, deterministic, for integers of any size.

    ``redistributes`` says whether some make up for what others deliver, or whether everybody follows the schedule.
    """

    redistributes: bool

    def dispatch(self, scheduled: Mapping[AssetId, int], potentials: Mapping[AssetId, int | None]) -> Dispatch:
        """Decide the targets of all scheduled assets.

        Args:
            scheduled: power an asset is meant to deliver; negative = it charges.
            potentials: power an asset can deliver; None, absent or negative = nothing. Assets that are not
                scheduled take no part.
        """
        ...


class FollowSchedule:
    """The plainest policy: targets are the schedule, whatever the assets can deliver."""

    redistributes = False

    def dispatch(self, scheduled: Mapping[AssetId, int], potentials: Mapping[AssetId, int | None]) -> Dispatch:  # noqa: ARG002
        """Repeat the schedule; nothing is redistributed, so no shortfall is known."""
        return Dispatch(targets=dict(scheduled), shortfall=0)
