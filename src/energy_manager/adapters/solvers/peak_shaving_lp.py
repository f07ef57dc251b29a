"""Peak shaving for several storages, ramps, a demand charge or the least largest violation: a staged LP on HiGHS.

The costs are lexicographic. Each stage minimises one of them, a row keeps what was reached, and the next stage goes on
from the same basis: the power beyond ramps (only where ramps cannot be kept at all), the largest violation (only for
``minimise="peak"``), the violation, the change with the demand charge, and when the change is, so that ties are decided
on purpose.

The programme is a relaxation (see ``peak_shaving_programme``). Where it lets a storage gain from losing energy, its
plan truly costs more than the programme says; then the steps in question get a binary and all is solved again. A plan
that costs what the relaxation says is proved to be the best.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from energy_manager.adapters.solvers.highs_model import (
    MIXED_SLACK,
    MOST_SLACK,
    STAGE_SLACK,
    Floats,
    HighsModel,
    NoSolution,
)
from energy_manager.adapters.solvers.peak_shaving_program import PeakShavingProgram, ProgramStage
from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.peak_shaving import Plan, PlanningProblem, checked_plan, demand_cost_kwh, plan_in_turn
from energy_manager.domain.peak_shaving.plan import limit_kinks, settled
from energy_manager.domain.peak_shaving.storage import SOLVER_TOLERANCE

# A kWh of violation outweighs this many kWh of change; more than it can cost to avoid one on any usual day.
_HEAVY = 1000.0
# Powers so close to one that means something are that one: what the solver's slack explains, and far less than
# SOLVER_TOLERANCE, by which two of them in a row may miss a ramp.
_HAIR_KW = 1.5 * MIXED_SLACK
_UNFINISHED = "the solver ended before this plan was proved to be the best"
_IN_TURN = "the solver ended without a plan: the storages are planned one after the other"
_CAPPED = "the solver ended without a plan: this is the best of plans below several peaks"
# What planning in turn takes of the time for each step of a plan with a demand charge; measured: 0.12 ms.
_CAPPED_S_PER_STEP = 0.00015
_CHARGE_LEFT_OUT = "the solver ended without a plan that minds the demand charge: this one leaves it out of account"
# What a plan with ramps and without the demand charge takes for each step; measured: 0.15 ms.
_RAMPED_S_PER_STEP = 0.0004
# What planning one storage with losses takes at most, in all rounds; measured: half a second each.
_LOSSY_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HighsStoragePlanner:
    """Plans any problem: several storages, ramps, a demand charge, the least largest violation.

    ``time_limit_s`` bounds the solver. When it is over, the best plan so far is returned with ``optimal=False``, made
    better by planning its storages exactly one after the other; where there is none, they are planned so from the
    start. The solver has half of the time at least, the rest is kept for that.
    """

    time_limit_s: float = 10.0

    def plan(self, problem: PlanningProblem) -> Plan:
        """The best plan found, checked.

        Raises:
            OutOfTime: time was over before there was any plan, and ramps forbid planning in turn.
            PlanCheckFailed: the solver's answer breaks a law.
        """
        ends_s = time.perf_counter() + self.time_limit_s
        limit_s = self.time_limit_s - min(self.time_limit_s / 2.0, _in_turn_s(problem))
        run = _Run(programme=PeakShavingProgram(problem), deadline_s=time.perf_counter() + limit_s)
        best: Plan | None = None
        for plan in run.plans():
            if best is None or plan.optimal or _cost(problem, plan) < _cost(problem, best):
                best = plan
        has_ramps = any(storage.ramp_kw_per_step is not None for storage in problem.storages)
        if best is None:
            if has_ramps:
                best = None if problem.demand_charge is None else plan_without_charge(problem, deadline_s=ends_s)
                if best is None:
                    raise OutOfTime("the time for planning was over before there was any plan")
                return best
            remark = _IN_TURN if problem.demand_charge is None else _CAPPED
            return plan_in_turn(problem, remark=remark, is_over=lambda: time.perf_counter() > ends_s)
        if best.optimal or has_ramps or problem.minimise == "peak" or problem.demand_charge is not None:
            return best
        better = plan_in_turn(problem, begin=best, remark=_UNFINISHED)
        return better if _cost(problem, better) < _cost(problem, best) else best


def plan_without_charge(problem: PlanningProblem, *, deadline_s: float) -> Plan | None:
    """The best plan found for the same day without its demand charge, which is several times as fast to find.

    It has as little violation as a plan can have, which is its bound too. None: there was no time for any.
    """
    run = _Run(programme=PeakShavingProgram(replace(problem, demand_charge=None)), deadline_s=deadline_s)
    plans = list(run.plans())
    if not plans:
        return None
    return checked_plan(
        problem,
        plans[-1].storages,
        tuple(storage.band for storage in run.programme.storages),
        method="lp",
        optimal=False,
        violation_at_least_kwh=plans[-1].violation_at_least_kwh,
        remark=_CHARGE_LEFT_OUT,
    )


def _in_turn_s(problem: PlanningProblem) -> float:
    """The time that is kept for planning in turn, or without the demand charge where ramps forbid that."""
    if problem.demand_charge is not None and any(storage.ramp_kw_per_step is not None for storage in problem.storages):
        return _RAMPED_S_PER_STEP * problem.steps
    if problem.demand_charge is not None:
        return _CAPPED_S_PER_STEP * problem.steps
    lossy = sum(not storage.is_lossless for storage in problem.storages)
    return _LOSSY_S * lossy if len(problem.storages) > 1 else 0.0


def _cost(problem: PlanningProblem, plan: Plan) -> tuple[float, ...]:
    peak = plan.largest_violation_kw if problem.minimise == "peak" else 0.0
    return plan.ramp_excess_kw, peak, plan.violation_kwh, demand_cost_kwh(problem, plan)


def _value(stage: ProgramStage, values: Floats) -> float:
    return float(stage.costs @ values[: len(stage.costs)])


@dataclass(slots=True, kw_only=True)
class _Run:
    """One problem on its way through the stages."""

    programme: PeakShavingProgram
    deadline_s: float
    model: HighsModel = field(init=False)
    reached: dict[str, float] = field(init=False, default_factory=dict)
    """What each stage reached, in its own unit."""
    kept: dict[int, float] = field(init=False, default_factory=dict)
    """The rows that keep what was reached."""
    latest: Floats | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.model = HighsModel(self.programme.gathered, deadline_s=self.deadline_s)

    def plans(self) -> Iterator[Plan]:
        """Plans, each from a tighter programme, until one is proved or nothing can be tightened or the time is over."""
        stages = self.programme.stages()
        ordered: set[tuple[int, int]] = set()
        while True:
            values = self._solved(stages)
            if values is None:
                return
            is_finished = stages[-1].name in self.reached
            plan = self._plan(values, remark=None if is_finished else _UNFINISHED)
            yield plan
            found = {
                (place, step)
                for place, storage in enumerate(self.programme.storages)
                for step in storage.wasteful(values)
            }
            if plan.optimal or not is_finished or found <= ordered:
                return
            for place, step in sorted(found - ordered):
                self.programme.storages[place].keep_order(self.model, step)
            ordered |= found
            # With binaries a stage is a search of its own; when the change happens is not worth another.
            stages = [stage for stage in stages if stage.name != "when"]

    def _solved(self, stages: list[ProgramStage]) -> Floats | None:
        """The values after the last stage there was time for; None if there was no time for any."""
        self.reached.clear()
        self.latest = None
        if self.programme.ramps_give_way:
            stages = [self.programme.ramp_stage(), *stages]
        try:
            for stage in stages:
                if stage.name not in self.reached:
                    self._solve(stage, stages)
        except (OutOfTime, NoSolution):
            # A later stage without a solution is the solver's rounding error, beyond what more slack can help.
            pass
        self.model.remove_rows(list(self.kept))
        self.kept.clear()
        return self.latest

    def _solve(self, stage: ProgramStage, stages: list[ProgramStage]) -> None:
        """Reach the stage's least cost; a row keeps it. With the violation the change may be reached as well."""
        change = stages[stages.index(stage) + 1] if stage.name == "violation" and not self.model.is_mixed else None
        if change is not None:
            # Violation and change in one, the former weighing heavily: where that has the least violation, it has the
            # least change with it too, and the many steps of a simplex from a degenerate plan are saved.
            self._least(_HEAVY * stage.worth_kwh * stage.costs + change.costs)
        both = self.latest
        values = self._least(stage.costs)
        self._keep(stage, values)
        if change is not None and both is not None and _value(stage, both) <= self.reached[stage.name] + STAGE_SLACK:
            self.latest = both
            self._keep(change, both)

    def _least(self, costs: Floats) -> Floats:
        """The values at the least cost, with a little more slack for what is kept if it must be."""
        slack = MIXED_SLACK
        while True:
            try:
                self.latest = self.model.least(costs)
            except NoSolution:
                if not self.kept and len(self.programme.ramp_excess) and not self.programme.ramps_give_way:
                    self._let_ramps_give_way()
                    continue
                slack *= 10.0
                if not self.kept or slack > MOST_SLACK:
                    raise
                for row, value in self.kept.items():
                    self.model.bound_row(row, -np.inf, value + slack)
            else:
                return self.latest

    def _let_ramps_give_way(self) -> None:
        """The ramps cannot all be kept: as little beyond them as possible comes first."""
        self.programme.ramps_give_way = True
        self.model.bound_columns(self.programme.ramp_excess, 0.0, np.inf)
        stage = self.programme.ramp_stage()
        self._keep(stage, self._least(stage.costs))

    def _keep(self, stage: ProgramStage, values: Floats) -> None:
        value = _value(stage, values)
        self.reached[stage.name] = value
        used = np.flatnonzero(stage.costs)
        slack = MIXED_SLACK if self.model.is_mixed else STAGE_SLACK
        self.kept[self.model.add_row(-np.inf, used, stage.costs[used], value + slack)] = value

    def _plan(self, values: Floats, *, remark: str | None) -> Plan:
        problem = self.programme.problem
        storages = self.programme.storages
        violation_kwh = self.reached.get("violation", 0.0) * problem.step_h
        kinks = limit_kinks(problem)
        plan = checked_plan(
            problem,
            tuple(
                settled(
                    storage.storage,
                    values[storage.energy].tolist(),
                    hours=problem.hours,
                    band=storage.band,
                    kinks=kinks,
                    snap_tolerance_kw=_HAIR_KW,
                )
                for storage in storages
            ),
            tuple(storage.band for storage in storages),
            method="lp",
            optimal=False,
            violation_at_least_kwh=violation_kwh,
            remark=remark,
        )
        return replace(plan, optimal=True) if remark is None and self._is_proved(plan, values) else plan

    def _is_proved(self, plan: Plan, values: Floats) -> bool:
        """Whether the plan costs what the relaxation says that any plan costs at least."""
        problem = self.programme.problem

        def same(true: float, least: float) -> bool:
            return true <= least + SOLVER_TOLERANCE * max(1.0, least)

        changed = sum(
            float(values[branch.columns].sum()) for storage in self.programme.storages for branch in storage.branches
        )
        beyond = sum(
            float(np.abs(storage.begin_kwh - storage.scheduled_kwh).sum()) for storage in self.programme.storages
        )
        return (
            same(plan.violation_kwh, self.reached["violation"] * problem.step_h)
            and same(plan.change_kwh, changed + beyond)
            and same(plan.largest_violation_kw, self.reached.get("peak", np.inf))
            and same(plan.ramp_excess_kw, float(values[self.programme.ramp_excess].max(initial=0.0)))
        )
