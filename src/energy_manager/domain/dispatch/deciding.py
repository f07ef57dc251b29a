"""The decision of a tick, the same whether it is made in the loop or again from the record.

Safety limits stand above everything that is scheduled or held. What an asset may not deliver it counts as unable to, so
the policy lets the others carry it; what it must deliver is its schedule. What the policy still puts outside the bounds
is brought to the nearest of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from energy_manager.domain.dispatch.asset import Bounds
from energy_manager.domain.dispatch.follow_schedule import FollowSchedule
from energy_manager.domain.dispatch.policy import Dispatch, DispatchPolicy
from energy_manager.domain.dispatch.proportional_redistribution import ProportionalRedistribution
from energy_manager.domain.quantities import AssetId

POLICIES: Mapping[str, DispatchPolicy] = {
    "proportional": ProportionalRedistribution(),
    "follow_schedule": FollowSchedule(),
}
"""The policies by the names that settings and records have for them."""


NO_BOUNDS: Mapping[AssetId, Bounds] = {}


def decide(
    policy: DispatchPolicy,
    scheduled: Mapping[AssetId, int],
    potentials: Mapping[AssetId, int],
    held: Mapping[AssetId, int],
    bounds: Mapping[AssetId, Bounds] = NO_BOUNDS,
) -> Dispatch:
    """Let the policy decide over everybody but those whose target is ``held`` by something above the schedule.

    Every target is within its ``bounds``, and who has some gets one: as near to 0 as may be where nothing is scheduled.
    The shortfall is what nobody can or may deliver. Power that bounds force upon an asset, such as a ramp on its way
    down, comes on top: then ``sum(targets) + shortfall`` exceeds the schedule by it.
    """
    others = {asset_id: power for asset_id, power in scheduled.items() if asset_id not in held} if held else scheduled
    if not bounds:
        dispatch = policy.dispatch(others, potentials)
        return Dispatch(targets={**dispatch.targets, **held}, shortfall=dispatch.shortfall) if held else dispatch
    dispatch = policy.dispatch(_forced(others, bounds), _allowed(potentials, bounds))
    targets = {**dispatch.targets, **held}
    shortfall = dispatch.shortfall
    for asset_id, own in bounds.items():
        wanted = targets.get(asset_id, 0)
        targets[asset_id] = own.within(wanted)
        if asset_id not in held:
            shortfall += max(0, wanted - targets[asset_id])
    return Dispatch(targets=targets, shortfall=shortfall)


def _forced(scheduled: Mapping[AssetId, int], bounds: Mapping[AssetId, Bounds]) -> dict[AssetId, int]:
    """The schedule, at least at each asset's lowest target."""
    forced = dict(scheduled)
    for asset_id in forced.keys() & bounds.keys():
        lowest = bounds[asset_id].lowest
        if lowest is not None and forced[asset_id] < lowest:
            forced[asset_id] = lowest
    return forced


def _allowed(potentials: Mapping[AssetId, int], bounds: Mapping[AssetId, Bounds]) -> dict[AssetId, int]:
    """The potentials, at most each asset's highest target."""
    allowed = dict(potentials)
    for asset_id in allowed.keys() & bounds.keys():
        highest = bounds[asset_id].highest
        if highest is not None and allowed[asset_id] > highest:
            allowed[asset_id] = highest
    return allowed
