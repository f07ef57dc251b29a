"""The plan: what the storages are told, what the PCC then carries, and what could not be kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import mul
from typing import Literal

import numpy as np

from energy_manager.domain.peak_shaving.problem import PlanningProblem
from energy_manager.domain.peak_shaving.storage import SOLVER_TOLERANCE, VIOLATION_KW, Storage
from energy_manager.domain.series import NEGLIGIBLE, at_each_step
from energy_manager.domain.storage_value.reach import EnergyBand

Method = Literal["exact", "lp"]
Side = Literal["import", "export"]

# Decimals of a kW: a hundredth of a watt, as much as a violation needs to be one.
_DECIMALS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A step in which the PCC carries more than it may: ``over_kw`` beyond the import or the export limit."""

    step: int
    time: datetime
    over_kw: float
    limit: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePlan:
    """One storage's programme: charge (kW, positive while charging) in and stored energy (kWh) after each step."""

    charge_kw: tuple[float, ...]
    stored_kwh: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The best plan found.

    ``change_kwh`` is the sum of the changes to the schedules, measured in stored energy. ``optimal`` says that no plan
    has less violation (nor, with the same violation, less change); where it is false, no plan at all has less violation
    than ``violation_at_least_kwh``. ``limited_by`` says in plain words what the plan could not do, None if nothing.
    """

    start: datetime
    step_s: int
    first_step_s: float | None = None
    storages: tuple[StoragePlan, ...]
    pcc_import_kw: tuple[float, ...]
    violations: tuple[Violation, ...]
    violation_kwh: float
    change_kwh: float
    optimal: bool
    violation_at_least_kwh: float
    method: Method
    limited_by: str | None
    ramp_excess_kw: float = 0.0
    """By how much a storage's power changes faster than its ramp allows, where that cannot be helped."""

    @property
    def charge_kw(self) -> tuple[float, ...]:
        """What all storages charge together in each step."""
        return totals([storage.charge_kw for storage in self.storages])

    @property
    def stored_kwh(self) -> tuple[float, ...]:
        """What all storages hold together after each step."""
        return totals([storage.stored_kwh for storage in self.storages])

    @property
    def largest_violation_kw(self) -> float:
        """The largest power beyond a limit."""
        return max((violation.over_kw for violation in self.violations), default=0.0)


def totals(series: Sequence[tuple[float, ...]]) -> tuple[float, ...]:
    """The sum of several series, step by step; exact for one."""
    return series[0] if len(series) == 1 else tuple(map(math.fsum, zip(*series, strict=True)))


def limit_kinks(problem: PlanningProblem) -> tuple[list[float], ...]:
    """The charging powers (kW a step) at which one storage brings the PCC exactly to its limits; none for several."""
    if len(problem.storages) > 1:
        return ()
    base = np.asarray(problem.load_kw, dtype=float) - np.asarray(problem.production_kw, dtype=float)
    to_import_limit = np.asarray(problem.pcc.import_limit_kw, dtype=float) - base
    to_export_limit = -np.asarray(problem.pcc.export_limit_kw, dtype=float) - base
    return to_import_limit.tolist(), to_export_limit.tolist()


