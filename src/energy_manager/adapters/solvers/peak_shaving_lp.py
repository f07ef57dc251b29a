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

from energy_manager.adapters.solvers.highs_model import MIXED_SLACK, STAGE_SLACK, Floats, HighsModel, NoSolution
from energy_manager.adapters.solvers.peak_shaving_programme import Programme, Stage
from energy_manager.domain.errors import OutOfTime
from energy_manager.domain.peak_shaving import Plan, PlanningProblem, checked_plan, plan_in_turn
from energy_manager.domain.peak_shaving.plan import limit_kinks, settled
from energy_manager.domain.peak_shaving.storage import SOLVER_TOLERANCE

# A kWh of violation outweighs this many kWh of change; more than it can cost to avoid one on any usual day.
_HEAVY = 1000.0
_UNFINISHED = "the solver ended before this plan was proved to be the best"
_IN_TURN = "the solver ended without a plan: the storages are planned one after the other"


@dataclass(frozen=True, slots=True, kw_only=True)
class HighsStoragePlanner:
    """The port ``StoragePlanner`` on HiGHS.

    ``time_limit_s`` bounds the solver. When it is over, the best plan so far is returned with ``optimal=False``; where
    there is none, the storages are planned exactly one after the other.
    """

    time_limit_s: float = 10.0

    def plan(self, problem: PlanningProblem) -> Plan:
        """The best plan found, checked.

        Raises:
            OutOfTime: the time was over before there was any plan, and ramps forbid planning in turn.
            PlanCheckFailed: the solver's answer breaks a law.
        """
        run = _Run(programme=Programme(problem), deadline_s=time.perf_counter() + self.time_limit_s)
        best: Plan | None = None
        for plan in run.plans():
            if best is None or plan.optimal or _cost(problem, plan) < _cost(problem, best):
                best = plan
        if best is not None:
            return best
        if any(storage.ramp_kw_per_step is not None for storage in problem.storages):
            raise OutOfTime("the time for planning was over before there was any plan")
        return plan_in_turn(problem, remark=_IN_TURN)


def _cost(problem: PlanningProblem, plan: Plan) -> tuple[float, ...]:
    peak = plan.largest_violation_kw if problem.minimise == "peak" else 0.0
    return plan.ramp_excess_kw, peak, plan.violation_kwh, plan.change_kwh


def _value(stage: Stage, values: Floats) -> float:
    return float(stage.costs @ values[: len(stage.costs)])


@dataclass(slots=True, kw_only=True)
class _Run:
    """One problem on its way through the stages."""

    programme: Programme
    deadline_s: float
    model: HighsModel = field(init=False)
    reached: dict[str, float] = field(init=False, default_factory=dict)
    """What each stage reached, in its own unit."""

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

    def _solved(self, stages: list[Stage]) -> Floats | None:
        """The values after the last stage there was time for; None where not even the violation was minimised."""
        self.reached.clear()
        rows: list[int] = []
        values: Floats | None = None
        try:
            for stage in stages:
                if stage.name not in self.reached:
                    values = self._least(stage, stages, rows)
        except (OutOfTime, NoSolution):
            # No solution in a later stage is the solver's dust: what was reached cannot be reached again.
            if "violation" not in self.reached:
                return None
        self.model.remove_rows(rows)
        return values

    def _least(self, stage: Stage, stages: list[Stage], rows: list[int]) -> Floats:
        """The values at the stage's least cost; a row keeps it, and ``reached`` tells it."""
        try:
            both = self._weighted(stage, stages)
            values = self.model.least(stage.costs)
        except NoSolution:
            if rows or not len(self.programme.ramp_excess):
                raise
            # The ramps cannot all be kept: as little beyond them as possible comes first.
            self.model.bound_columns(self.programme.ramp_excess, 0.0, np.inf)
            self._least(self.programme.ramp_stage(), [], rows)
            both = self._weighted(stage, stages)
            values = self.model.least(stage.costs)
        self._keep(stage, values, rows)
        if both is not None and _value(stage, both) <= self.reached[stage.name] + STAGE_SLACK:
            values = both
            self._keep(stages[stages.index(stage) + 1], values, rows)
        return values

    def _weighted(self, stage: Stage, stages: list[Stage]) -> Floats | None:
        """Violation and change in one, the former weighing heavily.

        Where that has the least violation, it has the least change with that violation too, and the many steps of a
        simplex that begins at a degenerate plan are saved.
        """
        if stage.name != "violation" or self.model.is_mixed:
            return None
        change = stages[stages.index(stage) + 1]
        return self.model.least(_HEAVY * stage.worth_kwh * stage.costs + change.costs)

    def _keep(self, stage: Stage, values: Floats, rows: list[int]) -> None:
        value = _value(stage, values)
        self.reached[stage.name] = value
        used = np.flatnonzero(stage.costs)
        slack = MIXED_SLACK if self.model.is_mixed else STAGE_SLACK
        rows.append(self.model.add_row(-np.inf, used, stage.costs[used], value + slack))

    def _plan(self, values: Floats, *, remark: str | None) -> Plan:
        problem = self.programme.problem
        storages = self.programme.storages
        violation_kwh = self.reached["violation"] * problem.step_h
        kinks = limit_kinks(problem)
        plan = checked_plan(
            problem,
            tuple(
                settled(
                    storage.storage,
                    values[storage.energy].tolist(),
                    step_h=problem.step_h,
                    band=storage.band,
                    kinks=kinks,
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
