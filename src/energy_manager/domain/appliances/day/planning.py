"""``plan_day``: the day in, the answer out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from energy_manager.domain.appliances.admission.starts import earliest_start, roomiest_level
from energy_manager.domain.appliances.day.answer import answer_of
from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.day.remedy import Patience, tested
from energy_manager.domain.appliances.day.replay import replayed
from energy_manager.domain.appliances.decision import Decision, Remedy
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.optimisation.checking import faults_of
from energy_manager.domain.appliances.optimisation.local_search import improved
from energy_manager.domain.appliances.optimisation.of_day import plan_of_replay, problem_of_day, runs_of_plan, spare_w
from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import RunRequest, Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_MINUTE

# (problem, seconds, a plan to begin with) -> the best plan found, or None; never worse than the one to begin with.
Optimise: TypeAlias = Callable[[PlanProblem, float, RunPlan | None], RunPlan | None]


def plan_day(day: Day, *, optimise: Optimise | None = None) -> dict[str, Any]:
    """Plan a day; ``optimise`` solves one with full knowledge at once, without it every day is replayed online."""
    return replay_day(day) if optimise is None or not day.is_offline else plan_offline(day, optimise)


def replay_day(day: Day) -> dict[str, Any]:
    """The answer of the day replayed in request order, each request decided with what is known by then."""
    replay = replayed(day, advice="full")
    runs = [replay.table.runs[request.run_id] for request in day.requests]
    patience = Patience()
    decisions = {
        run_id: replace(decision, would_do=tested(day, int(run_id), decision.would_do, patience))
        for run_id, decision in replay.decisions.items()
    }
    return answer_of(day, runs, decisions, replay.battery, replay.alerts)


def plan_offline(day: Day, optimise: Optimise) -> dict[str, Any]:
    """The answer with full knowledge, never worse than the replay; ``optimality`` says how far it is proved.

    Events: thresholds are known beforehand, early ends and cancellations cut what was planned, restarts do not matter.
    """
    problem = problem_of_day(day)
    changes = tuple(event for event in day.events if event.kind == "threshold")
    online = plan_of_replay(day, replayed(replace(day, events=changes)))
    incumbent = None if faults_of(problem, online) else improved(problem, online)
    plan = optimise(problem, day.time_limit_s, incumbent)
    if plan is None:
        return replay_day(day)
    decisions = {run.run_id: _decision(day, plan, run) for run in runs_of_plan(day, plan)}
    answer = answer_of(day, runs_of_plan(day, plan), decisions, plan.battery, ())
    answer["optimality"] = {
        "is_proved": plan.is_proved,
        "aim": problem.aim,
        "bound": plan.bound,
        "resolution_min": plan.resolution_us / US_PER_MINUTE,
    }
    return answer


def _decision(day: Day, plan: RunPlan, run: Run) -> Decision:
    if run.outcome != "rejected":
        return Decision(run_id=run.run_id, outcome=run.outcome, priority=run.decision_priority)
    request = run.request
    room_w = spare_w(day, plan, request)
    level_w = roomiest_level(
        room_w,
        length_us=request.length_us,
        not_before_us=request.waits_from_us,
        not_after_us=request.latest_start_us,
    )
    assert level_w is not None, "every start has a lowest value"
    shortfall_w = max(0, request.power_w - level_w)
    threshold_w = day.households_by_id[request.household].threshold_w + shortfall_w if shortfall_w > 0 else None
    delay_us = _delay_that_does(day, plan, request, room_w)
    return Decision(
        run_id=run.run_id,
        outcome="rejected",
        priority=run.decision_priority,
        reason=f"{request.appliance} has no place in the best plan of the whole day",
        shortfall_w=shortfall_w,
        would_do=Remedy.of(delay_us, threshold_w),
    )


def _delay_that_does(day: Day, plan: RunPlan, request: RunRequest, room_w: StepFunction) -> int | None:
    """The max delay with which a run that the plan leaves out fits into it as it stands; None if there is none."""
    start_us = earliest_start(
        room_w,
        request.draws,
        length_us=request.length_us,
        not_before_us=request.waits_from_us,
        not_after_us=FOREVER_US - 1,
    )
    if start_us is None:
        return None
    patient = replace(request, max_delay_us=start_us - request.waits_from_us)
    requests = tuple(patient if other is request else other for other in day.requests)
    run = Segment(start_us=start_us, end_us=min(FOREVER_US, start_us + request.length_us))
    completed = replace(plan, segments={**plan.segments, request.run_id: (run,)})
    return None if faults_of(problem_of_day(replace(day, requests=requests)), completed) else patient.max_delay_us
