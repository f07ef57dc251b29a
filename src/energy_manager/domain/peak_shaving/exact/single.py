"""``plan_storage``: the exact plan for one storage, without a solver."""

from __future__ import annotations

from itertools import accumulate

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.peak_shaving.exact.directions import CheapestPath, cheapest
from energy_manager.domain.peak_shaving.exact.step_costs import cost_terms
from energy_manager.domain.peak_shaving.plan import Plan, StoragePlan, limit_kinks, settled
from energy_manager.domain.peak_shaving.plan_check import checked_plan
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band, grid_room
from energy_manager.domain.storage_value.reach import EnergyBand


class NeedsSolver(EnergyManagerError):
    """The problem is beyond the exact planner; the solver plans it."""

    code = "needs_solver"


def cheapest_programme(problem: PlanningProblem, band: EnergyBand) -> tuple[StoragePlan, CheapestPath]:
    """The programme of the problem's one storage within the band, not checked, and how sure it is."""
    (storage,) = problem.storages
    found = cheapest(
        cost_terms(problem), stored_kwh=float(storage.stored_kwh), band=band, late=problem.prefer == "late"
    )
    own = settled(
        storage,
        list(accumulate(found.path, initial=float(storage.stored_kwh)))[1:],
        hours=problem.hours,
        band=band,
        kinks=limit_kinks(problem),
    )
    return own, found


def plan_storage(problem: PlanningProblem) -> Plan:
    """The plan with the least violation at the PCC and, among those, the least change to the schedule; always one.

    Exact in O(steps) by the value function (see ``value_function``). With losses, where the export limit cannot be
    kept, the problem is not convex; then directions are decided by branch and bound (see ``directions``), and where its
    budget is not enough the plan says ``optimal=False`` with a proven bound.

    Raises:
        NeedsSolver: several storages, ramps, a demand charge, or ``minimise="peak"``.
        PlanCheckFailed: never, unless there is an error in here.
    """
    reason = problem.needs_solver
    if reason is not None:
        raise NeedsSolver(f"{reason}: that needs a solver")
    (storage,) = problem.storages
    band = energy_band(storage, hours=problem.hours, room=grid_room(problem, storage))
    own, found = cheapest_programme(problem, band)
    return checked_plan(
        problem,
        (own,),
        (band,),
        method="exact",
        optimal=found.proved,
        violation_at_least_kwh=found.violation_at_least_kwh,
    )
