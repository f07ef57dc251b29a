"""What short assets cannot deliver is carried by those that can, in proportion to their potentials.

Idea: an asset is short if its potential is below its schedule. The gap that the short leave is poured onto the
others like water into vessels as wide as their potentials and as high as their headroom; a full vessel takes no more
and the rest share what it left. All in integers, so that not one step of power is lost or invented.
"""

from __future__ import annotations

from collections.abc import Mapping

from energy_manager.domain.dispatch.policy import Dispatch
from energy_manager.domain.quantities import AssetId


class ProportionalRedistribution:
    """The default policy.

    Nobody short: the schedule as it is, even where potentials would allow more. Else, over the assets scheduled at
    0 or more: ``sum(targets) == min(sum(scheduled), sum(potentials))`` and ``0 <= target <= potential``, exactly.
    Charging assets (negative schedule) keep their schedule and neither fall short nor help.
    """

    redistributes = True

    def dispatch(self, scheduled: Mapping[AssetId, int], potentials: Mapping[AssetId, int | None]) -> Dispatch:
        """Give the short what they have, and spread the gap over the headroom of the others."""
        producing = {asset_id: power for asset_id, power in scheduled.items() if power >= 0}
        capable = {asset_id: max(0, potentials.get(asset_id) or 0) for asset_id in producing}
        short = [asset_id for asset_id, power in producing.items() if capable[asset_id] < power]
        targets = dict(scheduled)
        if not short:
            return Dispatch(targets=targets, shortfall=0)
        gap = 0
        for asset_id in short:
            gap += targets[asset_id] - capable[asset_id]
            targets[asset_id] = capable[asset_id]
        shortfall = _pour(gap, targets, capable)
        return Dispatch(targets=targets, shortfall=shortfall)


def _pour(gap: int, targets: dict[AssetId, int], capable: Mapping[AssetId, int]) -> int:
    """Raise the targets that have headroom by ``gap`` in all; return what found no room.

    Each round shares the gap in proportion to the potentials by integer division and gives the left-over units one by
    one in schedule order. What a capped asset leaves is the next round's gap; a round without a cap ends it.
    """
    open_ids = [asset_id for asset_id, potential in capable.items() if targets[asset_id] < potential]
    while gap and open_ids:
        total = sum(capable[asset_id] for asset_id in open_ids)
        left_over = gap - sum(gap * capable[asset_id] // total for asset_id in open_ids)
        undelivered = 0
        still_open = []
        for place, asset_id in enumerate(open_ids):
            share = gap * capable[asset_id] // total + (place < left_over)
            headroom = capable[asset_id] - targets[asset_id]
            if share < headroom:
                targets[asset_id] += share
                still_open.append(asset_id)
            else:
                targets[asset_id] = capable[asset_id]
                undelivered += share - headroom
        gap, open_ids = undelivered, still_open
    return gap
