"""The rolling re-optimisation: what can still move as a problem, and a better plan taken over once it is checked.

The plan in force stays until then. Batteries keep their rules (``ledger.charging``); runs that lean on one stay put.
"""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.appliances.admission.placement_problem import settled
from energy_manager.domain.appliances.admission.preference import Policy
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.optimisation.checking import faults_of, worth_of
from energy_manager.domain.appliances.optimisation.problem import HomeLimits, Job, PlanProblem, RunPlan
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.timetable import Timetable
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts


def problem_of_timetable(table: Timetable, *, lead_us: int = 0) -> PlanProblem:
    """Every run that waits and is not to start within ``lead_us``, the time that finding a plan may take."""
    movable = {name: _movable(table, home, lead_us) for name, home in table.homes.items()}
    jobs = tuple(_job(run, table.now_us, lead_us) for runs in movable.values() for run in runs)
    policy = _common_policy(table)
    ends = [min(job.latest_us + job.length_us, job.latest_us + US_PER_DAY) for job in jobs]
    return PlanProblem(
        start_us=table.now_us,
        end_us=max([table.now_us + US_PER_DAY, *ends]),
        homes=tuple(_limits(home, movable[name]) for name, home in table.homes.items()),
        jobs=jobs,
        aim="cost" if policy.strategy == "cost" else "peak",
        target_w=_target_w(table, policy),
        price_eur_per_mwh=policy.price_eur_per_mwh,
        feed_in_eur_per_mwh=policy.feed_in_eur_per_mwh,
        building_limit_w=table.policy.building_limit_w,
    )


def plan_in_force(table: Timetable, problem: PlanProblem) -> RunPlan:
    """What is planned now for the problem's jobs."""
    return RunPlan(
        segments={job.run_id: _ahead(table.runs[job.run_id], table.now_us) for job in problem.jobs}, battery={}
    )


def adopted(table: Timetable, plan: RunPlan) -> Timetable | None:
    """The timetable with the plan in force, or None when it no longer fits or is not better than what is planned.

    The plan is checked against the timetable as it is now, which may have changed since the problem was taken from it.
    """
    problem = problem_of_timetable(table)
    known = {job.run_id for job in problem.jobs}
    if not set(plan.segments) <= known:
        return None
    in_force = plan_in_force(table, problem)
    proposed = RunPlan(segments={**in_force.segments, **plan.segments}, battery={})
    if faults_of(problem, proposed) or worth_of(problem, proposed) >= worth_of(problem, in_force):
        return None
    for name in table.homes:
        runs = [table.runs[job.run_id] for job in problem.jobs if job.household == name]
        moved = [
            replace(run, segments=(*run.cut(table.now_us).segments, *proposed.segments[run.run_id])) for run in runs
        ]
        home = table.homes[name].released_all(runs)
        for run in moved:
            home = home.booked(run)
        after = settled(table.homes[name], home)
        if after is None:
            return None
        table = table.with_home(after).with_runs(moved)
    return table


def _common_policy(table: Timetable) -> Policy:
    """What all homes go by; where they differ, the least peak of the building."""
    policies = [table.policy_of(name) for name in table.homes] or [table.policy]
    return policies[0] if all(policy == policies[0] for policy in policies) else Policy(strategy="flat")


def _target_w(table: Timetable, policy: Policy) -> Watts | None:
    """The peak that does not matter: whoever wants to be done early counts no watt below the thresholds."""
    if policy.strategy == "earliest":
        return sum(home.household.threshold_w for home in table.homes.values())
    return policy.target_peak_w if policy.strategy == "target_peak" else None


def _movable(table: Timetable, home: Home, lead_us: int) -> list[Run]:
    short = [piece for piece in home.room_w.pieces(home.now_us, FOREVER_US) if piece.value < 0]
    return [
        run
        for run in table.open_runs(home.household.household_id)
        if run.request.duration_us is not None
        and not run.is_on(table.now_us)
        and run.next_us(table.now_us) >= table.now_us + lead_us
        and not any(run.overlaps(piece.start_us, piece.end_us) for piece in short)
    ]


def _ahead(run: Run, now_us: int) -> tuple[Segment, ...]:
    return tuple(segment for segment in run.segments if segment.start_us >= now_us)


def _job(run: Run, now_us: int, lead_us: int) -> Job:
    request = run.request
    latest_us = run.latest_resume_us(now_us)
    if latest_us >= FOREVER_US:
        latest_us = max(now_us + US_PER_DAY, run.end_us - run.remaining_us(now_us))
    return Job(
        run_id=run.run_id,
        household=request.household,
        appliance=request.appliance,
        power_w=request.power_w,
        profile=request.profile,
        length_us=run.remaining_us(now_us),
        earliest_us=max(now_us + lead_us, request.waits_from_us),
        latest_us=latest_us,
        may_pause=request.is_interruptible,
        may_be_left_out=False,
        weight=run.priority(now_us),
        tolerance_us=US_PER_DAY if request.max_delay_us is None else request.max_delay_us,
    )


def _limits(home: Home, movable: list[Run]) -> HomeLimits:
    moving_w = StepFunction.of_pieces(
        piece for run in movable for piece in replace(run, segments=_ahead(run, home.now_us)).pieces()
    )
    return HomeLimits(
        household=home.household.household_id,
        limit_w=home.room_w.mapped(lambda room_w: max(0, room_w)) + moving_w,
        fixed_net_w=home.net_w() - moving_w,
        battery=None,
    )
