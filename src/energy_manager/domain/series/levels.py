"""Series and levels on a time grid: what a number, a list of numbers and a grid must be, for every job."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from energy_manager.domain.errors import Fault, faults_of

Level = float | tuple[float, ...]
"""A limit: one value that always holds, or one value a step."""

MOST_STEPS = 200_000
LONGEST_STEP_S = 86_400

# Powers (kW) and energies (kWh) closer than this are the same: sums of 100,000 doubles of a thousand kWh are off by
# about 1e-10.
NEGLIGIBLE = 1e-9
# A terawatt, a terawatt hour: beyond that a number is a mistake, and its rounding would outweigh the tolerances.
LARGEST = 1e9
# What loses more than 99.9 % stores nothing, and its numbers would outgrow the tolerances.
LEAST_EFFICIENCY = 1e-3
# A thousand not-a-numbers are one mistake; the first ones say which.
FAULTS_PER_SERIES = 100


def at_each_step(level: Level, steps: int) -> tuple[float, ...]:
    """The level at each of ``steps`` steps."""
    return level if isinstance(level, tuple) else (level,) * steps


def series_faults(field: str, values: Sequence[float], *, least: float | None = None) -> list[Fault]:
    """Every value that is not finite or below ``least``; at most FAULTS_PER_SERIES, then a count of the rest."""
    if all(map(math.isfinite, values)) and all(
        number_fault(extreme, least) is None for extreme in (min(values, default=0.0), max(values, default=0.0))
    ):
        return []
    faults = faults_of({f"{field}[{place}]": number_fault(value, least) for place, value in enumerate(values)})
    hidden = len(faults) - FAULTS_PER_SERIES
    if hidden > 0:
        faults[FAULTS_PER_SERIES:] = [Fault(field=field, message=f"{hidden} more values are at fault")]
    return faults


def level_faults(field: str, level: Level, *, least: float | None = None) -> list[Fault]:
    """As ``series_faults``, for a level."""
    if isinstance(level, tuple):
        return series_faults(field, level, least=least)
    return faults_of({field: number_fault(level, least)})


def number_fault(value: float, least: float | None) -> str | None:
    """What is wrong with a number: not finite, below ``least``, or larger than anything is; None if nothing."""
    if not math.isfinite(value):
        return f"must be a finite number, not {value}"
    if least is not None and value < least:
        return f"must be at least {least:g}, not {value:g}"
    if abs(value) > LARGEST:
        return f"must be at most {LARGEST:g} in size, not {value:g}"
    return None


def grid_faults(start: datetime, step_s: float) -> list[Fault]:
    """What is wrong with a time grid."""
    faults = step_faults(step_s)
    if start.tzinfo is None or start.utcoffset() != timedelta(0):
        faults.append(Fault(field="start", message=f"must be a time in UTC, not {start.isoformat()}"))
    return faults


def step_faults(step_s: float) -> list[Fault]:
    """What is wrong with the length of a step."""
    if not (math.isfinite(step_s) and step_s == int(step_s) and 1 <= step_s <= LONGEST_STEP_S):
        words = f"must be a whole number of seconds from 1 to {LONGEST_STEP_S}, not {step_s:g}"
        return [Fault(field="step_s", message=words)]
    return []


def utc_text(time: datetime) -> str:
    """A UTC time as people and programs write it: 2026-03-02T00:00:00Z."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
