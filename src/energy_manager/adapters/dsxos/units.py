"""DSxOS counts in W and Wh, production at most 0, storage positive while charging; the product in kW and kWh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energy_manager.adapters.dsxos.raw_values import Faults
from energy_manager.domain.errors import Fault
from energy_manager.domain.series import Reading

WATTS_PER_KW = 1000.0

POSTED_DIGITS = 6
"""Powers are posted to the microwatt: what came as W goes back as the same W."""

LARGEST_SHARE = 100.0
"""A safe limit up to this is a share of the capacity, or a percentage; above, an energy in Wh."""


def kw(watts: float) -> float:
    """W in kW, and so Wh in kWh."""
    return watts / WATTS_PER_KW


def watts(power_kw: float) -> float:
    """KW in W, as they are posted."""
    return round(power_kw * WATTS_PER_KW, POSTED_DIGITS) + 0.0


def consumed_kw(readings_w: Sequence[Reading]) -> tuple[Reading, ...]:
    """Consumption or charge, positive on both sides: only the unit changes."""
    return tuple(
        reading if reading.value is None else replace(reading, value=kw(reading.value)) for reading in readings_w
    )


def produced_kw(readings_w: Sequence[Reading]) -> tuple[Reading, ...]:
    """Production, which the platform counts as negative and the product as positive; 0 is 0, never -0."""
    return tuple(
        reading if reading.value is None else replace(reading, value=0.0 - kw(reading.value)) for reading in readings_w
    )


def export_limit_kw(limit_w: float) -> float:
    """The PCC's export limit, which the platform counts as negative."""
    return 0.0 - kw(limit_w)


def least_kwh(safe_limit: float) -> float:
    """What the storage must not go below, on the scale of the effective charge.

    The effective charge counts from the safe limit (it is negative below it), so a limit given as a share or as a
    percentage, which is how the platform keeps it, is zero on that scale. A larger number is an energy in Wh.
    """
    return kw(safe_limit) if safe_limit > LARGEST_SHARE else 0.0


def note_wrong_signs(readings_w: Sequence[Reading], name: str, faults: Faults) -> None:
    """Production above 0 is a fault: with the sign turned, it would be a load that the plan takes for a plant."""
    wrong = [reading for reading in readings_w if reading.value is not None and reading.value > 0.0]
    if wrong:
        message = f"production is at most 0 W here, not {wrong[0].value:g} W at {wrong[0].time.isoformat()}"
        others = f" (nor in {len(wrong) - 1} more readings)" if len(wrong) > 1 else ""
        faults.found.append(Fault(field=name, message=message + others))
