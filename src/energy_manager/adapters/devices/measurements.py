"""Between W, which drivers speak, and the whole power steps of a site.

Ints are turned exactly, whatever their size. Other numbers are rounded: what an asset delivers to the nearest step, the
range that it could be told inwards, so that no power is promised that is not there.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from energy_manager.adapters.devices.driver import ImplausibleReading, Measurement
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.quantities import MOST_STEPS, finite
from energy_manager.domain.site import Bounds

SNAP_TOLERANCE = 1e-6
"""A number of steps this near to a whole one is that: the rest comes from turning kW into W and back."""

_LONGEST_SAID = 40
_UNSIGNED_FROM = 2**31


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


def status_of(measurement: Measurement, *, watts_per_step: int, began_s: float, plausible: Bounds) -> AssetStatus:
    """The status of an asset from a read that began at ``began_s``; the device's own stamp counts where it is older.

    ``plausible`` are the powers, in steps, that may be believed of it.

    Raises:
        ImplausibleReading: a value is no finite number, or a power is beyond those: all of it is missing then.
    """
    stamp_s = None if measurement.taken_at_s is None else finite(measurement.taken_at_s)
    return AssetStatus(
        taken_at_s=began_s if stamp_s is None else min(began_s, stamp_s),
        output=_believed("power_w", measurement.power_w, nearest_steps, watts_per_step, plausible),
        lowest=_believed("lowest_w", measurement.lowest_w, steps_at_least, watts_per_step, plausible),
        highest=_believed("highest_w", measurement.highest_w, steps_at_most, watts_per_step, plausible),
        output_w=finite(measurement.power_w),
        stored_wh=_finite_or_missing("stored_wh", measurement.stored_wh),
        follows=measurement.follows,
    )


class _ToSteps(Protocol):
    def __call__(self, watts: object, *, watts_per_step: int) -> int | None: ...


def _believed(name: str, watts: Any, to_steps: _ToSteps, watts_per_step: int, plausible: Bounds) -> int | None:  # noqa: ANN401 - whatever a device says
    if watts is None:
        return None
    steps = to_steps(watts, watts_per_step=watts_per_step)
    if steps is None or not -MOST_STEPS <= steps <= MOST_STEPS:
        raise ImplausibleReading(f"{name} is {shortened(watts)}, which is no power")
    lowest, highest = plausible.lowest, plausible.highest
    if (lowest is not None and steps < lowest) or (highest is not None and steps > highest):
        beyond = f"beyond the {_watts(lowest, watts_per_step)} to {_watts(highest, watts_per_step)} W"
        raise ImplausibleReading(f"{name} is {shortened(watts)}, {beyond} that are plausible of it")
    is_small = steps < _UNSIGNED_FROM and watts < _UNSIGNED_FROM
    if not is_small and highest is None and _has_lost_its_sign(steps, watts):
        raise ImplausibleReading(f"{name} is {shortened(watts)}, a negative number that was read without its sign")
    return steps


def _watts(steps: int | None, watts_per_step: int) -> str:
    return "any" if steps is None else f"{steps * watts_per_step:,}"


def _has_lost_its_sign(steps: int, watts: Any) -> bool:  # noqa: ANN401 - any kind of number
    """Whether it is what a negative number of 32 bits reads as without its sign: no power that unrated assets have."""
    return bool(_UNSIGNED_FROM <= steps < 2 * _UNSIGNED_FROM or _UNSIGNED_FROM <= watts < 2 * _UNSIGNED_FROM)


def _finite_or_missing(name: str, value: object) -> float | None:
    number = None if value is None else finite(value)
    if number is None and value is not None:
        raise ImplausibleReading(f"{name} is {shortened(value)}, which is no energy")
    return number


def shortened(value: object) -> str:
    """What a device said, for a sentence; it may be of any type and size."""
    try:
        said = f"{value:,}" if type(value) is int else repr(value)
    except Exception:  # noqa: BLE001 - a foreign value may fail in its own way, and a great int has no text at all
        said = f"a value of type {type(value).__name__}"
    return said if len(said) <= _LONGEST_SAID else f"{said[:_LONGEST_SAID]}…"
