"""The last good word of a device, and how long it may be believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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


def usable_potentials(
    statuses: Mapping[AssetId, DeviceStatus], *, now_s: float, max_age_s: float
) -> dict[AssetId, int]:
    """The potentials that are young enough to build on; an asset that is left out counts as able to deliver nothing."""
    return {asset_id: status.potential for asset_id, status in statuses.items() if status.age_s(now_s) <= max_age_s}
