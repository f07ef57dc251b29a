"""The decision of a tick, the same whether it is made in the loop or again from the record.

Safety limits stand above everything that is scheduled or held. What an asset may not deliver it counts as unable to, so
the policy lets the others carry it; what it must deliver is its schedule. What the policy still puts outside the bounds
is brought to the nearest of them.

Told is not delivered: an asset that does not do what it is told counts as what it measures, and one that cannot be
reached as what it is assumed to deliver. It is told its target all the same; the others carry what is missing, or give
back what is too much.
"""

from __future__ import annotations

from collections.abc import Mapping

from energy_manager.domain.dispatch.policy import Dispatch, DispatchPolicy, FollowSchedule
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
AS_TOLD: Mapping[AssetId, int] = {}
ANY_SHARE: Mapping[AssetId, int] = {}
WITHOUT_BOUNDS = Bounds()


def decide(
    policy: DispatchPolicy,
    scheduled: Mapping[AssetId, int],
    potentials: Mapping[AssetId, int],
    held: Mapping[AssetId, int | None],
    bounds: Mapping[AssetId, Bounds] = NO_BOUNDS,
    *,
    unscheduled: Mapping[AssetId, int | None] = ALL_ZERO,
    counted: Mapping[AssetId, int] = AS_TOLD,
    lowest: Mapping[AssetId, int] = AS_TOLD,
    least: Mapping[AssetId, int] = ANY_SHARE,
) -> Dispatch:
    """Let the policy decide over everybody but those whose target is ``held`` by something above the schedule.

    ``unscheduled`` is what holds for assets that nothing is scheduled for, where it is not 0; None = released, and a
    released asset has no bounds: its limits are its device's business.

    Every target is within its ``bounds``, and who has some gets one: as near to 0 as may be where nothing is scheduled.
    The shortfall is what nobody can or may deliver. Power that bounds force upon an asset, such as a ramp on its way
    down, takes the place of what others would carry; what is left of it comes on top of the schedule.

    ``counted`` says of assets what they deliver, whatever they are told: their target is their schedule, and the others
    make up for the difference. Who gives back goes no lower than ``lowest`` says, or 0; one of which ``least`` has with
    how much it takes power at all gets no share below that. Of one that is held or released nothing is made up for.
    ``sum of the others' targets + sum(counted) + shortfall == sum(scheduled)``, or more where nobody can give back any
    more.
    """
    owed = _owed(counted, scheduled, held, unscheduled)
    if not owed:
        return _decide(policy, scheduled, potentials, held, bounds, unscheduled)
    gap = sum(owed.values()) - sum(counted[asset_id] for asset_id in owed)
    others = {asset_id: power for asset_id, power in scheduled.items() if asset_id not in owed}
    can = {asset_id: power for asset_id, power in potentials.items() if asset_id not in owed}
    if gap > 0:  # for the policy: scheduled, and nobody there to deliver it
        others[next(iter(owed))] = gap
    their_bounds = {asset_id: own for asset_id, own in bounds.items() if asset_id not in owed}
    beside = {asset_id: power for asset_id, power in unscheduled.items() if asset_id not in owed}
    dispatch = _decide(policy, others, can, held, their_bounds, beside)
    targets = {asset_id: power for asset_id, power in dispatch.targets.items() if asset_id not in owed}
    shortfall = dispatch.shortfall
    if gap < 0 and policy.redistributes:
        surplus = -gap - min(-gap, shortfall)
        shortfall -= min(-gap, shortfall)
        _give_back(surplus, targets, others, held, _floors(targets, their_bounds, lowest), least)
    for asset_id, power in owed.items():
        targets[asset_id] = bounds[asset_id].within(power) if asset_id in bounds else power
    return Dispatch(targets=_in_order(scheduled, targets), shortfall=shortfall)


def _owed(
    counted: Mapping[AssetId, int],
    scheduled: Mapping[AssetId, int],
    held: Mapping[AssetId, int | None],
    unscheduled: Mapping[AssetId, int | None],
) -> dict[AssetId, int]:
    """What those that count as something else are to deliver: their schedule, or what holds without one."""
    owed: dict[AssetId, int] = {}
    for asset_id in counted:
        power = scheduled.get(asset_id, unscheduled.get(asset_id, 0))
        if asset_id not in held and power is not None:
            owed[asset_id] = power
    return owed


