"""A storage plan as a schedule: charges in kW become whole power steps that keep what the plan keeps."""

from __future__ import annotations

from collections.abc import Sequence

from energy_manager.domain.peak_shaving.plan import Plan
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band, grid_room
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, Source, TargetPeriod, blocks_of
from energy_manager.domain.series import at_each_step
from energy_manager.domain.storage_value import whole_charges as rounding


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
    steps = problem.steps
    planned = [
        rounding.PlannedCharges(
            charge_kw=own.charge_kw,
            stored_kwh=own.stored_kwh,
            start_kwh=float(storage.stored_kwh),
            hours=problem.hours,
            charge_efficiency=storage.charge_efficiency,
            discharge_efficiency=storage.discharge_efficiency,
            band=energy_band(storage, hours=problem.hours, room=grid_room(problem, storage)),
            most_in_kw=at_each_step(storage.max_charge_kw, steps),
            most_out_kw=at_each_step(storage.max_discharge_kw, steps),
        )
        for storage, own in zip(problem.storages, plan.storages, strict=True)
    ]
    exchange = rounding.PlannedExchange(
        import_kw=plan.pcc_import_kw,
        import_limit_kw=at_each_step(problem.pcc.import_limit_kw, steps),
        export_limit_kw=at_each_step(problem.pcc.export_limit_kw, steps),
    )
    return rounding.whole_charges(planned, exchange, steps_per_kw=steps_per_kw)
