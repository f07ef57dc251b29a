"""The last good word of a device, and how long it may be believed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from energy_manager.domain.quantities import AssetId, finite, whole_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """What a device delivers and could deliver, in whole power steps.

    ``measured_kw`` is what a meter or a storage measures, signed: import at a meter, charging at a storage;
    ``stored_kwh`` is what a storage holds. Both are finite, or None where they are not known.
    ``read_at_s`` is the monotonic time at which the read began: a value is never younger than it claims.
    """

    output: int
    potential: int
    read_at_s: float
    measured_kw: float | None = None
    stored_kwh: float | None = None

    @classmethod
    def from_reading(
        cls,
        *,
        output: object,
        potential: object,
        read_at_s: float,
        measured_kw: object = None,
        stored_kwh: object = None,
    ) -> DeviceStatus:
        """Make a status of whatever a device said.

        In steps, what is no finite number counts as 0, and so does less than 0; a measurement that is no finite number
        is none.
        """
        return cls(
            output=max(0, whole_steps(output) or 0),
            potential=max(0, whole_steps(potential) or 0),
            read_at_s=read_at_s,
            measured_kw=finite(measured_kw),
            stored_kwh=finite(stored_kwh),
        )

    def age_s(self, now_s: float) -> float:
        """Seconds since the read began."""
        return now_s - self.read_at_s


Said = TypeVar("Said")


class OfStatuses(Mapping[AssetId, Said]):
    """Something about each of the statuses, worked out by whoever looks: the loop has other things to do."""

    __slots__ = ("_read", "_statuses")

    def __init__(self, statuses: Mapping[AssetId, DeviceStatus], read: Callable[[DeviceStatus], Said]) -> None:
        self._statuses = statuses
        self._read = read

    def __getitem__(self, asset_id: AssetId) -> Said:
        return self._read(self._statuses[asset_id])

    def __iter__(self) -> Iterator[AssetId]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)


def usable_potentials(
    statuses: Mapping[AssetId, DeviceStatus], *, now_s: float, max_age_s: float
) -> dict[AssetId, int]:
    """The potentials that are young enough to build on; an asset that is left out counts as able to deliver nothing."""
    return {asset_id: status.potential for asset_id, status in statuses.items() if status.age_s(now_s) <= max_age_s}
