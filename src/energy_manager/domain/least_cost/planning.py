"""``plan_site``: the plan that costs least, exactly for one storage, one after the other for more."""

from __future__ import annotations

from energy_manager.domain.least_cost.engine.exchange import exchange_of
from energy_manager.domain.least_cost.engine.stability import solve_stable
from energy_manager.domain.least_cost.engine.terms import storage_terms
from energy_manager.domain.least_cost.plan.costs import SiteCourse, run_load, site_costs
from energy_manager.domain.least_cost.plan.finishing import UNPROVED, Led, base_kw, finished_plan
from energy_manager.domain.least_cost.plan.plan import Plan
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.several.in_turn import plan_in_turn


def plan_site(site: Site) -> Plan:
    """The plan with the least violation, then the least shortfall, then the least cost; always one.

    One storage is planned exactly (see ``engine``), runs with one possible start are load. With several storages, runs
    that may be moved, or a demand charge, the plan is a good one with a proven bound; the solver finds
    the best.

    Raises:
        PlanCheckFailed: never, unless there is an error in here.
    """
    if needs_solver(site) is not None:
        return plan_in_turn(site)
    exchange = exchange_of(site)
    base = base_kw(site)
    starts = {run.id: run.earliest_step for run in site.runs}
    own_base = base + run_load(site, starts) if starts else base
    if not site.storages:
        course = SiteCourse(charge_kw={}, stored_kwh={}, unserved_kwh={}, starts=starts)
        costs = site_costs(site, exchange, base, course)
        return finished_plan(
            site, exchange, course, costs, {}, method="exact", lower_bound_eur=costs.cost_eur, optimal=True
        )
    (storage,) = site.storages
    terms = storage_terms(storage, exchange.hours, end_value=end_value(site, storage))
    found, kept = solve_stable(terms, exchange, own_base)
    course = SiteCourse(
        charge_kw={storage.id: found.course.charge_kw},
        stored_kwh={storage.id: found.course.stored_kwh},
        unserved_kwh={storage.id: found.course.unserved_kwh},
        starts=starts,
    )
    costs = site_costs(site, exchange, base, course)
    # The bound is that of the storage's money; what the site pays besides does not depend on the plan.
    bound = costs.cost_eur - max(found.course.total[2] - found.bound[2], 0.0)
    return finished_plan(
        site,
        exchange,
        course,
        costs,
        {storage.id: Led(terms=terms, exchange=exchange, base_kw=own_base, values=found.values)},
        method="exact",
        lower_bound_eur=bound,
        optimal=found.proved,
        kept=kept,
        remark=None if found.proved or kept else UNPROVED,
    )


def needs_solver(site: Site) -> str | None:
    """Why ``plan_site`` cannot plan this exactly and a solver should; None where it can."""
    if len(site.storages) > 1:
        return "there are several storages"
    if any(len(run.starts) > 1 for run in site.runs):
        return "runs may be moved"
    if site.demand_charge is not None and site.demand_charge.eur_per_kw > 0.0 and (site.storages or site.curtailable):
        return "there is a demand charge"
    return None
