"""What a device could be told now, and what it delivers, from its points; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from energy_manager.adapters.devices.templated.control.values import Limits
from energy_manager.domain.site import AssetKind, Ratings

_FULL_PERCENT = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerRange:
    """The lowest and the highest power (W, + = delivers) that could be told now; None = not known."""

    lowest_w: float | None = None
    highest_w: float | None = None


def limits_of(points: Mapping[str, float | None], ratings: Ratings) -> Limits:
    """The least of what device and site file say."""
    return Limits(
        rated_w=_least(points.get("rated_w"), ratings.rated_w),
        max_charge_w=_least(points.get("max_charge_w"), ratings.max_charge_w),
        max_discharge_w=_least(points.get("max_discharge_w"), ratings.max_discharge_w),
    )


def stored_wh(points: Mapping[str, float | None], ratings: Ratings) -> float | None:
    """The energy in a storage: as it says, or its charge of its capacity."""
    stored, soc = points.get("stored_wh"), points.get("soc_percent")
    if stored is None and soc is not None and ratings.capacity_wh is not None:
        return soc * ratings.capacity_wh / 100.0
    return stored


def range_of_storage(points: Mapping[str, float | None], limits: Limits, ratings: Ratings) -> PowerRange:
    """Nothing to give at or below the reserve, nothing to take when full."""
    soc, stored = points.get("soc_percent"), stored_wh(points, ratings)
    is_empty = (soc is not None and soc <= 0) or (stored is not None and stored <= (ratings.min_wh or 0.0))
    is_full = (soc is not None and soc >= _FULL_PERCENT) or (
        stored is not None and ratings.capacity_wh is not None and stored >= ratings.capacity_wh
    )
    least = None if limits.max_charge_w is None else 0.0 - limits.max_charge_w
    return PowerRange(lowest_w=0.0 if is_full else least, highest_w=0.0 if is_empty else limits.max_discharge_w)


def range_now(
    kind: AssetKind | None,
    points: Mapping[str, float | None],
    *,
    power_w: float | None,
    unlimited_w: float | None,
    limits: Limits,
    ratings: Ratings,
) -> PowerRange:
    """The range by the kind of asset; ``unlimited_w`` is what the sun gave when nothing limited it last."""
    if kind is AssetKind.STORAGE:
        return range_of_storage(points, limits, ratings)
    if kind is AssetKind.PRODUCER:
        known = [known_w for known_w in (power_w, unlimited_w) if known_w is not None]
        return PowerRange(lowest_w=0.0, highest_w=max(known) if known else None)
    if kind is AssetKind.LOAD:
        return PowerRange(lowest_w=power_w if limits.rated_w is None else -limits.rated_w, highest_w=0.0)
    return PowerRange()


def _least(*known: float | None) -> float | None:
    values = [value for value in known if value is not None and math.isfinite(value) and value >= 0]
    return min(values) if values else None
