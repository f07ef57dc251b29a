"""Several storages, each planned exactly after the others: not the best plan, but always one, and quickly."""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.peak_shaving.exact.single import cheapest_programme
from energy_manager.domain.peak_shaving.plan import Plan
from energy_manager.domain.peak_shaving.plan_check import checked_plan
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band, grid_room


def plan_in_turn(problem: PlanningProblem, *, remark: str | None = None) -> Plan:
    """Plan each storage exactly while those before it follow their plans and those after it their schedules.

    Ramps and a demand charge are not looked at. The plan is not proved and its bound says nothing.
    """
    programmes = [storage.schedule_kw for storage in problem.storages]
    bands = [
        energy_band(storage, hours=problem.hours, room=grid_room(problem, storage)) for storage in problem.storages
    ]
    planned = []
    for place, storage in enumerate(problem.storages):
        none = (0.0,) * problem.steps
        others = [sum(charges) for charges in zip(none, *programmes[:place], *programmes[place + 1 :], strict=True)]
        alone = replace(
            problem,
            load_kw=tuple(load + max(other, 0.0) for load, other in zip(problem.load_kw, others, strict=True)),
            production_kw=tuple(
                production + max(-other, 0.0) for production, other in zip(problem.production_kw, others, strict=True)
            ),
            storages=(replace(storage, ramp_kw_per_step=None),),
            minimise="energy",
            demand_charge=None,
        )
        own, _ = cheapest_programme(alone, bands[place])
        planned.append(own)
        programmes[place] = own.charge_kw
    return checked_plan(
        problem, tuple(planned), bands, method="exact", optimal=False, violation_at_least_kwh=0.0, remark=remark
    )