def settled(
    storage: Storage,
    wanted_kwh: Sequence[float],
    *,
    hours: Sequence[float],
    band: EnergyBand,
    kinks: Sequence[Sequence[float]],
    snap_tolerance_kw: float = NEGLIGIBLE,
) -> StoragePlan:
    """Turn the energies a planner wants after each step into powers that keep every limit exactly.

    A planner's arithmetic leaves rounding errors: 1e-12 kW, a solver's up to ``snap_tolerance_kw``. Each step aims at
    the wanted energy from the energy that the powers so far really lead to, so these errors never add up; a power
    within tolerance of the schedule, zero, its bounds, one of ``kinks`` (series of powers in kW at which something
    changes), or a whole hundredth of a watt is exactly that, where the limits of the energy allow it.
    """
    steps = len(wanted_kwh)
    into = [storage.charge_efficiency * length for length in hours]
    out = [length / storage.discharge_efficiency for length in hours]
    most_in, most_out = at_each_step(storage.max_charge_kw, steps), at_each_step(storage.max_discharge_kw, steps)
    charges, energies = [], []
    stored = float(storage.stored_kwh)
    for wanted, charge_factor, discharge_factor, lower, upper, scheduled, fastest, slowest, *others in zip(
        wanted_kwh,
        into,
        out,
        *_viable(band, list(map(mul, most_in, into)), list(map(mul, most_out, out))),
        storage.schedule_kw,
        most_in,
        most_out,
        *kinks,
        strict=True,
    ):
        moved = min(max(wanted, lower), upper) - stored
        charge = moved / (charge_factor if moved > 0.0 else discharge_factor)
        for exact in (scheduled, 0.0, *others, fastest, -slowest, round(charge, _DECIMALS)):
            if -snap_tolerance_kw < charge - exact < snap_tolerance_kw:
                after = stored + exact * (charge_factor if exact > 0.0 else discharge_factor)
                if lower - NEGLIGIBLE < after < upper + NEGLIGIBLE:
                    charge = exact
                    break
        charge = min(max(charge, -slowest), fastest) + 0.0  # + 0.0 makes a negative zero an ordinary one
        stored += charge * (charge_factor if charge > 0.0 else discharge_factor)
        charges.append(charge)
        energies.append(min(max(stored, lower), upper) if lower - NEGLIGIBLE < stored < upper + NEGLIGIBLE else stored)
    return StoragePlan(charge_kw=tuple(charges), stored_kwh=tuple(energies))


def _viable(band: EnergyBand, gains: Sequence[float], losses: Sequence[float]) -> tuple[list[float], list[float]]:
    """The part of the band from which the rest of the band can be kept with the power there is (kWh a step)."""
    lower, upper = list(band.lower), list(band.upper)
    for step in range(len(lower) - 2, -1, -1):
        lower[step] = max(lower[step], lower[step + 1] - gains[step + 1])
        upper[step] = max(min(upper[step], upper[step + 1] + losses[step + 1]), lower[step])
    return lower, upper


def change_kwh(storage: Storage, charge_kw: Sequence[float], *, hours: Sequence[float]) -> float:
    """The change to a storage's schedule, in kWh of stored energy; ``hours`` is how long each step lasts."""
    into, out = storage.charge_efficiency, 1.0 / storage.discharge_efficiency
    return math.fsum(
        abs(own * (into if own > 0.0 else out) - was * (into if was > 0.0 else out)) * length
        for own, was, length in zip(charge_kw, storage.schedule_kw, hours, strict=True)
    )


def ramp_excess_kw(storage: Storage, charge_kw: Sequence[float]) -> float:
    """By how much the power changes faster than the storage's ramp, at most; 0 within what a solver calls kept."""
    if storage.ramp_kw_per_step is None:
        return 0.0
    fastest = max((abs(after - before) for before, after in pairwise(charge_kw)), default=0.0)
    excess = fastest - storage.ramp_kw_per_step
    return excess if excess > SOLVER_TOLERANCE else 0.0


def pcc_import(problem: PlanningProblem, charge_kw: Sequence[float]) -> tuple[float, ...]:
    """What the PCC imports in each step while the storages charge ``charge_kw`` together."""
    return tuple(
        load - production + charge
        for load, production, charge in zip(problem.load_kw, problem.production_kw, charge_kw, strict=True)
    )


def violations_of(problem: PlanningProblem, pcc_import_kw: Sequence[float]) -> tuple[Violation, ...]:
    """Every step in which the PCC is beyond one of its limits."""
    found: list[Violation] = []
    steps = problem.steps
    limits = zip(
        pcc_import_kw,
        at_each_step(problem.pcc.import_limit_kw, steps),
        at_each_step(problem.pcc.export_limit_kw, steps),
        strict=True,
    )
    for step, (carried, import_limit, export_limit) in enumerate(limits):
        if carried - import_limit > VIOLATION_KW:
            side: Side = "import"
            over = carried - import_limit
        elif -carried - export_limit > VIOLATION_KW:
            side, over = "export", -carried - export_limit
        else:
            continue
        found.append(Violation(step=step, time=problem.time_of(step), over_kw=over, limit=side))
    return tuple(found)


def violated_kwh(violations: Sequence[Violation], *, hours: Sequence[float]) -> float:
    """The energy beyond the limits; ``hours`` is how long each step lasts."""
    return math.fsum(violation.over_kw * hours[violation.step] for violation in violations)
