"""A plan in force changes only where that is worth it."""

from __future__ import annotations

import numpy as np

from energy_manager.domain.least_cost.engine.branching import Solution
from energy_manager.domain.least_cost.engine.courses import TIE_EUR, TIE_KWH, Course
from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.following import followed
from energy_manager.domain.least_cost.engine.single import course_after, solve
from energy_manager.domain.least_cost.engine.terms import StorageTerms

# A cent: people are not to see a plan jump for less.
WORTH_CHANGING_EUR = 0.01


def solve_stable(terms: StorageTerms, exchange: Exchange, base_kw: Floats) -> tuple[Solution, bool]:
    """The solution, and whether the plan in force stays.

    It stays, as far as the storage can still follow it, where it has no more violation and shortfall than the best plan
    and costs less than a cent more. Else, of the plans that cost least, it is the one that changes it least.
    """
    best = solve(terms, exchange, base_kw)
    planned = terms.storage.planned_kw
    if not planned:
        return best, False
    steps = len(base_kw)
    known = min(len(planned), steps)
    charge, stored, unserved = followed(
        terms.storage, planned[:known] + (0.0,) * (steps - known), exchange.hours.tolist()
    )
    head = charge[:known], stored[:known], unserved[:known]
    kept = course_after(terms, exchange, base_kw, best.values, head)
    if kept is not None and _is_no_worse(kept, best.course, by_eur=WORTH_CHANGING_EUR - TIE_EUR):
        proved = best.proved and kept.total[2] - best.bound[2] <= TIE_EUR
        return Solution(course=kept, values=best.values, bound=best.bound, proved=proved), True
    wanted = np.full(steps, np.nan)
    wanted[:known] = planned[:known]
    near = solve(terms, exchange, base_kw, planned_kw=wanted)
    if near.proved >= best.proved and _is_no_worse(near.course, best.course, by_eur=TIE_EUR):
        return near, False
    return best, False


def _is_no_worse(course: Course, than: Course, *, by_eur: float) -> bool:
    own, other = course.total, than.total
    return own[0] <= other[0] + TIE_KWH and own[1] <= other[1] + TIE_KWH and own[2] <= other[2] + by_eur
