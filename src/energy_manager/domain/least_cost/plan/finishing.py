"""A course of the site made into a plan: with values, bands, savings and reasons, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats, array, exchange_of
from energy_manager.domain.least_cost.engine.following import followed
from energy_manager.domain.least_cost.engine.single import root_values
from energy_manager.domain.least_cost.engine.terms import StorageTerms, storage_terms
from energy_manager.domain.least_cost.plan.costs import SiteCosts, SiteCourse, peak_kw_of, peaked, run_load, site_costs
from energy_manager.domain.least_cost.plan.plan import Method, Plan, Savings
from energy_manager.domain.least_cost.plan.plan_check import check_plan
from energy_manager.domain.least_cost.plan.reasons import limited_by
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.value.bands import Thresholds
from energy_manager.domain.least_cost.value.value_of_energy import courses_of, money_of
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import at_each_step
from energy_manager.domain.storage_value.resting_band import Band
from energy_manager.domain.storage_value.value_function import Slope, Value

UNPROVED = "the search ended before this plan was proved to be the best"
# Powers (kW) below this are the rounding of doubles.
_DUST_KW = 1e-9
# Energies (kWh) below this, over all steps, as well.
_DUST_KWH = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Led:
    """What leads a storage: its terms, the net power without it, and the value functions of its energy."""

    terms: StorageTerms
    exchange: Exchange
    base_kw: Floats
    values: Sequence[Value]


def base_kw(site: Site) -> Floats:
    """Load - production."""
    base: Floats = np.asarray(site.load_kw, dtype=float) - array(site.production_kw, site.steps)
    return base


def plan_of_course(
    site: Site,
    course: SiteCourse,
    *,
    method: Method,
    lower_bound_eur: float,
    optimal: bool,
    kept: bool = False,
    remark: str | None = None,
) -> Plan:
    """The plan of a course found elsewhere; each storage is led by its values while the others do as planned.

    Raises:
        PlanCheckFailed: where the course breaks a law.
    """
    exchange = exchange_of(site)
    base = base_kw(site)
    costs = site_costs(site, exchange, base, course)
    peak_kw = peak_kw_of(site, costs.exchange_kw)
    leading = exchange if peak_kw is None else peaked(site, exchange, peak_kw)
    everything = base + run_load(site, course.starts)
    for charge in course.charge_kw.values():
        everything = everything + np.asarray(charge)
    led = {}
    for storage in site.storages:
        terms = storage_terms(storage, exchange.hours, end_value=end_value(site, storage))
        without = everything - np.asarray(course.charge_kw[storage.id])
        led[storage.id] = Led(
            terms=terms, exchange=leading, base_kw=without, values=root_values(terms, leading, without)
        )
    return finished_plan(
        site,
        exchange,
        course,
        costs,
        led,
        method=method,
        lower_bound_eur=lower_bound_eur,
        optimal=optimal,
        kept=kept,
        remark=remark,
    )


def finished_plan(
    site: Site,
    exchange: Exchange,
    course: SiteCourse,
    costs: SiteCosts,
    led: Mapping[AssetId, Led],
    *,
    method: Method,
    lower_bound_eur: float,
    optimal: bool,
    kept: bool = False,
    remark: str | None = None,
) -> Plan:
    """The plan of a course, with its bands, values, savings and reasons, checked.

    ``led`` says what leads each storage.

    Raises:
        PlanCheckFailed: where the course breaks a law.
    """
    base = base_kw(site)
    carried = np.where(np.abs(costs.exchange_kw) < _DUST_KW, 0.0, costs.exchange_kw)
    values: dict[AssetId, tuple[float, ...]] = {}
    bands: dict[AssetId, tuple[Band, ...]] = {}
    for name, own in led.items():
        values[name], bands[name] = _values_and_bands(
            site, own, course.charge_kw[name], course.stored_kwh[name], carried
        )
    plan = Plan(
        start=site.start,
        step_s=site.step_s,
        charge_kw={name: tuple(series) for name, series in course.charge_kw.items()},
        stored_kwh={name: tuple(series) for name, series in course.stored_kwh.items()},
        unserved_kwh={name: tuple(series) for name, series in course.unserved_kwh.items()},
        import_kw=tuple(np.maximum(carried, 0.0).tolist()),
        export_kw=tuple(np.maximum(-carried, 0.0).tolist()),
        curtailed_kw=tuple(np.where(costs.curtailed_kw < _DUST_KW, 0.0, costs.curtailed_kw).tolist()),
        starts=dict(course.starts),
        violation_kwh=costs.violation_kwh,
        shortfall_kwh=costs.shortfall_kwh if costs.shortfall_kwh > _DUST_KWH else 0.0,
        cost_eur=costs.cost_eur,
        lower_bound_eur=min(lower_bound_eur, costs.cost_eur),
        optimal=optimal,
        method=method,
        limited_by=limited_by(site, exchange, course, costs, remark=remark),
        value_eur_per_kwh=values,
        band=bands,
        savings=Savings(
            doing_nothing_eur=_cost(site, exchange, base, follows_rule=False) - costs.cost_eur,
            self_consumption_eur=_cost(site, exchange, base, follows_rule=True) - costs.cost_eur,
        ),
        kept=kept,
    )
    check_plan(site, plan)
    return plan


def _cost(site: Site, exchange: Exchange, base: Floats, *, follows_rule: bool) -> float:
    """What the site would pay without a plan."""
    starts = {run.id: run.earliest_step for run in site.runs}
    net: Floats = base + run_load(site, starts) if site.runs else base
    charges, energies, unserved = {}, {}, {}
    hours = exchange.hours.tolist()
    # What charges as it comes comes first: batteries cover it as any other load.
    for storage in sorted(site.storages, key=lambda own: own.kind == "battery"):
        wanted: Sequence[float] | None = (-net).tolist() if follows_rule else None
        if storage.kind != "battery":
            wanted = at_each_step(storage.max_charge_kw, site.steps)
        charge, stored, missing = followed(storage, wanted, hours)
        charges[storage.id], energies[storage.id], unserved[storage.id] = charge, stored, missing
        if wanted is not None:
            net = net + np.asarray(charge)
    course = SiteCourse(charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, starts=starts)
    return site_costs(site, exchange, base, course).cost_eur


def _values_and_bands(
    site: Site, own: Led, charge_kw: Sequence[float], stored_kwh: Sequence[float], carried_kw: Floats
) -> tuple[tuple[float, ...], tuple[Band, ...]]:
    around = [value.around(stored) for value, stored in zip(own.values, stored_kwh, strict=True)]
    if site.scenarios:
        others = own.base_kw - base_kw(site)
        scenarios = [
            root_values(own.terms, exchange_of(site, production), load - production + others)
            for load, production in courses_of(site)
        ]
        around = [
            _mean_around([values[step] for values in scenarios], stored) for step, stored in enumerate(stored_kwh)
        ]
    planned = Thresholds.of(own.terms, own.exchange, own.base_kw).planned_band
    bands = [
        planned(step, after, last, charge_kw=charge, exchange_kw=carried)
        for step, ((after, last), charge, carried) in enumerate(
            zip(around, charge_kw, carried_kw.tolist(), strict=True)
        )
    ]
    return tuple([money_of(after, last) for after, last in around]), tuple(bands)


def _mean_around(values: Sequence[Value], stored: float) -> tuple[Slope | None, Slope | None]:
    """The plain mean of what the next kWh and the last kWh are worth in each of some value functions."""
    found = [value.around(stored) for value in values]
    return _mean_slope([after for after, _ in found]), _mean_slope([last for _, last in found])


def _mean_slope(slopes: Sequence[Slope | None]) -> Slope | None:
    known = [slope for slope in slopes if slope is not None]
    if len(known) < len(slopes):
        return None
    share = 1.0 / len(known)
    return tuple([round(sum(parts) * share, 12) for parts in zip(*known, strict=True)])
