"""On which instants a programme of appliance runs lets them start, pause and go on."""

from __future__ import annotations

import math

from energy_manager.domain.appliances.optimisation.problem import Job, PlanProblem, covered_until
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_HOUR, US_PER_MINUTE

# Grids of starts where the times have no common divisor that would do, finest first.
GRIDS_US = tuple(minutes * US_PER_MINUTE for minutes in (1, 5, 10, 15, 30, 60))
MOST_ENTRIES = 60_000

PIECES_US = tuple(minutes * US_PER_MINUTE for minutes in (15, 10, 5))


def chosen_grid_us(problem: PlanProblem, *, most_entries: int = MOST_ENTRIES) -> int:
    """The grid of starts: the greatest common divisor of all times, or, if that is too fine, the finest that is not.

    On the common divisor nothing is lost: a best plan can be shifted to the left until every start is a sum of times of
    the problem (a battery's energy aside).
    """
    common_us = _common_divisor_us(problem)
    grids = [common_us, *(grid_us for grid_us in GRIDS_US if grid_us > common_us)]
    if common_us < GRIDS_US[0]:
        grids = list(GRIDS_US)
    for grid_us in grids:
        entries = 0
        for job in problem.jobs:
            span_us = covered_until(problem, job) - job.earliest_us
            if piece_us(job) is None:
                starts = 1 + (job.latest_us - job.earliest_us) // grid_us
                entries += starts * max(1, min(span_us, job.length_us) // grid_us)
            else:
                entries += span_us // grid_us
        if entries <= most_entries:
            return grid_us
    return grids[-1]


def _common_divisor_us(problem: PlanProblem) -> int:
    times_us: list[int] = [US_PER_HOUR]
    for job in problem.jobs:
        times_us += [job.earliest_us, job.latest_us]
        if job.length_us < FOREVER_US:
            times_us.append(job.length_us)
        if job.profile is not None:
            times_us.append(job.profile.slot_us)
    for home in problem.homes:
        times_us += [*home.limit_w.starts_us[1:], *home.fixed_net_w.starts_us[1:]]
    for price in (problem.price_eur_per_mwh, problem.feed_in_eur_per_mwh):
        times_us += () if price is None else price.starts_us[1:]
    return math.gcd(*times_us)


def candidate_starts(problem: PlanProblem, job: Job, grid_us: int) -> list[int]:
    """The starts on the grid within the job's delay, its first and last possible start, and those it could meet."""
    first, last = job.earliest_us, min(job.latest_us, problem.end_us)
    grid = range(-(-first // grid_us) * grid_us, last + 1, grid_us)
    return sorted({first, last, *grid})


def piece_us(job: Job) -> int | None:
    """The shortest time for which a run that may pause is on or off; None when it is planned unbroken.

    A quarter of an hour where its times allow, never less than five minutes: nobody wants an appliance to flicker.
    """
    if not job.may_pause:
        return None
    times_us = (job.earliest_us, job.length_us, job.latest_us)
    fitting = (length_us for length_us in PIECES_US if all(time_us % length_us == 0 for time_us in times_us))
    return next(fitting, None)
