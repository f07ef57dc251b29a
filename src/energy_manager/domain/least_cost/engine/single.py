"""The cheapest course of one storage, and the values of its energy.

One pass of the value function where all steps are convex; else branch and bound, and where that does not come to an
end soon, the dynamic program over curves, which does not branch.
"""

from __future__ import annotations

from collections.abc import Sequence

from energy_manager.domain.least_cost.engine.branching import Branching, Solution
from energy_manager.domain.least_cost.engine.courses import Course, Forward, Head, is_better
from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.step_costs import SLOPE_DECIMALS, step_costs
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.least_cost.engine.unbent import unbent_course, weights_of
from energy_manager.domain.storage_value.value_function import Value, values_without_foresight

# Branching may work through this many steps over all its nodes (a tenth of a second); what it leaves open is
# decided by the dynamic program over curves, which does not branch.
WORK_STEPS = 6_000


def solve(
    terms: StorageTerms,
    exchange: Exchange,
    base_kw: Floats,
    *,
    planned_kw: Floats | None = None,
    work_steps: int = WORK_STEPS,
) -> Solution:
    """The cheapest course while ``base_kw`` is the net power without the storage."""
    costs = step_costs(terms, exchange, base_kw, planned_kw=planned_kw)
    forward = Forward(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs)
    if not costs.shapes:
        values = forward.values()
        course = forward.course(values, {})
        return Solution(course=course, values=values, bound=course.total, proved=True)
    found = Branching(forward).solution(work_steps)
    if found.proved or work_steps < WORK_STEPS:
        return found
    return unbent(forward, found)


def root_values(terms: StorageTerms, exchange: Exchange, base_kw: Floats) -> list[Value]:
    """The value functions alone, of the convex envelopes."""
    costs = step_costs(terms, exchange, base_kw)
    forward = Forward(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs)
    forward.relax({})
    return forward.values()


def foresightless_values(terms: StorageTerms, ways: Sequence[tuple[Exchange, Floats]]) -> list[Value]:
    """The value functions where which of the ways a step goes becomes known when it comes.

    A way is an exchange and the net power without the storage.
    """
    steps = []
    for exchange, base_kw in ways:
        costs = step_costs(terms, exchange, base_kw)
        Forward(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs).relax({})
        steps.append(costs.steps)
    return values_without_foresight(
        steps,
        lower=terms.band.lower,
        upper=terms.band.upper,
        end_value=(0.0, 0.0, round(terms.end_value, SLOPE_DECIMALS), 0.0, 0.0),
    )


def course_after(
    terms: StorageTerms, exchange: Exchange, base_kw: Floats, values: list[Value], head: Head
) -> Course | None:
    """The course that begins with ``head`` and goes on along the values; None where it leaves a limit."""
    costs = step_costs(terms, exchange, base_kw)
    forward = Forward(terms=terms, exchange=exchange, base_kw=base_kw, costs=costs)
    forward.relax({})
    course = forward.course(values, costs.shapes, head)
    return course if forward.keeps_limits(course) and forward.is_allowed(course) else None


def unbent(forward: Forward, found: Solution) -> Solution:
    """The solution of the dynamic program over curves, where that comes to an end; else what was found."""
    forward.relax({})
    terms, hours = forward.terms, forward.exchange.hours.tolist()

    def rounded(place: int, entered: float) -> float:
        charge = forward.charge_kw(place, entered)
        inside: float = charge * hours[place] * (terms.into if charge > 0.0 else terms.out)
        return inside

    prices = (*forward.exchange.buy.tolist(), *forward.exchange.sell.tolist(), terms.end_value)
    moves = unbent_course(terms, forward.costs.steps, forward.costs.shapes, weights_of(prices), rounded)
    if moves is None:
        return found
    own = forward.of_moves(moves)
    if not (forward.keeps_limits(own) and forward.is_allowed(own)) or is_better(found.course.total, own.total):
        return found
    return Solution(course=own, values=found.values, bound=own.total, proved=True)
