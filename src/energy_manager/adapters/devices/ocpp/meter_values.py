"""What a charger's MeterValues say, in W, A, Wh and percent; pure.

Chargers differ in what they sample, in units and in phases, and some send what no device can mean: a value that is no
finite number within the bounds of what there is counts as missing, and nothing here raises.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

PHASES = ("L1", "L2", "L3")
_FACTORS = {"kW": 1000.0, "kWh": 1000.0}
_BOUNDS = {
    "Power.Active.Import": (-1e6, 1e6),
    "Current.Import": (0.0, 2000.0),
    "Voltage": (50.0, 1000.0),
    "Energy.Active.Import.Register": (0.0, 1e12),
    "SoC": (0.0, 100.0),
}
_DEFAULT_MEASURAND = "Energy.Active.Import.Register"
_NOT_OF_THE_CAR = frozenset({"Body", "Cable"})
"""Locations of sensors that do not measure what is delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was measured at one moment; None = not said. Powers are what the car takes, ``stamp`` is the charger's."""

    stamp: datetime | None = None
    power_w: float | None = None
    current_a: float | None = None
    energy_wh: float | None = None
    soc_percent: float | None = None


def samples_of(meter_values: object, *, voltage_v: float, phases: int) -> Iterator[Sample]:
    """The samples of a message, keys in snake case; ``voltage_v`` and ``phases`` count where the charger says none."""
    for entry in meter_values if isinstance(meter_values, list) else []:
        if isinstance(entry, Mapping):
            yield _sample(entry, voltage_v=voltage_v, phases=phases)


def _sample(entry: Mapping[str, object], *, voltage_v: float, phases: int) -> Sample:
    found: dict[str, dict[str, float]] = {}
    sampled = entry.get("sampled_value")
    for value in sampled if isinstance(sampled, list) else []:
        if isinstance(value, Mapping) and value.get("location") not in _NOT_OF_THE_CAR:
            _take(value, found)
    power_w = _whole(found.get("Power.Active.Import", {}))
    currents = found.get("Current.Import", {})
    if power_w is None and currents:
        power_w = _power_of(currents, found.get("Voltage", {}), voltage_v=voltage_v, phases=phases)
    return Sample(
        stamp=stamp_of(entry.get("timestamp")),
        power_w=power_w,
        current_a=max(currents.values(), default=None),
        energy_wh=_whole(found.get("Energy.Active.Import.Register", {})),
        soc_percent=_whole(found.get("SoC", {})),
    )


def _take(value: Mapping[str, object], found: dict[str, dict[str, float]]) -> None:
    measurand = value.get("measurand", _DEFAULT_MEASURAND)
    if not isinstance(measurand, str) or measurand not in _BOUNDS:
        return
    number = _number(value.get("value"))
    lowest, highest = _BOUNDS[measurand]
    if number is None:
        return
    number *= _FACTORS.get(str(value.get("unit")), 1.0)
    if lowest <= number <= highest:
        phase = str(value.get("phase") or "").removesuffix("-N")
        found.setdefault(measurand, {})[phase] = number


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _whole(by_phase: Mapping[str, float]) -> float | None:
    """The value of all phases: as it is said, else the sum of those that are there."""
    if "" in by_phase:
        return by_phase[""]
    parts = [by_phase[phase] for phase in PHASES if phase in by_phase]
    return sum(parts) if parts else None


def _power_of(
    currents: Mapping[str, float], voltages: Mapping[str, float], *, voltage_v: float, phases: int
) -> float | None:
    """The power that the currents are; without a phase it is that of each."""
    by_phase = {phase: current_a for phase, current_a in currents.items() if phase in PHASES}
    if by_phase:
        return sum(current_a * voltages.get(phase, voltage_v) for phase, current_a in by_phase.items())
    return currents[""] * voltage_v * phases if "" in currents else None


def stamp_of(text: object) -> datetime | None:
    """A charger's time, UTC where it names no zone; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        stamp = datetime.fromisoformat(text)
        return stamp.replace(tzinfo=UTC) if stamp.tzinfo is None else stamp.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
