"""Which assets are under control, and which of them are to be released when control ends.

An asset is under control from the moment it is told a power until its device has taken that it is released. At the end
of a run those are released that then run by themselves; the others keep their last target by choice, and are under
control still: when they leave the site file, nothing else would ever let go of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The newest target that a device has taken (None = it was released), and the grid point it belongs to."""

    target: int | None
    due_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderControl:
    """The assets under control, and the grid point (s) at which each was last told a power.

    Of an asset that was under control before this run no grid point is known: it is the begin of time.
    """

    told_s: Mapping[AssetId, float]

    @property
    def assets(self) -> AbstractSet[AssetId]:
        """Who they are."""
        return self.told_s.keys()

    def after_telling(self, targets: Mapping[AssetId, int | None], *, due_s: float) -> UnderControl:
        """After these targets were sent: who is told a power is under control."""
        told = {asset_id: due_s for asset_id, target in targets.items() if target is not None}
        return replace(self, told_s={**self.told_s, **told}) if told else self

    def after_taking(self, taken: Mapping[AssetId, Taken]) -> UnderControl:
        """After the devices have taken these targets: who was released later than it was told a power has left."""
        left = {asset_id for asset_id, told_s in self.told_s.items() if _is_released(taken.get(asset_id), told_s)}
        if not left:
            return self
        return replace(self, told_s={asset_id: s for asset_id, s in self.told_s.items() if asset_id not in left})


NOBODY = UnderControl(told_s={})


def _is_released(taken: Taken | None, told_s: float) -> bool:
    return taken is not None and taken.target is None and taken.due_s > told_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Controlled:
    """On record: an asset that was under control, how its device is reached, whether it runs by itself at the end."""

    asset_id: AssetId
    reach: Mapping[str, object]
    runs_by_itself: bool


def left_behind(
    kept: tuple[Controlled, ...], configured: Mapping[AssetId, Mapping[str, object]]
) -> tuple[Controlled, ...]:
    """What the record says was under control and the site file no longer reaches: it is to be released by the record.

    An asset that has left the site file is, and one that runs by itself and whose device is reached in another way now:
    nothing else would ever release the device at the old place.
    """
    return tuple(
        entry
        for entry in kept
        if entry.asset_id not in configured or (entry.runs_by_itself and configured[entry.asset_id] != entry.reach)
    )
