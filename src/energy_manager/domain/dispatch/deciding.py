"""The decision of a tick, the same whether it is made in the loop or again from the record."""

from __future__ import annotations

from collections.abc import Mapping

from energy_manager.domain.dispatch.follow_schedule import FollowSchedule
from energy_manager.domain.dispatch.policy import Dispatch, DispatchPolicy
from energy_manager.domain.dispatch.proportional_redistribution import ProportionalRedistribution
from energy_manager.domain.quantities import AssetId

POLICIES: Mapping[str, DispatchPolicy] = {
    "proportional": ProportionalRedistribution(),
    "follow_schedule": FollowSchedule(),
}
"""The policies by the names that settings and records have for them."""


def decide(
    policy: DispatchPolicy,
    scheduled: Mapping[AssetId, int],
    potentials: Mapping[AssetId, int],
    held: Mapping[AssetId, int],
) -> Dispatch:
    """Let the policy decide over everybody but those whose target is ``held`` by something above the schedule."""
    if not held:
        return policy.dispatch(scheduled, potentials)
    others = {asset_id: power for asset_id, power in scheduled.items() if asset_id not in held}
    dispatch = policy.dispatch(others, potentials)
    return Dispatch(targets={**dispatch.targets, **held}, shortfall=dispatch.shortfall)
