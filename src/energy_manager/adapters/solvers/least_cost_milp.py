"""Least cost for several storages, runs and a demand charge: stages on HiGHS, between a first plan and a bound.

The linear relaxation is solved stage by stage: violation, then what is missing, then money, a row keeping what was
reached. Its prices (the duals of the balance) make a Lagrangian bound that knows least powers and runs as well. Whole
numbers rounded from it are improved move by move (``WholeMoves``). Only what is then still open is branched on, from
the best of these; whatever HiGHS finds is polished by the exact engine. The bound that is told is the best.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from energy_manager.adapters.solvers.highs_model import Floats
from energy_manager.adapters.solvers.least_cost_model import StagedModel
from energy_manager.adapters.solvers.least_cost_moves import WholeMoves
from energy_manager.adapters.solvers.least_cost_program import SiteProgram, StorageColumns
from energy_manager.domain.least_cost import Plan, Site
from energy_manager.domain.least_cost.engine.courses import POWER_DECIMALS, TIE_KWH, Total, is_better
from energy_manager.domain.least_cost.plan.costs import SiteCosts, SiteCourse, quarter_means, site_costs
from energy_manager.domain.least_cost.plan.finishing import UNPROVED, base_kw
from energy_manager.domain.least_cost.plan.plan import Method
from energy_manager.domain.least_cost.several.bound import lower_bound
from energy_manager.domain.least_cost.several.in_turn import course_in_turn, finished, reaches

# Kept back for making and checking the plan, as a share of the time limit and at least so long.
_RESERVE_SHARE, _LEAST_RESERVE_S = 0.15, 0.03
# A relaxation's money may be off by so much (EUR): the slack of the stages before it.
_RELAXED_EUR = 1e-5
# Steps are kept apart, and all is solved again, so often at most.
_ROUNDS = 8
# Rounds in which only the steps are kept apart that were not.
_ROUNDS_BY_STEP = 3
# How far a charger with a least power may fall behind the relaxation before it is switched on, in parts of a step: in
# the plans that moves begin with.
_BEHIND = (0.0, 0.5, -0.3, 0.25, 1.0)
# Of the time left after the relaxation, for moves; then the rest is branched on.
_MOVING_SHARE = 0.8
# Of the time left, for each stage before money that whole numbers keep above the relaxation.
_HARD_SHARE = 0.5
_NO_ENERGY_KWH = 1e-6
# Violations and shortfalls this close to the least are equally good: a kWh of slack in one stage, which is 3e-7, can be
# worth several in the next.
_LEVEL_KWH = 2e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class HighsSitePlanner:
    """The port ``SitePlanner`` on HiGHS; ``time_limit_s`` bounds all of it."""

    time_limit_s: float = 2.0

    def plan(self, site: Site) -> Plan:
        """The best plan found in the time there is, checked."""
        reserve_s = max(_RESERVE_SHARE * self.time_limit_s, _LEAST_RESERVE_S)
        run = _Run(site=site, program=SiteProgram(site), deadline_s=time.perf_counter() + self.time_limit_s - reserve_s)
        run.search()
        return finished(site, run.course, run.costs, run.bounds, remark=UNPROVED, method=run.method)


@dataclass(slots=True, kw_only=True)
class _Run:
    """One site on its way to a plan: the best course so far, and what no plan can cost less than."""

    site: Site
    program: SiteProgram
    deadline_s: float
    course: SiteCourse = field(init=False)
    costs: SiteCosts = field(init=False)
    bound: float = field(init=False)
    least: dict[str, float] = field(init=False, default_factory=dict)
    """What no plan has less of, by stage before money; in one that is not there, nothing."""
    method: Method = field(init=False, default="lp")

    @property
    def is_over(self) -> bool:
        """Whether the plan is proved or the time is over."""
        return reaches(self.costs, self.bounds) or time.perf_counter() >= self.deadline_s

    @property
    def bounds(self) -> Total:
        """What no plan can be better than."""
        return self.least.get("violation", 0.0), self.least.get("missing", 0.0), self.bound

    def search(self) -> None:
        """Find a course, and improve it and the bound until they meet or the time is over."""
        model = self._relaxed()
        if model is None:
            self.method = "in turn"
            self.course, self.costs = course_in_turn(self.site)
            self.bound = lower_bound(self.site, self.course, self.costs)
            return
        self.least.update({stage: least for stage, least in model.reached.items() if stage != "money"})
        relaxed = model.relaxed_values()
        begins = [whole_near(self.program, relaxed, behind=behind) for behind in _BEHIND]
        near = model.with_whole(begins[0]) if begins[0] else None
        first = course_of(self.program, relaxed if near is None else near)
        self.course, self.costs = course_in_turn(self.site, begin=first, peak_kw=self._peak_kw(first))
        self.bound = self._bound(model)
        if near is not None:
            self._offer_real(first)
            self._branch_before_money(model)
            self._move(model, begins)
        elif not self.is_over:
            self._offer(*course_in_turn(self.site, prices=model.prices, peak_kw=self._peak_kw(self.course)))
        if not self.is_over:
            self._branch(model)

    def _relaxed(self) -> StagedModel | None:
        """The relaxation; where it charges and discharges at once, that of a program in which storages have directions.

        None where the time did not suffice.
        """
        model = StagedModel(self.program, deadline_s=self.deadline_s)
        if not model.relax():
            return None
        at_once = model.storages_at_once(model.relaxed_values())
        if not at_once:
            return model
        program = SiteProgram(self.site, directed=at_once)
        directed = StagedModel(program, deadline_s=self.deadline_s)
        if not directed.relax():
            return model
        self.program = program
        return directed

    def _move(self, model: StagedModel, begins: Sequence[Mapping[int, float]]) -> None:
        """Take the best whole numbers that moves find, with no more violation and shortfall than there is now."""
        if self.is_over:
            return
        hard = [name for name in model.reached if name != "money"]
        for name in hard:
            model.keep(name, max(self._total(name), model.reached[name]))
        moves = WholeMoves(model, self.program)
        now_s = time.perf_counter()
        values = moves.improved([*begins, self._begin()], until_s=now_s + _MOVING_SHARE * (self.deadline_s - now_s))
        moves.release()
        for name in hard:
            model.keep(name, model.reached[name])
        if values is not None:
            self._take(course_of(self.program, values))

    def _branch_before_money(self, model: StagedModel) -> None:
        """Branch on the stages that whole numbers keep above the relaxation, before any time is spent on money."""
        hard = [name for name in model.stages if name != "money"]
        if self.is_over or all(self._is_level(name, model) for name in hard):
            return
        model.branch_on(self.program.whole)
        for name in hard:
            found = model.improve(
                name, at_least=self.least[name], at_most=self._total(name), begin=self._begin(), share=_HARD_SHARE
            )
            if found.values is not None:
                self._offer_real(course_of(self.program, found.values))
            self._learn(name, found.bound, model)
            if self._total(name) > found.bound + TIE_KWH:
                break
            model.keep(name, max(self._total(name), found.bound))
        for name in hard:
            model.keep(name, model.reached[name])
        model.branch_on(self.program.whole, whole=False)

    def _is_level(self, stage: str, model: StagedModel) -> bool:
        """Whether the course has no more of a stage than the relaxation."""
        return self._total(stage) <= model.reached[stage] + TIE_KWH

    def _learn(self, stage: str, bound: float, model: StagedModel) -> None:
        """Note what no plan has less of, where the stages before are as little as they can be.

        What the relaxation says of the stages after it holds only where it has no more than the relaxation.
        """
        self.least[stage] = bound
        if bound > model.reached[stage] + TIE_KWH:
            order = [name for name in model.stages if name != "money"]
            self.least.update(dict.fromkeys(order[order.index(stage) + 1 :], 0.0))

    def _peak_kw(self, course: SiteCourse) -> float | None:
        """The peak that a course pays for, where there is a demand charge."""
        charge = self.site.demand_charge
        if charge is None:
            return None
        carried = site_costs(self.site, self.program.exchange, base_kw(self.site), course).exchange_kw
        return max(charge.paid_peak_kw, *quarter_means(self.site, np.maximum(carried, 0.0)))

    def _bound(self, model: StagedModel) -> float:
        """The better of the relaxation's money and the Lagrangian bound at its prices.

        The relaxation's holds only for plans without more violation and shortfall than it has itself.
        """
        own = lower_bound(self.site, self.course, self.costs, prices=model.prices, peak_prices=model.peak_prices)
        is_level = all(self._total(name) <= least + TIE_KWH for name, least in model.reached.items() if name != "money")
        return max(own, model.reached["money"] - _RELAXED_EUR) if is_level else own

    def _total(self, stage: str) -> float:
        return self.costs.total[("violation", "missing", "money").index(stage)]

    def _branch(self, model: StagedModel) -> None:
        """Branch stage by stage from the best course; keep apart what pays when it is not, and begin again."""
        model.branch_on(self.program.whole)
        for round_ in range(_ROUNDS):
            values = self._branched(model)
            if values is None or self.is_over:
                return
            is_apart = not model.keep_apart(values, everywhere=round_ >= _ROUNDS_BY_STEP)
            if is_apart and all(self._total(name) <= least + _LEVEL_KWH for name, least in self.least.items()):
                return

    def _branched(self, model: StagedModel) -> Floats | None:
        """One round of all stages; the values of the last one that still shows what is to be kept apart, if any did.

        A stage before money that no course reaches shows it; those after it would start from what is not possible.
        """
        values: Floats | None = None
        for stage in model.stages:
            bound = self.bound if stage == "money" else self.least[stage]
            share = 1.0 if stage == "money" else _HARD_SHARE
            found = model.improve(stage, at_least=bound, at_most=self._total(stage), begin=self._begin(), share=share)
            if found.values is not None:
                values = found.values
                self._take(course_of(self.program, values))
            if stage == "money":
                self.bound = max(self.bound, found.bound)
                continue
            if found.bound > self.least[stage] + TIE_KWH:
                self._learn(stage, found.bound, model)
            is_reached = self._total(stage) <= found.bound + TIE_KWH
            if not is_reached and found.values is not None and model.is_at_once(found.values):
                return found.values
            model.keep(stage, max(self._total(stage), found.bound))
        return values

    def _begin(self) -> dict[int, float]:
        """The best course's whole numbers, by column."""
        begin: dict[int, float] = {}
        for storage in self.program.storages:
            charge = self.course.charge_kw[storage.terms.storage.id]
            for column, step in zip(storage.switch.tolist(), storage.switch_steps.tolist(), strict=True):
                begin[column] = 1.0 if charge[step] > 0.0 else 0.0
        for own in self.program.runs:
            start = self.course.starts[own.run.id]
            begin.update(dict.fromkeys(own.starts.tolist(), 0.0))
            begin[int(own.starts[start - own.run.earliest_step])] = 1.0
        return begin

    def _take(self, course: SiteCourse) -> None:
        """Take a course where it is better, as it is or polished by the exact engine."""
        self._offer_real(course)
        if not self.is_over:
            self._offer(*course_in_turn(self.site, begin=course, peak_kw=self._peak_kw(course)))

    def _offer_real(self, course: SiteCourse) -> None:
        """Take a course as it is where it is better, and possible."""
        terms = (storage.terms for storage in self.program.storages)
        if all(own.holds(course.stored_kwh[own.storage.id], TIE_KWH) for own in terms):
            self._offer(course, site_costs(self.site, self.program.exchange, base_kw(self.site), course))

    def _offer(self, course: SiteCourse, costs: SiteCosts) -> None:
        if is_better(self._but_least(costs.total), self._but_least(self.costs.total)):
            self.course, self.costs = course, costs
            self.method = "milp" if self.program.whole else "lp"

    def _but_least(self, total: Total) -> Total:
        """A total with all that is as little as can be made equal: what is a little less used a stage's slack."""
        violation, missing, money = total
        return (
            max(violation, self.least.get("violation", 0.0) + _LEVEL_KWH),
            max(missing, self.least.get("missing", 0.0) + _LEVEL_KWH),
            money,
        )


