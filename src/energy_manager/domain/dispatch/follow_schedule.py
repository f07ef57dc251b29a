"""The plainest policy: everybody is told what the schedule says."""

from __future__ import annotations

from collections.abc import Mapping

from energy_manager.domain.dispatch.policy import Dispatch
from energy_manager.domain.quantities import AssetId


class FollowSchedule:
    """Targets are the schedule, whatever the assets can deliver."""

    redistributes = False

    def dispatch(self, scheduled: Mapping[AssetId, int], potentials: Mapping[AssetId, int | None]) -> Dispatch:  # noqa: ARG002
        """Repeat the schedule; nothing is redistributed, so no shortfall is known."""
        return Dispatch(targets=dict(scheduled), shortfall=0)
