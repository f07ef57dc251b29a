"""What no plan can go below, seen at a glance: the least peak that the runs themselves make."""

from __future__ import annotations

from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.optimisation.problem import PlanProblem, covered_until
from energy_manager.domain.appliances.units import Watts


def least_peak(problem: PlanProblem, *, is_complete: bool) -> Watts:
    """A net load that every plan reaches at some instant, W.

    Runs that cannot wait for long are on at certain instants whatever the plan, and every run is on somewhere; the
    batteries may take their power off.

    Args:
        problem: what is planned.
        is_complete: only plans count in which no run is left out.
    """
    jobs = [job for job in problem.jobs if is_complete or not job.may_be_left_out]
    fixed_w = StepFunction.constant(0)
    for home in problem.homes:
        fixed_w += home.fixed_net_w
    certain_w = fixed_w + StepFunction.of_pieces(
        Step(start_us=job.latest_us, end_us=min(job.earliest_us + job.length_us, problem.end_us), value=job.least_w)
        for job in jobs
        if not job.may_pause and job.latest_us < min(job.earliest_us + job.length_us, problem.end_us)
    )
    peaks_w = [certain_w.highest(problem.start_us, problem.end_us)]
    for job in jobs:
        until_us = covered_until(problem, job)
        if job.earliest_us < until_us:
            peaks_w.append(job.power_w + fixed_w.lowest(job.earliest_us, until_us))
    return max(peaks_w) - sum(home.battery.power_w for home in problem.homes if home.battery is not None)