def whole_near(program: SiteProgram, relaxed: Floats, *, behind: float) -> dict[int, float]:
    """Whole numbers near a relaxation's: runs start where most of them does, chargers run at least as much.

    A charger is on whenever what it has charged at its least power falls behind the relaxation by more than ``behind``,
    in parts of a step; where the relaxation charges and discharges at once, one of the two, so that energy keeps up.
    """
    whole: dict[int, float] = {}
    for run in program.runs:
        if len(run.starts) > 1:
            whole.update(dict.fromkeys(run.starts.tolist(), 0.0))
            whole[int(run.starts[int(np.argmax(relaxed[run.starts]))])] = 1.0
    for own in program.storages:
        whole.update(_switches_near(program, own, relaxed, behind=behind))
    return whole


def _switches_near(
    program: SiteProgram, own: StorageColumns, relaxed: Floats, *, behind: float
) -> Iterator[tuple[int, float]]:
    if not len(own.switch):
        return
    hours = program.exchange.hours
    charged = relaxed[own.charge] * hours * own.terms.into
    given = relaxed[own.discharge] * hours * own.terms.out if len(own.discharge) else np.zeros(len(charged))
    lag = 0.0
    for column, step in zip(own.switch.tolist(), own.switch_steps.tolist(), strict=True):
        least, into, out = float(own.terms.least_charge[step]), float(charged[step]), float(given[step])
        if least == 0.0 and min(into, out) <= _NO_ENERGY_KWH:
            yield column, float(into > out)
            continue
        lag += into - out
        is_on = lag > behind * (least or into) + _NO_ENERGY_KWH
        lag += -max(least, into) if is_on else out
        yield column, float(is_on)


