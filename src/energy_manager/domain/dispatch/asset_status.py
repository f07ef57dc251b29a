"""The last good word of an asset, and how long it may be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStatus:
    """What an asset delivers, could be told and holds; None = that is not known, which is never 0.

    ``output`` is signed and in whole power steps: + = it delivers, − = it takes (a meter: import is below 0);
    ``output_w`` is the same in W, as fine as it is measured. ``lowest`` and ``highest`` are the range of power, in
    steps, that it could be told now. ``stored_wh`` is what a storage holds. ``taken_at_s`` is the monotonic time of the
    measurement: that of the device's own stamp, or the begin of the read. A value is never younger than it claims.
    ``follows`` is the driver's own word on whether the device does what it was told; None = it does not judge that.
    """

    taken_at_s: float
    output: int | None = None
    lowest: int | None = None
    highest: int | None = None
    output_w: float | None = None
    stored_wh: float | None = None
    follows: bool | None = None

    @property
    def potential(self) -> int:
        """What it counts as able to deliver, in steps: nothing where that is not known, and never less than 0."""
        return max(0, self.highest or 0)

    def age_s(self, now_s: float) -> float:
        """Seconds since it was measured."""
        return now_s - self.taken_at_s


Said = TypeVar("Said")


class OfStatuses(Mapping[AssetId, Said]):
    """Something about each of the statuses, worked out by whoever looks: the loop has other things to do."""

    __slots__ = ("_read", "_statuses")

    def __init__(self, statuses: Mapping[AssetId, AssetStatus], read: Callable[[AssetStatus], Said]) -> None:
        self._statuses = statuses
        self._read = read

    def __getitem__(self, asset_id: AssetId) -> Said:
        return self._read(self._statuses[asset_id])

    def __iter__(self) -> Iterator[AssetId]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)


def usable_potentials(statuses: Mapping[AssetId, AssetStatus], *, now_s: float, max_age_s: float) -> dict[AssetId, int]:
    """The potentials that are young enough to build on; an asset that is left out counts as able to deliver nothing."""
    return {asset_id: status.potential for asset_id, status in statuses.items() if status.age_s(now_s) <= max_age_s}
