"""A whole day with full knowledge as one problem, and the solver's plan as the day's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.day.replay import Replay
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.optimisation.problem import HomeLimits, Job, PlanProblem, RunPlan
from energy_manager.domain.appliances.run import Outcome, Run, Status
from energy_manager.domain.appliances.run_request import RunRequest, Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY


def problem_of_day(day: Day) -> PlanProblem:
    """All requests as jobs; thresholds change when their events say so. A restart does not matter to a plan.

    A run without a max delay may wait a day, and counts its delay against a day. Leaving a run out weighs with the
    priority at its request.
    """
    jobs = tuple(_job(request) for request in day.requests)
    ends = [min(job.latest_us + job.length_us, job.latest_us + US_PER_DAY) for job in jobs]
    return PlanProblem(
        start_us=0,
        end_us=max([day.length_us, day.window_us[1], *ends]),
        homes=tuple(
            HomeLimits(
                household=home.household_id,
                limit_w=_threshold_w(day, home) + home.pv_w,
                fixed_net_w=home.pv_w.mapped(lambda sun_w: -sun_w),
                battery=home.battery,
            )
            for home in day.households
        ),
        jobs=jobs,
        aim="cost" if day.policy.strategy == "cost" else "peak",
        target_w=day.policy.target_peak_w if day.policy.strategy == "target_peak" else None,
        price_eur_per_mwh=day.policy.price_eur_per_mwh,
        feed_in_eur_per_mwh=day.policy.feed_in_eur_per_mwh,
        building_limit_w=day.policy.building_limit_w,
    )


def _job(request: RunRequest) -> Job:
    patience_us = US_PER_DAY if request.max_delay_us is None else request.max_delay_us
    run = Run(request=request, segments=(), outcome="fit", decision_priority=0)
    return Job(
        run_id=request.run_id,
        household=request.household,
        appliance=request.appliance,
        power_w=request.power_w,
        profile=request.profile,
        length_us=request.length_us,
        earliest_us=request.waits_from_us,
        latest_us=request.waits_from_us + patience_us,
        may_pause=request.is_interruptible and request.duration_us is not None,
        may_be_left_out=True,
        weight=run.priority(request.requested_us),
        tolerance_us=patience_us,
    )


def _threshold_w(day: Day, home: Household) -> StepFunction:
    changes = sorted(
        (event.at_us, index, event.threshold_w)
        for index, event in enumerate(day.events)
        if event.kind == "threshold" and event.household == home.household_id and event.threshold_w is not None
    )
    threshold_w, present_w = StepFunction.constant(home.threshold_w), home.threshold_w
    for at_us, _, changed_w in changes:
        threshold_w = threshold_w.plus_on(at_us, FOREVER_US, changed_w - present_w)
        present_w = changed_w
    return threshold_w


def plan_of_replay(day: Day, replay: Replay) -> RunPlan:
    """What the online replay did, as a plan to begin with and to compare with."""
    return RunPlan(
        segments={
            run.run_id: run.segments
            for run in (replay.table.runs[request.run_id] for request in day.requests)
            if run.segments and run.closed_as is None
        },
        battery={name: tuple(pieces) for name, pieces in replay.battery.items()},
    )


def runs_of_plan(day: Day, plan: RunPlan) -> list[Run]:
    """The day's runs as the plan has them, ended early or given up as the events say."""
    runs = []
    for request in day.requests:
        segments = plan.segments.get(request.run_id)
        run = Run(
            request=request,
            segments=segments or (),
            outcome="rejected" if segments is None else _outcome(day, plan, request, segments),
            decision_priority=_job(request).weight,
            closed_as="rejected" if segments is None else None,
        )
        runs.append(_ended(day, run) if segments else run)
    return runs


def _outcome(day: Day, plan: RunPlan, request: RunRequest, segments: Sequence[Segment]) -> Outcome:
    """``battery`` where the run could not be on without it."""
    left_w = spare_w(day, plan, request)
    is_short = any(left_w.lowest(segment.start_us, segment.end_us) < 0 for segment in segments)
    return "battery" if is_short else "fit"


def _ended(day: Day, run: Run) -> Run:
    for event in sorted(day.events, key=lambda event: event.at_us):
        if event.kind not in {"finish", "cancel"} or run.closed_as is not None:
            continue
        is_mine = event.household == run.request.household and event.appliance == run.request.appliance
        if is_mine and run.request.requested_us <= event.at_us < run.end_us:
            is_begun = run.has_started(event.at_us)
            closed_as: Status = "finished" if event.kind == "finish" and is_begun else "cancelled"
            run = replace(run.cut(event.at_us), closed_as=closed_as)
    return run


def spare_w(day: Day, plan: RunPlan, request: RunRequest) -> StepFunction:
    """What the request's home has left under its limit in the plan, without its battery."""
    home = day.households_by_id[request.household]
    load_w = StepFunction.of_pieces(
        piece
        for other in day.requests
        if other.household == request.household
        for piece in _job(other).pieces(plan.segments.get(other.run_id, ()))
    )
    limit_w: StepFunction = _threshold_w(day, home) + home.pv_w
    return limit_w - load_w
