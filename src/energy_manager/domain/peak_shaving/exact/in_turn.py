"""Several storages, each planned exactly around the others: not the best plan, but always one, and quickly.

A round plans each storage while the others follow their programmes of the moment, which can only get better. A demand
charge is met by planning below a cap on the import: what cap is worth it is found by golden section, since the least
change is convex in the cap (it is the value of a linear programme in its right-hand side).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import sqrt

from energy_manager.domain.peak_shaving.exact.single import cheapest_programme
from energy_manager.domain.peak_shaving.plan import Plan, StoragePlan
from energy_manager.domain.peak_shaving.plan_check import checked_plan
from energy_manager.domain.peak_shaving.problem import PlanningProblem, energy_band, grid_room
from energy_manager.domain.series import at_each_step
from energy_manager.domain.storage_value.pcc import PccLimits
from energy_manager.domain.storage_value.reach import EnergyBand

# Measured on random days with losses: more rounds gain less than 0.1 %.
ROUNDS = 2
# The cap is found to 1/2000 of what is between the highest import and the peak that is paid for already.
CAPS_TRIED = 16
# Violations (kWh) this close are the same: what two ways to plan differ by.
_SAME_KWH = 1e-6


def plan_in_turn(
    problem: PlanningProblem,
    *,
    begin: Plan | None = None,
    remark: str | None = None,
    is_over: Callable[[], bool] = lambda: False,
) -> Plan:
    """The plan that rounds lead to from the schedules, or from ``begin``.

    Ramps are not looked at, and the least largest violation is not aimed at. The plan is not proved; the violation of
    one storage alone is, the bound of several says nothing unless ``begin`` has one. No further cap is tried once
    ``is_over``.
    """
    bands = [
        energy_band(storage, hours=problem.hours, room=grid_room(problem, storage)) for storage in problem.storages
    ]
    plan = _plan(problem, _rounds(problem, bands, begin), bands, begin=begin, remark=remark)
    if problem.demand_charge is None or max(plan.pcc_import_kw) <= problem.demand_charge.paid_peak_kw:
        return plan
    return _capped(problem, bands, plan, remark=remark, is_over=is_over)


def demand_cost_kwh(problem: PlanningProblem, plan: Plan) -> float:
    """The change and what the peak is worth in it."""
    charge = problem.demand_charge
    if charge is None:
        return plan.change_kwh
    beyond_kw = max(0.0, max(plan.pcc_import_kw) - charge.paid_peak_kw)
    return plan.change_kwh + charge.worth_kwh_per_kw * beyond_kw


def _capped(
    problem: PlanningProblem,
    bands: Sequence[EnergyBand],
    plan: Plan,
    *,
    remark: str | None,
    is_over: Callable[[], bool],
) -> Plan:
    """The best of ``plan`` and of plans below caps on the import."""
    assert problem.demand_charge is not None
    low, high = problem.demand_charge.paid_peak_kw, max(plan.pcc_import_kw)
    best = plan

    def cost(cap_kw: float) -> tuple[float, float]:
        nonlocal best
        limits = [min(limit, cap_kw) for limit in at_each_step(problem.pcc.import_limit_kw, problem.steps)]
        pcc = PccLimits(import_limit_kw=tuple(limits), export_limit_kw=problem.pcc.export_limit_kw)
        capped = replace(problem, pcc=pcc)
        own = _rounds(capped, bands, None)
        found = _plan(problem, own, bands, begin=plan, remark=remark)
        if _cost(problem, found) < _cost(problem, best):
            best = found
        # Beyond the cap: as long as there is any, the cap is too low.
        beyond_kwh = _plan(capped, own, bands, begin=None, remark=None).violation_kwh
        return round(beyond_kwh / _SAME_KWH) * _SAME_KWH, demand_cost_kwh(problem, found)

    share = (sqrt(5.0) - 1.0) / 2.0
    left, right = high - share * (high - low), low + share * (high - low)
    left_cost, right_cost = cost(left), cost(right)
    for _ in range(CAPS_TRIED - 2):
        if is_over():
            break
        if left_cost < right_cost:
            high, right, right_cost = right, left, left_cost
            left = high - share * (high - low)
            left_cost = cost(left)
        else:
            low, left, left_cost = left, right, right_cost
            right = low + share * (high - low)
            right_cost = cost(right)
    return best


def _rounds(problem: PlanningProblem, bands: Sequence[EnergyBand], begin: Plan | None) -> tuple[StoragePlan, ...]:
    """Every storage planned around the others, again and again while that changes anything."""
    charges = [storage.schedule_kw for storage in problem.storages]
    if begin is not None:
        charges = [own.charge_kw for own in begin.storages]
    planned: list[StoragePlan] = []
    for _ in range(ROUNDS if len(charges) > 1 else 1):
        before = list(charges)
        planned = []
        for place in range(len(charges)):
            own = _around_others(problem, place, bands[place], charges)
            planned.append(own)
            charges[place] = own.charge_kw
        if charges == before:
            break
    return tuple(planned)


def _around_others(
    problem: PlanningProblem, place: int, band: EnergyBand, charges: Sequence[tuple[float, ...]]
) -> StoragePlan:
    """One storage's programme while the others charge what they do."""
    none = (0.0,) * problem.steps
    others = [sum(powers) for powers in zip(none, *charges[:place], *charges[place + 1 :], strict=True)]
    alone = replace(
        problem,
        load_kw=tuple(load + max(other, 0.0) for load, other in zip(problem.load_kw, others, strict=True)),
        production_kw=tuple(
            production + max(-other, 0.0) for production, other in zip(problem.production_kw, others, strict=True)
        ),
        storages=(replace(problem.storages[place], ramp_kw_per_step=None),),
        minimise="energy",
        demand_charge=None,
    )
    own, _ = cheapest_programme(alone, band)
    return own


def _plan(
    problem: PlanningProblem,
    own: tuple[StoragePlan, ...],
    bands: Sequence[EnergyBand],
    *,
    begin: Plan | None,
    remark: str | None,
) -> Plan:
    at_least_kwh = 0.0 if begin is None else begin.violation_at_least_kwh
    return checked_plan(
        problem, own, bands, method="exact", optimal=False, violation_at_least_kwh=at_least_kwh, remark=remark
    )


def _cost(problem: PlanningProblem, plan: Plan) -> tuple[float, float]:
    return round(plan.violation_kwh / _SAME_KWH) * _SAME_KWH, demand_cost_kwh(problem, plan)
