"""Least cost for several storages, runs and a demand charge: stages on HiGHS, between a first plan and a bound.

The linear relaxation is solved stage by stage: violation, then what is missing, then money, a row keeping what was
reached. Its prices (the duals of the balance) make a Lagrangian bound that knows least powers and runs as well. Whole
numbers rounded from it are improved move by move (``WholeMoves``). Only what is then still open is branched on, from
the best of these; whatever HiGHS finds is polished by the exact engine. The bound that is told is the best.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from energy_manager.adapters.solvers.highs_model import Floats
from energy_manager.adapters.solvers.least_cost_courses import course_of, planned_alone, whole_near, whole_of
from energy_manager.adapters.solvers.least_cost_model import Found, StagedModel
from energy_manager.adapters.solvers.least_cost_moves import WholeMoves
from energy_manager.adapters.solvers.least_cost_program import SiteProgram
from energy_manager.domain.least_cost import Plan, Site
from energy_manager.domain.least_cost.engine.courses import TIE_KWH, Total, is_better
from energy_manager.domain.least_cost.plan.costs import SiteCosts, SiteCourse, peak_kw_of, site_costs
from energy_manager.domain.least_cost.plan.finishing import UNPROVED, base_kw
from energy_manager.domain.least_cost.plan.plan import Method
from energy_manager.domain.least_cost.several.bound import lower_bound
from energy_manager.domain.least_cost.several.in_turn import course_in_turn, finished, reaches

# Kept back for making and checking the plan, as a share of the time limit and at least so long.
_RESERVE_SHARE, _LEAST_RESERVE_S = 0.15, 0.03
# A relaxation's money may be off by so much (EUR): the slack of the stages before it.
_RELAXED_EUR = 1e-5
# Steps are kept apart, and all is solved again, so often at most; at first only the steps that were not.
_ROUNDS, _ROUNDS_BY_STEP = 8, 3
# How far a charger with a least power may fall behind the relaxation before it is switched on, in parts of a step: in
# the plans that moves begin with.
_BEHIND = (0.0, 0.5, -0.3, 0.25, 1.0)
# Of the time left after the relaxation, for moves; the rest is branched on. That says nothing new of the bound before
# so many times what the relaxation took: where half of the time is not so long, moves have nearly all of it.
_MOVING_SHARE, _MOVING_SHARE_ALONE, _BRANCHING_TIMES = 0.5, 0.95, 12.0
# Of the time left, for each stage before money that whole numbers keep above the relaxation.
_HARD_SHARE = 0.5
# Of the time left in the end, to charge early.
_EARLY_SHARE = 0.5
# Violation, shortfall (kWh) and money (EUR) of plans that are equally good.
_EQUAL = 2e-6
# Money (EUR) of a course and of the program that it comes from.
_EQUAL_EUR = 1e-5
# What is closer to the bound is left to branching, which proves it; a demand charge leaves more.
_CLOSE_EUR = 0.02
# Violations and shortfalls this close to the least are equally good: a kWh of slack in one stage, which is 3e-7, can be
# worth several in the next.
_LEVEL_KWH = 2e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class HighsSitePlanner:
    """Plans any site: several storages, runs that may be moved, a demand charge; ``time_limit_s`` bounds all of it."""

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
        relaxed = model.values()
        begins = [whole_near(self.program, relaxed, behind=behind) for behind in _BEHIND]
        near = model.with_whole(begins[0]) if begins[0] else None
        self._begin_with(course_of(self.program, relaxed if near is None else near), model, is_whole=near is not None)
        self.bound = self._bound(model)
        if near is not None:
            self._branch_before_money(model)
            self._move(model, begins)
        elif not self.is_over:
            self._offer(*course_in_turn(self.site, prices=model.prices, peak_kw=self._peak_kw(self.course)))
        if not self.is_over:
            self._branch(model)
        self._charge_early(model)

    def _charge_early(self, model: StagedModel) -> None:
        """Of plans that are equally good take the one that charges earlier what only charges: a car may leave soon."""
        charges = [own.charge for own in self.program.storages if not len(own.discharge)]
        if not charges or time.perf_counter() >= self.deadline_s:
            return
        model.branch_on()
        for name in model.stages:
            model.keep(name, self._total(name))
        values = model.earliest(charges, begin=whole_of(self.program, self.course), share=_EARLY_SHARE)
        if values is None:
            return
        course = course_of(self.program, values)
        costs = self._costs_of(course)
        if self._is_possible(course) and all(
            new <= old + _EQUAL for new, old in zip(costs.total, self.costs.total, strict=True)
        ):
            self.course, self.costs = course, costs

    def _begin_with(self, first: SiteCourse, model: StagedModel, *, is_whole: bool) -> None:
        """Begin with a course; where only money is left to be gained, moves do more than the exact engine."""
        if is_whole and self._is_possible(first):
            self.course, self.costs, self.method = first, self._costs_of(first), "milp"
            if all(self._is_level(name, model) for name in self.least):
                return
            self._offer(*course_in_turn(self.site, begin=first, peak_kw=self._peak_kw(first)))
        else:
            self.course, self.costs = course_in_turn(self.site, begin=first, peak_kw=self._peak_kw(first))
        if not all(self._is_level(name, model) for name in self.least):
            alone = planned_alone(self.program, self.course)
            if alone is not None:
                self._offer(alone.course, self._costs_of(alone.course))
                self.least.update({name: alone.least[name] for name in self.least.keys() & alone.least.keys()})

    def _relaxed(self) -> StagedModel | None:
        """The relaxation; where it charges and discharges at once, that of a program in which storages have directions.

        None where the time did not suffice.
        """
        model = StagedModel(self.program, deadline_s=self.deadline_s)
        if not model.relax():
            return None
        at_once = model.storages_at_once(model.values())
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
        found = moves.improved(
            [*begins, whole_of(self.program, self.course)],
            until_s=self._moving_until_s(model),
            enough_eur=self.bound + _CLOSE_EUR,
        )
        moves.release()
        for name in hard:
            model.keep(name, model.reached[name])
        if found is None:
            return
        course = course_of(self.program, found.values)
        self._offer_real(course)
        # What is as good as the program with these whole numbers needs no exact engine.
        if self.costs.cost_eur > found.money + _EQUAL_EUR:
            self._take(course)

    def _moving_until_s(self, model: StagedModel) -> float:
        now_s = time.perf_counter()
        left_s = self.deadline_s - now_s
        is_enough = (1.0 - _MOVING_SHARE) * left_s > _BRANCHING_TIMES * model.relaxed_in_s
        return now_s + (_MOVING_SHARE if is_enough else _MOVING_SHARE_ALONE) * left_s

    def _branch_before_money(self, model: StagedModel) -> None:
        """Branch on the stages that whole numbers keep above the relaxation, before any time is spent on money."""
        hard = [name for name in model.stages if name != "money"]
        if self.is_over or all(self._total(name) <= self.least[name] + TIE_KWH for name in hard):
            return
        model.branch_on()
        for name in hard:
            found = self._improved(model, name, at_least=self.least[name], share=_HARD_SHARE)
            if found.values is not None:
                self._offer_real(course_of(self.program, found.values))
            self._learn(name, found.bound, model)
            # What is not proved is not given up either: the next stage is searched with as much of this one.
            model.keep(name, max(self._total(name), found.bound))
        for name in hard:
            model.keep(name, model.reached[name])
        model.branch_on(whole=False)

    def _improved(self, model: StagedModel, stage: str, *, at_least: float, share: float) -> Found:
        """What branching finds of a stage from the best course on."""
        begin = whole_of(self.program, self.course)
        return model.improve(stage, at_least=at_least, at_most=self._total(stage), begin=begin, share=share)

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
        return peak_kw_of(self.site, self._costs_of(course).exchange_kw)

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
        model.branch_on()
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
            found = self._improved(model, stage, at_least=bound, share=share)
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

    def _take(self, course: SiteCourse) -> None:
        """Take a course where it is better, as it is or polished by the exact engine."""
        self._offer_real(course)
        if not self.is_over:
            self._offer(*course_in_turn(self.site, begin=course, peak_kw=self._peak_kw(course)))

    def _offer_real(self, course: SiteCourse) -> None:
        """Take a course as it is where it is better, and possible."""
        if self._is_possible(course):
            self._offer(course, self._costs_of(course))

    def _is_possible(self, course: SiteCourse) -> bool:
        terms = (storage.terms for storage in self.program.storages)
        return all(own.holds(course.stored_kwh[own.storage.id], TIE_KWH) for own in terms)

    def _costs_of(self, course: SiteCourse) -> SiteCosts:
        return site_costs(self.site, self.program.exchange, base_kw(self.site), course)

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
