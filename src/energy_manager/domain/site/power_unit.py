"""The power step of a site: dispatch counts in whole steps, so that sums are exact."""

from __future__ import annotations

from typing import Literal

PowerUnit = Literal["kW", "W"]

STEPS_PER_KW: dict[PowerUnit, int] = {"kW": 1, "W": 1000}


def watts_per_step(unit: PowerUnit) -> int:
    """The watts in a power step."""
    return 1000 // STEPS_PER_KW[unit]
