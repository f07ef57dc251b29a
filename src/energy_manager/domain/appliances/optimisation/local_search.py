"""A better plan by moving one run at a time: quick, never worse, and a good place for a solver to begin.

Each run in turn is taken out and put back, unbroken, where the building's net load during it is lowest, or where its
import is cheapest; what was left out is tried too. Rounds go on as long as the plan gets better.
"""

from __future__ import annotations

from functools import partial

from energy_manager.domain.appliances.admission.starts import (
    RunCost,
    cheapest_start,
    earliest_start,
    fitting_windows,
    roomiest_level,
)
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.optimisation.checking import charge_w, faults_of, load_w, worth_of
from energy_manager.domain.appliances.optimisation.problem import Job, PlanProblem, RunPlan
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

_MOST_ROUNDS = 6
_BLOCKED_W = -(10**30)


def improved(problem: PlanProblem, plan: RunPlan) -> RunPlan:
    """The best plan that the rounds come to; the batteries keep the course they have in ``plan``."""
    best, best_worth = plan, worth_of(problem, plan)
    current = plan
    for _ in range(_MOST_ROUNDS):
        # The largest first: the small ones fill what they leave.
        for job in sorted(problem.jobs, key=lambda job: (-job.power_w * min(job.length_us, US_PER_DAY), job.run_id)):
            current = _moved(problem, current, job)
        worth = worth_of(problem, current)
        if faults_of(problem, current) or worth >= best_worth:
            break
        best, best_worth = current, worth
    return best


def _moved(problem: PlanProblem, plan: RunPlan, job: Job) -> RunPlan:
    others = {run_id: segments for run_id, segments in plan.segments.items() if run_id != job.run_id}
    without = RunPlan(segments=others, battery=plan.battery)
    start_us = _best_start(problem, without, job)
    if start_us is None:
        return plan
    segment = Segment(start_us=start_us, end_us=min(FOREVER_US, start_us + job.length_us))
    return RunPlan(segments={**others, job.run_id: (segment,)}, battery=plan.battery)


def _best_start(problem: PlanProblem, plan: RunPlan, job: Job) -> int | None:
    total_w = StepFunction.constant(0)
    room_w = StepFunction.constant(0)
    for home in problem.homes:
        drawn_w = load_w(problem, plan, home.household) + charge_w(plan, home.household)
        total_w = total_w + home.fixed_net_w + drawn_w
        if home.household == job.household:
            room_w = home.limit_w - drawn_w
    if problem.building_limit_w is not None:
        limit_w = problem.building_limit_w
        room_w = room_w.combined(total_w, lambda room, net: min(room, limit_w - net))
    room_w = _without_the_appliance(problem, plan, job, room_w)
    bounds = {"length_us": job.length_us, "not_before_us": job.earliest_us, "not_after_us": job.latest_us}
    first_us = earliest_start(room_w, job.draws, **bounds)
    if first_us is None or job.length_us >= FOREVER_US:
        return first_us
    if problem.aim == "cost" and problem.price_eur_per_mwh is not None:
        cost = RunCost.of(job.draws, job.length_us, partial(_added_cost, problem, total_w))
        return cheapest_start(cost, list(fitting_windows(room_w, job.draws, **bounds)))
    enough_w: Watts | None = None if problem.target_w is None else job.power_w - problem.target_w
    spare_w = total_w.combined(room_w, lambda net, room: -net if room >= job.power_w else _BLOCKED_W)
    level_w = roomiest_level(spare_w, at_least_w=_BLOCKED_W + 1, enough_w=enough_w, **bounds)
    return first_us if level_w is None else earliest_start(spare_w, level_w, **bounds)


def _added_cost(problem: PlanProblem, total_w: StepFunction, power_w: Watts) -> StepFunction:
    """What the power adds to the costs over time, W x EUR/MWh."""
    return problem.spent(total_w.mapped(lambda net: net + power_w)) - problem.spent(total_w)


def _without_the_appliance(problem: PlanProblem, plan: RunPlan, job: Job, room_w: StepFunction) -> StepFunction:
    """No room while another run of the same appliance is on."""
    busy = StepFunction.of_pieces(
        Step(start_us=segment.start_us, end_us=segment.end_us, value=1)
        for other in problem.jobs
        if other.household == job.household and other.appliance == job.appliance
        for segment in plan.segments.get(other.run_id, ())
    )
    return room_w.combined(busy, lambda room, is_busy: _BLOCKED_W if is_busy else room)
