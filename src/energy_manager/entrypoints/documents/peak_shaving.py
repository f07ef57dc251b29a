"""The JSON of peak shaving plans."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.adapters.json_text import read_json, write_json
from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.application.peak_shaving import PlannedAnew, PlanPeakShaving
from energy_manager.application.planner_result import Planned, note_gap, run_planner
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.peak_shaving import Plan, storage_schedule
from energy_manager.domain.peak_shaving.problem import utc_text
from energy_manager.domain.peak_shaving.request import PlanningRequest, plan_document, planning_request
from energy_manager.domain.quantities import AssetId
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish, activatable


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakShavingOptions:
    """How long the solver may search, s; the exact planner needs no limit."""

    time_limit_s: float = 10.0


def plan_peak_shaving_document(text: bytes, options: PeakShavingOptions) -> Planned[bytes]:
    """Plan the storages that the request in ``text`` tells of."""

    def plan() -> bytes:
        request = planning_request(read_json(text, exact=False))
        return write_json(plan_document(request, _plan(request, options)))

    return run_planner(plan)


def activate_peak_shaving_document(text: bytes, options: PeakShavingOptions, wish: Wish) -> Planned[PlanWithSchedule]:
    """The same plan, as the schedule of the assets that the storages are."""

    def plan() -> PlanWithSchedule:
        request = planning_request(read_json(text, exact=False))
        assets = _assets(request, wish)
        found = _plan(request, options)
        schedule = storage_schedule(
            request.problem,
            found,
            assets=assets,
            schedule_id=wish.schedule_id or storage_schedule_id(*assets),
            steps_per_kw=wish.site.steps_per_kw,
        )
        return activatable(write_json(plan_document(request, found)), schedule, wish)

    return run_planner(plan)


def plan_storage_anew(text: bytes, options: PeakShavingOptions, wish: Wish) -> Planned[PlannedAnew]:
    """The plan of the site's own storage as its schedule, under the same name each time, and in a few words."""

    def plan() -> PlannedAnew:
        request = planning_request(read_json(text, exact=False))
        found = _plan(request, options)
        (asset,) = _assets(request, wish)
        schedule = storage_schedule(
            request.problem,
            found,
            assets=(asset,),
            schedule_id=storage_schedule_id(asset),
            steps_per_kw=wish.site.steps_per_kw,
        )
        return PlannedAnew(schedule=schedule, sentence=_in_words(request, found))

    return run_planner(plan)


def _in_words(request: PlanningRequest, plan: Plan) -> str:
    told = [
        f"planned until {utc_text(request.problem.time_of(request.problem.steps))}",
        f"change {plan.change_kwh:.3f} kWh",
        f"beyond the limits {plan.violation_kwh:.3f} kWh",
        *filter(None, (request.remark, plan.limited_by)),
    ]
    return "; ".join(told)


def storage_schedule_id(*assets: AssetId) -> str:
    """The usual name of storages' schedule: a new plan takes the place of the old one."""
    return f"peak_shaving:{','.join(assets)}"


def _plan(request: PlanningRequest, options: PeakShavingOptions) -> Plan:
    found = PlanPeakShaving(solver=HighsStoragePlanner(time_limit_s=options.time_limit_s))(request.problem)
    if found.optimal:
        note_gap(0.0)
    return found


def _assets(request: PlanningRequest, wish: Wish) -> tuple[AssetId, ...]:
    """Which asset each storage is: its id, or for a single one what was said beside the request, or the site's own.

    Raises:
        Refused: a storage is no asset that can be known, or two are the same.
    """
    names = request.storage_ids
    otherwise = (wish.asset or wish.site.storage) if len(names) == 1 else None
    assets = [name or otherwise for name in names]
    places = [f"storages[{place}].id" if request.has_storage_list else "storage.id" for place in range(len(names))]
    faults = [
        Fault(field=place, message="is missing: to be activated, a storage needs the name of its asset")
        for place, asset in zip(places, assets, strict=True)
        if asset is None
    ]
    faults += [
        Fault(field=places[place], message=f"{asset!r} is another storage already")
        for place, asset in enumerate(assets)
        if asset is not None and asset in assets[:place]
    ]
    if faults:
        raise Refused(faults)
    return tuple(asset for asset in assets if asset is not None)
