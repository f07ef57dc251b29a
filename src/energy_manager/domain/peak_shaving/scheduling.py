"""A storage plan as a schedule: charges in kW become whole power steps that keep what the plan keeps.

The idea: in each step the charge is rounded down or up. What the storage cannot do is chosen last, then what carries
its stored energy beyond its limits, then what carries the PCC beyond its own; of two that are as good the one wins that
stays nearer to the planned energy, so that roundings do not add up over the day.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from energy_manager.domain.peak_shaving.plan import Plan, StoragePlan
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band
from energy_manager.domain.peak_shaving.storage import Storage
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, Source, TargetPeriod, blocks_of
from energy_manager.domain.series import at_each_step
from energy_manager.domain.storage_value.reach import EnergyBand

# A charge this near to a whole step is one: a milliwatt of a planner's rounding error is not worth a kilowatt.
_DUST_KW = 1e-6
# What differs by less than this, in kW or kWh, is decided by what is looked at next.
_DECIMALS = 6


def storage_schedule(
    problem: PlanningProblem, plan: Plan, *, assets: Sequence[AssetId], schedule_id: str, steps_per_kw: int
) -> Schedule:
    """The plan as targets of the storages' assets (positive = discharging), in the order of the problem's storages.

    Raises:
        Refused: the id can be none.
    """
    charges = whole_charges(problem, plan, steps_per_kw=steps_per_kw)
    pieces = [
        TargetPeriod(asset=asset, start=problem.time_of(step), end=problem.time_of(step + 1), target=-charge)
        for asset, series in zip(assets, charges, strict=True)
        for step, charge in enumerate(series)
    ]
    return Schedule(id=schedule_id, source=Source.PEAK_SHAVING, blocks=tuple(blocks_of(pieces)))


def whole_charges(problem: PlanningProblem, plan: Plan, *, steps_per_kw: int) -> tuple[tuple[int, ...], ...]:
    """Each storage's charge in whole power steps, step by step."""
    import_kw = list(plan.pcc_import_kw)
    return tuple(
        tuple(_rounded(problem, storage, own, import_kw, steps_per_kw))
        for storage, own in zip(problem.storages, plan.storages, strict=True)
    )


def _rounded(
    problem: PlanningProblem, storage: Storage, plan: StoragePlan, import_kw: list[float], steps_per_kw: int
) -> Iterator[int]:
    """One storage's charges; ``import_kw`` at the PCC is kept up to date for the storages that follow."""
    steps = problem.steps
    judge = _Judge(
        storage=storage,
        step_h=problem.step_h,
        band=energy_band(storage, steps=steps, step_h=problem.step_h),
        most_in_kw=at_each_step(storage.max_charge_kw, steps),
        most_out_kw=at_each_step(storage.max_discharge_kw, steps),
        import_limit_kw=at_each_step(problem.pcc.import_limit_kw, steps),
        export_limit_kw=at_each_step(problem.pcc.export_limit_kw, steps),
    )
    stored_kwh = float(storage.stored_kwh)
    for step, (planned_kw, wanted_kwh) in enumerate(zip(plan.charge_kw, plan.stored_kwh, strict=True)):
        others_kw = import_kw[step] - planned_kw
        candidates = [
            judge.judged(
                step,
                charge,
                charge_kw=charge / steps_per_kw,
                before_kwh=stored_kwh,
                others_kw=others_kw,
                wanted_kwh=wanted_kwh,
            )
            for charge in _neighbours(planned_kw, steps_per_kw)
        ]
        best = min(candidates, key=lambda candidate: candidate.badness)
        stored_kwh = best.stored_kwh
        import_kw[step] = others_kw + best.charge / steps_per_kw
        yield best.charge


def _neighbours(charge_kw: float, steps_per_kw: int) -> tuple[int, ...]:
    """The whole steps next to a charge, the smaller power first; but for rounding errors, a whole step is itself."""
    charge = charge_kw * steps_per_kw
    nearest = round(charge)
    if abs(charge - nearest) <= _DUST_KW * steps_per_kw:
        return (nearest,)
    toward_zero = math.trunc(charge)
    return toward_zero, toward_zero + (1 if charge > 0 else -1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A charge in whole steps, the energy stored after it, and in order of weight what speaks against it."""

    charge: int
    stored_kwh: float
    badness: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judge:
    """Weighs charges of one storage against its limits, those of the PCC, and the plan."""

    storage: Storage
    step_h: float
    band: EnergyBand
    most_in_kw: Sequence[float]
    most_out_kw: Sequence[float]
    import_limit_kw: Sequence[float]
    export_limit_kw: Sequence[float]

    def judged(
        self, step: int, charge: int, *, charge_kw: float, before_kwh: float, others_kw: float, wanted_kwh: float
    ) -> _Candidate:
        """The charge in a step that begins with ``before_kwh``, where the PCC carries ``others_kw`` without it."""
        factor = self.storage.charge_efficiency if charge_kw > 0 else 1.0 / self.storage.discharge_efficiency
        stored_kwh = before_kwh + charge_kw * factor * self.step_h
        excesses = (
            _beyond(charge_kw, -self.most_out_kw[step], self.most_in_kw[step]),
            _beyond(stored_kwh, self.band.lower[step], self.band.upper[step]),
            _beyond(others_kw + charge_kw, -self.export_limit_kw[step], self.import_limit_kw[step]),
            abs(stored_kwh - wanted_kwh),
        )
        badness = tuple(round(excess, _DECIMALS) for excess in excesses)
        return _Candidate(charge=charge, stored_kwh=stored_kwh, badness=badness)


def _beyond(value: float, lower: float, upper: float) -> float:
    return max(0.0, lower - value, value - upper)
