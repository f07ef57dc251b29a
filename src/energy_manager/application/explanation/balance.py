"""Who fell short at a tick and who carried it, read off the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What moved between schedule and targets, in power steps, without an asset that held the grid limits.

    Of an asset that counted as something else than its target, what it counted as is what moved. ``missing`` is by how
    much assets stayed below their schedule, ``carried`` by how much others went above theirs;
    ``sum(missing) == sum(carried) + shortfall``.
    """

    missing: Mapping[AssetId, int]
    carried: Mapping[AssetId, int]
    shortfall: int

    @classmethod
    def of(cls, tick: Tick) -> Balance:
        """The balance of a tick that was decided."""
        held = tick.held
        moved = {
            asset_id: target - power
            for asset_id, power in tick.scheduled.items()
            if asset_id not in held and (target := tick.counted.get(asset_id, tick.targets[asset_id])) is not None
        }
        return cls(
            missing={asset_id: -power for asset_id, power in moved.items() if power < 0},
            carried={asset_id: power for asset_id, power in moved.items() if power > 0},
            shortfall=tick.shortfall,
        )

    @property
    def gap(self) -> int:
        """All that was missing."""
        return sum(self.missing.values())
