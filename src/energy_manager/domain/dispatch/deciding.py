"""The decision of a tick, the same whether it is made in the loop or again from the record.

Safety limits stand above everything that is scheduled or held. What an asset may not deliver it counts as unable to, so
the policy lets the others carry it; what it must deliver is its schedule. What the policy still puts outside the bounds
is brought to the nearest of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from energy_manager.domain.dispatch.follow_schedule import FollowSchedule
from energy_manager.domain.dispatch.policy import Dispatch, DispatchPolicy
from energy_manager.domain.dispatch.proportional_redistribution import ProportionalRedistribution
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Bounds

POLICIES: Mapping[str, DispatchPolicy] = {
    "proportional": ProportionalRedistribution(),
    "follow_schedule": FollowSchedule(),
}
"""The policies by the names that settings and records have for them."""


NO_BOUNDS: Mapping[AssetId, Bounds] = {}
ALL_ZERO: Mapping[AssetId, int | None] = {}


def decide(
    policy: DispatchPolicy,
    scheduled: Mapping[AssetId, int],
    potentials: Mapping[AssetId, int],
    held: Mapping[AssetId, int | None],
    bounds: Mapping[AssetId, Bounds] = NO_BOUNDS,
    *,
    unscheduled: Mapping[AssetId, int | None] = ALL_ZERO,
) -> Dispatch:
    """Let the policy decide over everybody but those whose target is ``held`` by something above the schedule.

    ``unscheduled`` is what holds for assets that nothing is scheduled for, where it is not 0; None = released, and a
    released asset has no bounds: its limits are its device's business.

    Every target is within its ``bounds``, and who has some gets one: as near to 0 as may be where nothing is scheduled.
    The shortfall is what nobody can or may deliver. Power that bounds force upon an asset, such as a ramp on its way
    down, takes the place of what others would carry; what is left of it comes on top of the schedule.
    """
    others = {asset_id: power for asset_id, power in scheduled.items() if asset_id not in held} if held else scheduled
    beside = {asset_id: power for asset_id, power in unscheduled.items() if asset_id not in scheduled}
    beside.update(held)
    if not bounds:
        dispatch = policy.dispatch(others, potentials)
        return Dispatch(targets={**dispatch.targets, **beside}, shortfall=dispatch.shortfall) if beside else dispatch
    forced = _forced(others, bounds)
    targets = powers_in(policy.dispatch(forced, _allowed(potentials, bounds)).targets)
    missing = sum(others.values()) - sum(targets.values())
    for asset_id, own in bounds.items():
        is_released = asset_id in beside and beside[asset_id] is None
        if asset_id in held or is_released:
            continue
        before = targets.get(asset_id, beside.get(asset_id) or 0)
        targets[asset_id] = after = own.within(before)
        # What it must be told but cannot deliver is told, and not counted on.
        missing -= after - before if after < before else max(0, min(after, potentials.get(asset_id, 0)) - before)
    if missing < 0:
        _take_back(-missing, targets, forced)
    told = {
        asset_id: power if power is None or asset_id not in bounds else bounds[asset_id].within(power)
        for asset_id, power in beside.items()
    }
    return Dispatch(targets={**targets, **told}, shortfall=max(0, missing))


def powers_in(targets: Mapping[AssetId, int | None]) -> dict[AssetId, int]:
    """The targets that are powers: those of the assets that are not released."""
    return {asset_id: power for asset_id, power in targets.items() if power is not None}


def _take_back(surplus: int, targets: dict[AssetId, int], forced: dict[AssetId, int]) -> None:
    """Lower the targets of those that carry for others, the last of the schedule first, by ``surplus`` in all."""
    for asset_id in reversed(forced):
        less = min(surplus, max(0, targets[asset_id] - max(0, forced[asset_id])))
        targets[asset_id] -= less
        surplus -= less


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
