"""Between W, which drivers speak, and the whole power steps of a site.

Ints are turned exactly, whatever their size. Other numbers are rounded: what an asset delivers to the nearest step, the
range that it could be told inwards, so that no power is promised that is not there.
"""

from __future__ import annotations

import math

from energy_manager.adapters.devices.driver import Measurement
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.quantities import finite, whole_steps

SNAP_TOLERANCE = 1e-6
"""A number of steps this near to a whole one is that: the rest comes from turning kW into W and back."""


def setpoint_w(target: int | None, *, watts_per_step: int) -> int | None:
    """The set-point that a target in power steps is; None = released."""
    return None if target is None else target * watts_per_step


def nearest_steps(watts: object, *, watts_per_step: int) -> int | None:
    """The whole steps nearest to so many W, exact halves away from 0; None for what is no finite number."""
    if type(watts) is int:
        magnitude = (2 * abs(watts) + watts_per_step) // (2 * watts_per_step)
        return magnitude if watts >= 0 else -magnitude
    number = finite(watts)
    if number is None:
        return None
    steps = math.floor(abs(number) / watts_per_step + 0.5)
    return steps if number >= 0.0 else -steps


def steps_at_most(watts: object, *, watts_per_step: int) -> int | None:
    """The most whole steps within so many W; None for what is no finite number."""
    if type(watts) is int:
        return watts // watts_per_step
    number = finite(watts)
    if number is None:
        return None
    steps = number / watts_per_step
    nearest = round(steps)
    return nearest if abs(steps - nearest) < SNAP_TOLERANCE else math.floor(steps)


def steps_at_least(watts: object, *, watts_per_step: int) -> int | None:
    """The fewest whole steps that reach so many W; None for what is no finite number."""
    if type(watts) is int:
        return -(-watts // watts_per_step)
    number = finite(watts)
    if number is None:
        return None
    at_most = steps_at_most(-number, watts_per_step=watts_per_step)
    return None if at_most is None else -at_most


def status_of(measurement: Measurement, *, watts_per_step: int, began_s: float) -> AssetStatus:
    """The status of an asset from a read that began at ``began_s``; the device's own stamp counts where it is older.

    Steps beyond what may be believed of any device (``whole_steps``) are missing.
    """
    stamp_s = finite(measurement.taken_at_s)
    return AssetStatus(
        taken_at_s=began_s if stamp_s is None else min(began_s, stamp_s),
        output=whole_steps(nearest_steps(measurement.power_w, watts_per_step=watts_per_step)),
        lowest=whole_steps(steps_at_least(measurement.lowest_w, watts_per_step=watts_per_step)),
        highest=whole_steps(steps_at_most(measurement.highest_w, watts_per_step=watts_per_step)),
        output_w=finite(measurement.power_w),
        stored_wh=finite(measurement.stored_wh),
    )