def _floors(
    targets: Mapping[AssetId, int | None], bounds: Mapping[AssetId, Bounds], lowest: Mapping[AssetId, int]
) -> dict[AssetId, int]:
    """How low each target may be brought; never above where it is."""
    floors: dict[AssetId, int] = {}
    for asset_id, target in targets.items():
        if target is not None:
            least = bounds.get(asset_id, WITHOUT_BOUNDS).lowest
            floor = lowest.get(asset_id, 0)
            floors[asset_id] = min(target, floor if least is None else max(floor, least))
    return floors


def _give_back(  # noqa: PLR0917 - as decide, whose end it is
    surplus: int,
    targets: dict[AssetId, int | None],
    scheduled: Mapping[AssetId, int],
    held: Mapping[AssetId, int | None],
    floors: Mapping[AssetId, int],
    least: Mapping[AssetId, int],
) -> None:
    """Lower the targets of the scheduled by ``surplus`` in all: first what they carry for others, then by their room.

    Each gives in proportion to what it has; the left-over units come one by one in schedule order.
    """
    carried: dict[AssetId, int] = {}
    rooms: dict[AssetId, int] = {}
    for asset_id, power in scheduled.items():
        target = targets.get(asset_id)
        if target is not None and asset_id not in held:
            rooms[asset_id] = target - floors[asset_id]
            carried[asset_id] = min(rooms[asset_id], max(0, target - max(0, power)))
    given = _shares(surplus, carried)
    left = {asset_id: room - given[asset_id] for asset_id, room in rooms.items()}
    needs = {
        asset_id: (targets[asset_id] or 0) - given[asset_id] + power
        for asset_id, power in least.items()
        if asset_id in rooms
    }
    more = _doable_shares(surplus - sum(given.values()), left, needs)
    for asset_id in rooms:
        targets[asset_id] = (targets[asset_id] or 0) - given[asset_id] - more[asset_id]


def _doable_shares(amount: int, rooms: Mapping[AssetId, int], needs: Mapping[AssetId, int]) -> dict[AssetId, int]:
    """As ``_shares``; who needs more than its share gets what it needs, or nothing where there is not as much."""
    settled: dict[AssetId, int] = {}
    while True:
        left = amount - sum(settled.values())
        shares = _shares(left, {asset_id: room for asset_id, room in rooms.items() if asset_id not in settled})
        unable = next((asset_id for asset_id, share in shares.items() if 0 < share < needs.get(asset_id, 0)), None)
        if unable is None:
            return settled | shares
        settled[unable] = needs[unable] if needs[unable] <= min(left, rooms[unable]) else 0


def _shares(amount: int, rooms: Mapping[AssetId, int]) -> dict[AssetId, int]:
    """The amount, or all the room there is, in whole units in proportion to the rooms; no share exceeds its room."""
    total = sum(rooms.values())
    if total <= amount:
        return dict(rooms)
    shares = {asset_id: amount * room // total for asset_id, room in rooms.items()}
    left_over = amount - sum(shares.values())
    for asset_id, room in rooms.items():
        if left_over and shares[asset_id] < room:
            shares[asset_id] += 1
            left_over -= 1
    return shares


def _in_order(scheduled: Mapping[AssetId, int], targets: Mapping[AssetId, int | None]) -> dict[AssetId, int | None]:
    """The targets in schedule order, then the others."""
    return {asset_id: targets[asset_id] for asset_id in dict.fromkeys([*scheduled, *targets]) if asset_id in targets}


def _decide(  # noqa: PLR0917 - as decide, whose middle it is
    policy: DispatchPolicy,
    scheduled: Mapping[AssetId, int],
    potentials: Mapping[AssetId, int],
    held: Mapping[AssetId, int | None],
    bounds: Mapping[AssetId, Bounds],
    unscheduled: Mapping[AssetId, int | None],
) -> Dispatch:
    """Decide over assets that do what they are told."""
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
