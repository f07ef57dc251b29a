"""The two things a plan has to respect: a storage with its schedule, and the limits at the point of common coupling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.series import (
    FAULTS_PER_SERIES,
    LEAST_EFFICIENCY,
    Level,
    at_each_step,
    level_faults,
    series_faults,
)

# The tolerances of the whole package, beside NEGLIGIBLE.
#
# What a solver calls feasible: HiGHS keeps rows within 1e-7 each, and a few rows make one balance.
SOLVER_TOLERANCE = 1e-5
# A hundredth of a watt beyond a limit of the PCC is a solver's rounding error, not a violation.
VIOLATION_KW = SOLVER_TOLERANCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One storage and the schedule it follows unless the plan changes it.

    Powers are at the storage's terminals (AC side), energies are what it holds. ``charge`` is positive while charging.
    ``capacity_kwh`` and ``min_kwh`` bound the stored energy after each step, ``end_min_kwh`` and ``end_max_kwh`` after
    the last one. ``stored_kwh`` holds before the first step and may lie outside its limits.
    ``ramp_kw_per_step`` bounds the change of power from one step to the next; the first step is free. ``name`` is what
    it is called in reasons.

    Raises:
        Refused: with every fault by field, where a value is not finite, negative, or contradicts another.
    """

    schedule_kw: tuple[float, ...]
    capacity_kwh: Level
    stored_kwh: float
    max_charge_kw: Level
    max_discharge_kw: Level
    min_kwh: Level = 0.0
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    end_min_kwh: float | None = None
    end_max_kwh: float | None = None
    ramp_kw_per_step: float | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        faults = series_faults("schedule_kw", self.schedule_kw)
        faults += storage_faults({name: getattr(self, name) for name in self.__slots__})
        refuse(faults)

    @property
    def is_lossless(self) -> bool:
        """Whether everything charged can be discharged again."""
        return self.charge_efficiency == 1.0 and self.discharge_efficiency == 1.0


def storage_faults(fields: Mapping[str, object]) -> list[Fault]:
    """What is wrong with those of a storage's fields that are given; a field left out is neither judged nor used."""
    faults: list[Fault] = []
    sound: dict[str, Level] = {}
    for name, least in _LEAST.items():
        level = fields.get(name)
        if isinstance(level, int | float | tuple):
            found = level_faults(name, level, least=least)
            faults += found
            if not found:
                sound[name] = level
    for name in ("charge_efficiency", "discharge_efficiency"):
        efficiency = fields.get(name)
        if isinstance(efficiency, int | float) and not LEAST_EFFICIENCY <= efficiency <= 1.0:
            words = f"must lie above 0 (at least {LEAST_EFFICIENCY:g}) and be at most 1, not {efficiency:g}"
            faults.append(Fault(field=name, message=words))
    return faults + _order_faults(sound)


_LEAST: Mapping[str, float | None] = {
    "capacity_kwh": 0.0,
    "stored_kwh": None,
    "min_kwh": 0.0,
    "max_charge_kw": 0.0,
    "max_discharge_kw": 0.0,
    "end_min_kwh": 0.0,
    "end_max_kwh": 0.0,
    "ramp_kw_per_step": 0.0,
}


def _order_faults(sound: Mapping[str, Level]) -> list[Fault]:
    """Where a lower bound of the stored energy lies above an upper one."""
    faults: list[Fault] = []
    last = {name: level[-1] if isinstance(level, tuple) else level for name, level in sound.items() if level != ()}
    if "min_kwh" in last and "capacity_kwh" in last:
        lower, upper = sound["min_kwh"], sound["capacity_kwh"]
        steps = max((len(level) for level in (lower, upper) if isinstance(level, tuple)), default=1)
        pairs = zip(at_each_step(lower, steps), at_each_step(upper, steps), strict=False)
        crossed = [(place, low, high) for place, (low, high) in enumerate(pairs) if low > high]
        for place, low, high in crossed[:FAULTS_PER_SERIES]:
            field = f"min_kwh[{place}]" if isinstance(lower, tuple) else "min_kwh"
            where = f" of step {place}" if isinstance(upper, tuple) else ""
            faults.append(Fault(field=field, message=f"must be at most the capacity{where}, {high:g} kWh, not {low:g}"))
            if not isinstance(lower, tuple):
                break
    for low_name, high_name, words in (
        ("end_min_kwh", "capacity_kwh", "must be at most the capacity, {high:g} kWh, not {low:g}"),
        ("end_min_kwh", "end_max_kwh", "must be at most end_max_kwh, {high:g} kWh, not {low:g}"),
    ):
        if low_name in last and high_name in last and last[low_name] > last[high_name]:
            faults.append(Fault(field=low_name, message=words.format(low=last[low_name], high=last[high_name])))
    if "end_max_kwh" in last and "min_kwh" in last and last["end_max_kwh"] < last["min_kwh"]:
        words = f"must be at least min_kwh, {last['min_kwh']:g} kWh, not {last['end_max_kwh']:g}"
        faults.append(Fault(field="end_max_kwh", message=words))
    return faults
