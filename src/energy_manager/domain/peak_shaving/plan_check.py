"""Every plan is checked before it leaves, by other code than the planners'; a wrong plan is an error, no answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from energy_manager.domain.errors import PlanCheckFailed
from energy_manager.domain.peak_shaving.plan import (
    Method,
    Plan,
    StoragePlan,
    change_kwh,
    pcc_import,
    ramp_excess_kw,
    totals,
    violated_kwh,
    violations_of,
)
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band, grid_room
from energy_manager.domain.peak_shaving.reasons import limited_by
from energy_manager.domain.peak_shaving.storage import SOLVER_TOLERANCE, VIOLATION_KW, Storage
from energy_manager.domain.series import NEGLIGIBLE, Level
from energy_manager.domain.storage_value.reach import EnergyBand

Floats = npt.NDArray[np.float64]


def checked_plan(
    problem: PlanningProblem,
    storages: tuple[StoragePlan, ...],
    bands: Sequence[EnergyBand],
    *,
    method: Method,
    optimal: bool,
    violation_at_least_kwh: float,
    remark: str | None = None,
) -> Plan:
    """The plan that follows from the storages' programmes, with its violations, its cost and its reasons, checked.

    ``remark`` is one more reason, from the planner.

    Raises:
        PlanCheckFailed: where a programme breaks a limit or a balance.
    """
    imported = pcc_import(problem, totals([storage.charge_kw for storage in storages]))
    violations = violations_of(problem, imported)
    violation = violated_kwh(violations, hours=problem.hours)
    plan = Plan(
        start=problem.start,
        step_s=problem.step_s,
        first_step_s=problem.first_step_s,
        storages=storages,
        pcc_import_kw=imported,
        violations=violations,
        violation_kwh=violation,
        change_kwh=sum(
            change_kwh(storage, own.charge_kw, hours=problem.hours)
            for storage, own in zip(problem.storages, storages, strict=True)
        ),
        optimal=optimal,
        violation_at_least_kwh=min(violation_at_least_kwh, violation),
        method=method,
        limited_by=limited_by(problem, storages, bands, violations, remark=remark),
        ramp_excess_kw=max(
            ramp_excess_kw(storage, own.charge_kw) for storage, own in zip(problem.storages, storages, strict=True)
        ),
    )
    check_plan(problem, plan)
    return plan


def check_plan(problem: PlanningProblem, plan: Plan) -> None:
    """Hold a plan against the problem: lengths, powers, ramps, energies, balance, violations, change.

    Raises:
        PlanCheckFailed: listing every law that is broken.
    """
    broken: list[str] = []
    if len(plan.storages) != len(problem.storages):
        raise PlanCheckFailed([f"{len(plan.storages)} programmes for {len(problem.storages)} storages"])
    charged = np.zeros(problem.steps)
    changed = 0.0
    for place, (storage, own) in enumerate(zip(problem.storages, plan.storages, strict=True)):
        charge, stored = np.asarray(own.charge_kw, dtype=float), np.asarray(own.stored_kwh, dtype=float)
        if charge.shape != charged.shape or stored.shape != charged.shape:
            broken.append(f"storage {place}: the plan has not {problem.steps} steps")
            continue
        broken += [
            f"storage {place}: {words}"
            for words in _storage_faults(problem, storage, charge, stored, plan.ramp_excess_kw)
        ]
        charged += charge
        moved = _stored_change(storage, charge) - _stored_change(storage, np.asarray(storage.schedule_kw, dtype=float))
        changed += float(np.abs(moved) @ np.asarray(problem.hours))
    if not broken:
        broken = _pcc_faults(problem, plan, charged)
        if abs(changed - plan.change_kwh) > SOLVER_TOLERANCE * max(1.0, changed):
            broken.append(f"the change is {changed:g} kWh, not {plan.change_kwh:g} kWh")
    if broken:
        raise PlanCheckFailed(broken)


def _storage_faults(
    problem: PlanningProblem, storage: Storage, charge: Floats, stored: Floats, ramp_excess: float
) -> list[str]:
    faults = []
    start = float(storage.stored_kwh)
    least_kwh, most_kwh = _array(storage.min_kwh, charge), _array(storage.capacity_kwh, charge)
    if storage.end_min_kwh is not None:
        least_kwh[-1] = max(least_kwh[-1], storage.end_min_kwh)
    if storage.end_max_kwh is not None:
        most_kwh[-1] = min(most_kwh[-1], storage.end_max_kwh)
    tolerance = NEGLIGIBLE * max(1.0, float(most_kwh.max()), abs(start))
    if not (np.isfinite(charge).all() and np.isfinite(stored).all()):
        return ["a value is not finite"]
    if (charge > _array(storage.max_charge_kw, charge) + NEGLIGIBLE).any():
        faults.append("it charges with more than its power")
    if (-charge > _array(storage.max_discharge_kw, charge) + NEGLIGIBLE).any():
        faults.append("it discharges with more than its power")
    ramp = storage.ramp_kw_per_step
    if ramp is not None and (np.abs(np.diff(charge)) > ramp + ramp_excess + 2.0 * SOLVER_TOLERANCE).any():
        faults.append(f"its power changes by more than {ramp:g} kW from one step to the next")
    moved = _stored_change(storage, charge) * np.asarray(problem.hours)
    if (np.abs(np.diff(stored, prepend=start) - moved) > 3.0 * tolerance).any():
        faults.append("its stored energy does not follow from its power")
    if (stored < least_kwh - NEGLIGIBLE).any() or (stored > most_kwh + NEGLIGIBLE).any():
        # Outside is right only where no power could have done better.
        band = energy_band(storage, hours=problem.hours, room=grid_room(problem, storage))
        if (stored < np.asarray(band.lower) - tolerance).any() or (stored > np.asarray(band.upper) + tolerance).any():
            faults.append("its stored energy leaves its limits")
    return faults


def _pcc_faults(problem: PlanningProblem, plan: Plan, charged: Floats) -> list[str]:
    faults = []
    imported = np.asarray(plan.pcc_import_kw, dtype=float)
    expected = np.asarray(problem.load_kw, dtype=float) - np.asarray(problem.production_kw, dtype=float) + charged
    tolerance = NEGLIGIBLE * max(1.0, float(np.abs(expected).max()), float(np.abs(charged).max()))
    if imported.shape != expected.shape or (np.abs(imported - expected) > tolerance).any():
        return ["the import is not load - production + charge"]
    over = np.maximum(imported - _array(problem.pcc.import_limit_kw, charged), 0.0)
    over += np.maximum(-imported - _array(problem.pcc.export_limit_kw, charged), 0.0)
    listed = np.zeros(problem.steps)
    for violation in plan.violations:
        listed[violation.step] += violation.over_kw
    violated = float(listed @ np.asarray(problem.hours))
    if abs(violated - plan.violation_kwh) > SOLVER_TOLERANCE * max(1.0, violated):
        faults.append(f"the violation is {violated:g} kWh, not {plan.violation_kwh:g} kWh")
    if (np.abs(listed - over) > VIOLATION_KW + tolerance).any():
        faults.append("the violations listed are not those of the plan")
    return faults


def _array(level: Level, like: Floats) -> Floats:
    return np.array(np.broadcast_to(np.asarray(level, dtype=float), like.shape))


def _stored_change(storage: Storage, charge: Floats) -> Floats:
    """What the storage gains (kW), from what it takes at its terminals (kW)."""
    change: Floats = np.maximum(charge, 0.0) * storage.charge_efficiency
    return change + np.minimum(charge, 0.0) / storage.discharge_efficiency
