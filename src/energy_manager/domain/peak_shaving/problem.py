"""The planning problem: forecasts, limits and storages on one time grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.peak_shaving.storage import Storage
from energy_manager.domain.series import (
    MOST_STEPS,
    Level,
    at_each_step,
    grid_faults,
    series_faults,
)
from energy_manager.domain.storage_value.pcc import PccLimits
from energy_manager.domain.storage_value.reach import EnergyBand, reachable_band

Minimise = Literal["energy", "peak"]
Prefer = Literal["late", "early"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """What the grid operator asks for the highest import, in terms of change to the schedule.

    A kW of peak import above ``paid_peak_kw`` (the peak of the billing period so far) is worth ``worth_kwh_per_kw`` of
    change: the plan shaves the peak further, even inside the limits, as long as a kW costs less change than that.
    """

    paid_peak_kw: float
    worth_kwh_per_kw: float

    def __post_init__(self) -> None:
        faults = [
            Fault(field=name, message=f"must be a finite number of at least 0, not {value}")
            for name, value in (("paid_peak_kw", self.paid_peak_kw), ("worth_kwh_per_kw", self.worth_kwh_per_kw))
            if not (math.isfinite(value) and value >= 0.0)
        ]
        refuse(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningProblem:
    """Keep the PCC inside its limits with the least change to the storages' schedules.

    Import at the PCC = load - production + the storages' charge. All series have one value a step; a step lasts
    ``step_s`` seconds and the first one begins at ``start``; it lasts ``first_step_s`` where a part of it is over then.

    ``minimise`` says what comes first where the limits cannot be kept: the energy beyond them, or the largest power
    beyond them and then the energy. ``prefer`` decides between plans that are equally good: change late or early.

    Raises:
        Refused: with every fault by field.
    """

    start: datetime
    step_s: int
    load_kw: tuple[float, ...]
    production_kw: tuple[float, ...]
    pcc: PccLimits
    storages: tuple[Storage, ...]
    minimise: Minimise = "energy"
    prefer: Prefer = "late"
    demand_charge: DemandCharge | None = None
    first_step_s: float | None = None

    def __post_init__(self) -> None:
        faults = grid_faults(self.start, self.step_s)
        if self.first_step_s is not None and not 0.0 < self.first_step_s <= self.step_s:
            within = f"must lie above 0 and be at most the step, {self.step_s} s, not {self.first_step_s:g}"
            faults.append(Fault(field="first_step_s", message=within))
        faults += series_faults("load_kw", self.load_kw, least=0.0)
        faults += series_faults("production_kw", self.production_kw, least=0.0)
        faults += self._length_faults()
        if not self.storages:
            faults.append(Fault(field="storages", message="there must be at least one storage"))
        for field, value, words in (
            ("minimise", self.minimise, ("energy", "peak")),
            ("prefer", self.prefer, ("late", "early")),
        ):
            if value not in words:
                faults.append(Fault(field=field, message=f"must be one of {', '.join(words)}, not {value}"))
        refuse(faults)

    def _length_faults(self) -> list[Fault]:
        steps = len(self.load_kw)
        if not 1 <= steps <= MOST_STEPS:
            return [Fault(field="load_kw", message=f"must have 1 to {MOST_STEPS} steps, not {steps}")]
        levels: dict[str, Level] = {
            "production_kw": self.production_kw,
            "pcc.import_limit_kw": self.pcc.import_limit_kw,
            "pcc.export_limit_kw": self.pcc.export_limit_kw,
        }
        for place, storage in enumerate(self.storages):
            for name in ("schedule_kw", "capacity_kwh", "min_kwh", "max_charge_kw", "max_discharge_kw"):
                levels[f"storages[{place}].{name}"] = getattr(storage, name)
        return [
            Fault(field=field, message=f"must have {steps} values, one a step as load_kw has, not {len(level)}")
            for field, level in levels.items()
            if isinstance(level, tuple) and len(level) != steps
        ]

    @property
    def steps(self) -> int:
        """How many steps the plan has."""
        return len(self.load_kw)

    @property
    def step_h(self) -> float:
        """A whole step's length in hours: the factor from kW to kWh."""
        return self.step_s / 3600.0

    @property
    def hours(self) -> tuple[float, ...]:
        """How long each step lasts."""
        first = self.step_h if self.first_step_s is None else self.first_step_s / 3600.0
        return (first,) + (self.step_h,) * (self.steps - 1)

    @property
    def needs_solver(self) -> str | None:
        """Why ``plan_storage`` cannot plan this and a solver must; None where it can."""
        if len(self.storages) > 1:
            return "there are several storages"
        if self.minimise == "peak":
            return "the largest power beyond the limits is to be minimised"
        if self.storages[0].ramp_kw_per_step is not None:
            return "the storage's ramp is limited"
        if self.demand_charge is not None:
            return "there is a demand charge"
        return None

    def time_of(self, step: int) -> datetime:
        """When a step begins."""
        first_s = self.step_s if self.first_step_s is None else self.first_step_s
        return self.start + timedelta(seconds=0.0 if step == 0 else first_s + self.step_s * (step - 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRoom:
    """What the PCC has room for in each step, kW, while no storage does anything: further import, further export."""

    import_kw: tuple[float, ...]
    export_kw: tuple[float, ...]


def grid_room(problem: PlanningProblem, storage: Storage) -> GridRoom:
    """The room for one storage that comes back to its energy limits: its share by power among those that have to."""
    steps = problem.steps
    outside = [other for other in problem.storages if _is_outside(other, steps)]
    powers = [max(at_each_step(other.max_charge_kw, steps)) for other in outside]
    own, total = max(at_each_step(storage.max_charge_kw, steps)), sum(powers)
    share = own / total if total > 0.0 and len(outside) > 1 else 1.0
    base = [load - production for load, production in zip(problem.load_kw, problem.production_kw, strict=True)]
    most_import = at_each_step(problem.pcc.import_limit_kw, steps)
    most_export = at_each_step(problem.pcc.export_limit_kw, steps)
    return GridRoom(
        import_kw=tuple(share * max(limit - used, 0.0) for limit, used in zip(most_import, base, strict=True)),
        export_kw=tuple(share * max(limit + used, 0.0) for limit, used in zip(most_export, base, strict=True)),
    )


def _is_outside(storage: Storage, steps: int) -> bool:
    floor, ceiling = at_each_step(storage.min_kwh, steps)[0], at_each_step(storage.capacity_kwh, steps)[0]
    return not floor <= storage.stored_kwh <= ceiling


def energy_band(storage: Storage, *, hours: Sequence[float], room: GridRoom | None = None) -> EnergyBand:
    """The energies that a storage can and must keep to, those after the last step included.

    A storage that starts outside its limits comes back as fast as its power and ``room`` allow: the grid limit is the
    stronger one (None: as its power allows). ``hours`` is how long each step lasts.
    """
    steps = len(hours)
    floor = list(at_each_step(storage.min_kwh, steps))
    ceiling = list(at_each_step(storage.capacity_kwh, steps))
    if storage.end_min_kwh is not None:
        floor[-1] = max(floor[-1], storage.end_min_kwh)
    if storage.end_max_kwh is not None:
        ceiling[-1] = min(ceiling[-1], storage.end_max_kwh)
    into, out = storage.charge_efficiency, 1.0 / storage.discharge_efficiency

    def energies(powers: Sequence[float], factor: float) -> list[float]:
        return [power * factor * length for power, length in zip(powers, hours, strict=True)]

    return reachable_band(
        float(storage.stored_kwh),
        floor=floor,
        ceiling=ceiling,
        most_out=energies(at_each_step(storage.max_discharge_kw, steps), out),
        most_in=energies(at_each_step(storage.max_charge_kw, steps), into),
        recovery_in=None if room is None else energies(room.import_kw, into),
        recovery_out=None if room is None else energies(room.export_kw, out),
    )