def course_of(program: SiteProgram, values: Floats) -> SiteCourse:
    """The course that the values of the columns mean: one direction a step, least powers kept, one start a run.

    From a relaxation, a run starts where most of it does. What is best to curtail depends on a demand charge, so that
    is the solver's where there is one.
    """
    charges, energies, unserved = {}, {}, {}
    for storage in program.storages:
        name = storage.terms.storage.id
        charges[name], energies[name], unserved[name] = _storage_course(program, storage, values)
    starts = {own.run.id: own.run.earliest_step + int(np.argmax(values[own.starts])) for own in program.runs}
    curtailed = None
    if program.site.demand_charge is not None and len(program.curtailed):
        curtailed = np.clip(values[program.curtailed], 0.0, program.exchange.spare)
    return SiteCourse(
        charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, starts=starts, curtailed_kw=curtailed
    )


def _storage_course(
    program: SiteProgram, own: StorageColumns, values: Floats
) -> tuple[list[float], list[float], list[float]]:
    """Powers, energies and unserved use: each step aims at the solver's energy from the energy there really is."""
    terms, steps = own.terms, program.site.steps
    wanted = np.clip(values[own.stored], terms.band.lower, terms.band.upper).tolist()
    missed = values[own.unserved].tolist() if len(own.unserved) else [0.0] * steps
    keeps = [1.0] * steps if terms.keep is None else terms.keep.tolist()
    uses = [0.0] * steps if terms.use is None else terms.use.tolist()
    least_charge = (terms.least_charge / (terms.into * program.exchange.hours)).tolist()
    stored = float(terms.storage.stored_kwh)
    charges, energies, unserved = [], [], []
    for step, hours in enumerate(program.exchange.hours.tolist()):
        missing = min(max(missed[step], 0.0), uses[step])
        before = keeps[step] * stored - uses[step] + missing
        moved = wanted[step] - before
        charge = moved / (hours * (terms.into if moved > 0.0 else terms.out))
        charge = min(max(charge, -float(own.most_discharge_kw[step])), float(own.most_charge_kw[step]))
        if 0.0 < charge < least_charge[step]:
            charge = least_charge[step] if charge > 0.5 * least_charge[step] else 0.0
        charge = round(charge, POWER_DECIMALS) + 0.0
        stored = before + charge * hours * (terms.into if charge > 0.0 else terms.out)
        charges.append(charge)
        energies.append(stored)
        unserved.append(missing)
    return charges, energies, unserved
