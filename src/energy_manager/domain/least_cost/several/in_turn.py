"""Several assets, each planned exactly while the others do as planned: always a plan, quickly, and with a bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from energy_manager.domain.least_cost.engine.courses import TIE_KWH, Course, Total, is_better
from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats, exchange_of, market
from energy_manager.domain.least_cost.engine.following import followed
from energy_manager.domain.least_cost.engine.single import solve
from energy_manager.domain.least_cost.engine.stability import WORTH_CHANGING_EUR
from energy_manager.domain.least_cost.engine.terms import StorageTerms, storage_terms
from energy_manager.domain.least_cost.plan.costs import SiteCosts, SiteCourse, peaked, run_load, site_costs
from energy_manager.domain.least_cost.plan.finishing import base_kw, plan_of_course
from energy_manager.domain.least_cost.plan.plan import Method, Plan
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Run, Site
from energy_manager.domain.least_cost.several.bound import lower_bound
from energy_manager.domain.quantities import AssetId

IN_TURN = "the assets were planned one after the other, so a better plan may exist"
# The assets are gone through so often; more rounds hardly find anything.
ROUNDS = 3
# Peaks tried above the least one, in parts of the largest power that is whole.
_PEAK_SHARES = (0.4, 0.25, 0.6, 1.0, 0.02, 1.6)
# A bound (EUR) so close to the cost proves the plan.
PROVED_EUR = 2e-5


def plan_in_turn(site: Site) -> Plan:
    """A good plan for any site, with a proven bound.

    Heat, cars, runs and batteries are planned in this order, and again while that helps; with a demand charge so for
    several peaks that are not to be exceeded.

    Raises:
        PlanCheckFailed: never, unless there is an error in here.
    """
    peaks = peaks_to_try(site, 0.0 if site.demand_charge is None else site.demand_charge.paid_peak_kw)
    course, costs = course_in_turn(site, peak_kw=next(peaks))
    for peak in peaks:
        other = course_in_turn(site, peak_kw=peak)
        if is_better(other[1].total, costs.total):
            course, costs = other
    bound = 0.0, 0.0, lower_bound(site, course, costs)
    return finished(site, course, costs, bound, remark=IN_TURN)


def finished(
    site: Site, course: SiteCourse, costs: SiteCosts, bound: Total, *, remark: str, method: Method = "in turn"
) -> Plan:
    """The plan of a course, or the plan in force where that stays; said to be optimal where it reaches the bound."""
    own, own_costs = _kept_or(site, course, costs)
    is_kept, is_proved = own is not course, reaches(own_costs, bound)
    return plan_of_course(
        site,
        own,
        method=method,
        lower_bound_eur=bound[2],
        optimal=is_proved,
        kept=is_kept,
        remark=None if is_proved or is_kept else remark,
    )


def reaches(costs: SiteCosts, bound: Total) -> bool:
    """Whether a course is proved: it costs no more than any can, in every stage."""
    violation, missing, money = costs.total
    return violation <= bound[0] + TIE_KWH and missing <= bound[1] + TIE_KWH and money <= bound[2] + PROVED_EUR


def course_in_turn(
    site: Site, *, prices: Floats | None = None, peak_kw: float | None = None, begin: SiteCourse | None = None
) -> tuple[SiteCourse, SiteCosts]:
    """The course of ``plan_in_turn`` and what it costs.

    With ``prices`` (EUR/kWh) every asset is at first planned as if it bought and sold at them; with ``begin`` a course
    is improved; with ``peak_kw`` the import is held to that where it can be.
    """
    own = exchange_of(site)
    exchange_led = own if peak_kw is None else peaked(site, own, peak_kw)
    found = _Turns(site=site, exchange=exchange_led).course(prices=prices, begin=begin)
    return found, site_costs(site, own, base_kw(site), found)


def _kept_or(site: Site, course: SiteCourse, costs: SiteCosts) -> tuple[SiteCourse, SiteCosts]:
    """The plan in force, where all assets have one and it is less than a cent dearer; else the course."""
    if any(storage.planned_kw is None for storage in site.storages) or any(
        run.planned_start not in run.starts for run in site.runs
    ):
        return course, costs
    hours = site.hours
    charges, energies, unserved = {}, {}, {}
    for storage in site.storages:
        planned = storage.planned_kw or ()
        wanted = (*planned, *course.charge_kw[storage.id][len(planned) :])[: site.steps]
        charges[storage.id], energies[storage.id], unserved[storage.id] = followed(storage, wanted, hours)
        terms = storage_terms(storage, np.array(hours), end_value=0.0)
        if not terms.holds(energies[storage.id], TIE_KWH):
            return course, costs
    starts = {run.id: run.planned_start for run in site.runs if run.planned_start is not None}
    own = SiteCourse(charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, starts=starts)
    own_costs = site_costs(site, exchange_of(site), base_kw(site), own)
    is_kept = (
        own_costs.violation_kwh <= costs.violation_kwh + TIE_KWH
        and own_costs.shortfall_kwh <= costs.shortfall_kwh + TIE_KWH
        and own_costs.cost_eur < costs.cost_eur + WORTH_CHANGING_EUR
    )
    return (own, own_costs) if is_kept else (course, costs)


def peaks_to_try(site: Site, least_kw: float) -> Iterator[float | None]:
    """Peaks worth planning for, from the least possible one on; None where there is no demand charge.

    What is whole (a least charging power, a run) on top of the least peak decides how much higher it must be.
    """
    if site.demand_charge is None:
        yield None
        return
    whole = [float(np.max(storage.min_charge_kw)) for storage in site.storages]
    whole += [max(run.profile_kw) for run in site.runs]
    step = max([*whole, 0.5 * least_kw, 0.5])
    for share in _PEAK_SHARES:
        yield least_kw + share * step


@dataclass(slots=True, kw_only=True)
class _Turns:
    site: Site
    exchange: Exchange
    net: Floats = field(init=False)
    """The net power with everything that is planned so far."""
    courses: dict[AssetId, Course] = field(init=False, default_factory=dict)
    starts: dict[AssetId, int] = field(init=False, default_factory=dict)

    def course(self, *, prices: Floats | None, begin: SiteCourse | None) -> SiteCourse:
        self.net = base_kw(self.site)
        order = sorted(self.site.storages, key=lambda own: ("heat", "ev", "battery").index(own.kind))
        terms = [
            storage_terms(storage, self.exchange.hours, end_value=end_value(self.site, storage)) for storage in order
        ]
        if begin is not None:
            self._begin(begin)
        elif prices is not None:
            self._begin_at(prices, terms)
        for _ in range(ROUNDS):
            changed = False
            for own in terms:
                if own.storage.kind != "battery":
                    changed = self._plan_storage(own) or changed
            for run in sorted(self.site.runs, key=lambda own: -sum(own.profile_kw)):
                changed = self._place(run) or changed
            for own in terms:
                if own.storage.kind == "battery":
                    changed = self._plan_storage(own) or changed
            if not changed or len(terms) + len(self.site.runs) == 1:
                break
        courses = {storage.id: self.courses[storage.id] for storage in self.site.storages}
        return SiteCourse(
            charge_kw={name: own.charge_kw for name, own in courses.items()},
            stored_kwh={name: own.stored_kwh for name, own in courses.items()},
            unserved_kwh={name: own.unserved_kwh for name, own in courses.items()},
            starts=dict(self.starts),
            curtailed_kw=None if self.exchange.peak is None else self.exchange.curtailed(self.net),
        )

    def _begin(self, course: SiteCourse) -> None:
        """Take a course over as it is; what it costs is not known, so every asset is looked at."""
        for name, charge in course.charge_kw.items():
            self.courses[name] = Course(
                charge_kw=list(charge),
                stored_kwh=list(course.stored_kwh[name]),
                unserved_kwh=list(course.unserved_kwh[name]),
                total=(float("inf"),) * 3,
            )
            self.net = self.net + np.asarray(charge)
        self.starts.update(course.starts)
        self.net = self.net + run_load(self.site, self.starts)

    def _begin_at(self, prices: Floats, terms: list[StorageTerms]) -> None:
        """Plan every asset on its own at these prices."""
        shop = market(self.exchange.hours, prices)
        for own in terms:
            found = solve(own, shop, np.zeros(self.site.steps), work_steps=0).course
            self.courses[own.storage.id] = found
            self.net = self.net + np.asarray(found.charge_kw)
        weights = prices * self.exchange.hours
        for run in self.site.runs:
            self.starts[run.id] = min(run.starts, key=lambda start: weights @ run_load(self.site, {run.id: start}))
        self.net = self.net + run_load(self.site, self.starts)

    def _plan_storage(self, terms: StorageTerms) -> bool:
        """Plan one storage anew; whether that changed anything."""
        name = terms.storage.id
        before = self.courses.get(name)
        without = self.net if before is None else self.net - np.asarray(before.charge_kw)
        found = solve(terms, self.exchange, without, work_steps=0).course
        self.courses[name] = found
        self.net = without + np.asarray(found.charge_kw)
        return before is None or is_better(found.total, before.total)

    def _place(self, run: Run) -> bool:
        """Place one run anew where it costs least; whether that changed anything."""
        before = self.starts.get(run.id)
        without = self.net if before is None else self.net - run_load(self.site, {run.id: before})
        best: tuple[tuple[float, float, float], int] | None = None
        for start in run.starts:
            violation, money = self.exchange.totals(without + run_load(self.site, {run.id: start}))
            total = violation, 0.0, money
            if best is None or is_better(total, best[0]):
                best = total, start
        assert best is not None
        self.starts[run.id] = best[1]
        self.net = without + run_load(self.site, {run.id: best[1]})
        return before != best[1]
