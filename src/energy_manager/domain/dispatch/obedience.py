"""Told is not delivered: when an asset counts as what it measures, and no longer as what it was told.

That is so when its targets do not arrive, or when what it measures is not what it was told. A driver that knows what
its device owes judges that itself, and its word comes with the status; for all others it is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from energy_manager.domain.dispatch.asset_status import AssetStatus
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Asset, AssetKind, Assumed

REFUSALS = 3
"""So many targets in a row that did not arrive, and the asset counts as what it measures."""

DEVIATIONS = 3
"""So many good statuses in a row that are not what was told, and it does so too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obedience:
    """What is known of how one device follows: ``deviations`` good statuses in a row were not what it was told.

    ``away`` is by how many steps the last of them was not; 0 while it follows.
    """

    deviations: int = 0
    away: int = 0

    @property
    def disobeys(self) -> bool:
        """Whether it counts as what it measures."""
        return self.deviations >= DEVIATIONS

    def after(self, status: AssetStatus, told: tuple[int | None, ...], asset: Asset) -> Obedience:
        """After a good status; ``told`` are the targets (None = released) that it may have been following.

        Who was never told anything, or was released, owes nothing. A status without an output says nothing, and neither
        does one that has come half the way since the last: a device that settles (its last watts take longest) is on
        its way, and only one that does not come nearer disobeys.
        """
        if status.follows is not None:
            return OBEYS if status.follows else Obedience(deviations=DEVIATIONS)
        if not told or None in told or status.output in told:
            return OBEYS
        if status.output is None:
            return self
        targets = [target for target in told if target is not None]
        if is_followed(status, targets, asset):
            return OBEYS
        away = min(abs(status.output - target) for target in targets)
        is_settling = 2 * away <= self.away
        return Obedience(deviations=self.deviations + (not is_settling), away=away)


OBEYS = Obedience()


def is_followed(status: AssetStatus, told: Iterable[int], asset: Asset) -> bool:
    """Whether the output may be that of one of these targets, or of one between them.

    The range that a status says explains why an output is nearer to 0 than its target. A load may always take less
    than it is told.
    """
    output, targets = status.output or 0, tuple(told)
    allowed = max(asset.tolerance_of(target) for target in targets)
    is_load = asset.kind is AssetKind.LOAD
    within = [_nearest_owed(target, status, is_load=is_load) for target in targets]
    return min(*within, *targets) - allowed <= output <= max(*within, *targets) + allowed


def _nearest_owed(target: int, status: AssetStatus, *, is_load: bool) -> int:
    """The power nearest to 0 with which the target is followed."""
    if is_load:
        return 0
    if target > 0:
        return target if status.highest is None else max(0, min(target, status.highest))
    return target if status.lowest is None else min(0, max(target, status.lowest))


def counts_as(
    statuses: Mapping[AssetId, AssetStatus],
    believed: Mapping[AssetId, int],
    disobeying: AbstractSet[AssetId],
    unreachable: Mapping[AssetId, Assumed],
) -> dict[AssetId, int]:
    """What those deliver, in steps, that do not do what they are told or cannot be reached.

    ``believed`` are the assets whose status is young enough; the others cannot be reached, and count as ``unreachable``
    says. One that is not named there counts as able to deliver nothing, and is told that.
    """
    counted: dict[AssetId, int] = {}
    for asset_id in sorted(disobeying & believed.keys()):
        output = statuses[asset_id].output
        if output is not None:
            counted[asset_id] = output
    for asset_id, assumed in unreachable.items():
        if asset_id in believed or assumed == "zero":
            continue
        last = statuses[asset_id].output if asset_id in statuses else None
        power = last if assumed == "last" else assumed
        if power is not None:
            counted[asset_id] = power
    return counted


def lowest_of(statuses: Mapping[AssetId, AssetStatus], believed: Mapping[AssetId, int]) -> dict[AssetId, int]:
    """How low assets could be told to go, in steps, where that is known and not 0."""
    return {asset_id: lowest for asset_id in believed if (lowest := statuses[asset_id].lowest)}
